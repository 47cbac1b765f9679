package dynamodb

import (
	"context"
	"errors"
	"fmt"

	smithy "github.com/aws/smithy-go"

	"github.com/sluice-connect/sluice/connectors/awsconfig"
)

// class is what an error of a request means for the records in it.
type class uint8

const (
	retriable class = iota // the same request may succeed later
	invalid                // at least one record of the request will never be taken
	fatal                  // no request of this table will succeed until somebody changes something
)

// refusals are the error codes that blame the content of a request.
var refusals = map[string]bool{
	"ValidationException": true, "SerializationException": true,
	// The local index of one partition key is full: its items are refused, other keys are not affected.
	"ItemCollectionSizeLimitExceededException": true,
}

// passing are codes that go away by themselves, beyond those awsconfig knows.
var passing = map[string]bool{
	"ReplicatedWriteConflictException": true, "TransactionInProgressException": true, "TransactionConflictException": true,
	"ResourceInUseException": true,
}

// logins are codes that blame the credentials themselves. The SDK renews those that can be renewed before they expire.
var logins = map[string]bool{
	"ExpiredTokenException": true, "UnrecognizedClientException": true, "InvalidSignatureException": true,
	"InvalidClientTokenId": true, "MissingAuthenticationTokenException": true, "IncompleteSignatureException": true,
}

func classify(err error) class {
	code := errorCode(err)
	switch {
	case refusals[code]:
		return invalid
	case passing[code], errors.Is(err, errCreating), errors.Is(err, context.Canceled), awsconfig.Retriable(err):
		return retriable
	}
	return fatal
}

func errorCode(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// place names a table in error texts, together with what helps once the cause is gone.
type place struct{ connector, table, region string }

func (p place) restart() string {
	return fmt.Sprintf("then POST /connectors/%s/restart?includeTasks=true&onlyFailed=true", p.connector)
}

// explain turns an error of DynamoDB into one that says what to do about it.
func (p place) explain(err error) error {
	switch code := errorCode(err); {
	case refusals[code]:
		return fmt.Errorf("write an item to table %s: %w", p.table, cause(err))
	case code == "ResourceNotFoundException":
		return fmt.Errorf("find table %s in region %s: create it or correct table.name.format and aws.dynamodb.region, %s: %w", p.table, p.region, p.restart(), cause(err))
	case code == "AccessDeniedException":
		return fmt.Errorf("use table %s in region %s: grant dynamodb:DescribeTable and dynamodb:BatchWriteItem to the connector's credentials, %s: %w", p.table, p.region, p.restart(), cause(err))
	case logins[code]:
		return fmt.Errorf("use table %s in region %s: AWS does not accept the connector's credentials, renew or correct them, %s: %w", p.table, p.region, p.restart(), cause(err))
	case classify(err) == fatal:
		return fmt.Errorf("use table %s in region %s: correct the cause, %s: %w", p.table, p.region, p.restart(), err)
	}
	return fmt.Errorf("reach table %s in region %s: %w", p.table, p.region, err)
}

// cause drops what the SDK wraps around the answer of the service: operation, request id, HTTP status.
func cause(err error) error {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api
	}
	return err
}
