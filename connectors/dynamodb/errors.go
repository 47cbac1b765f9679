package dynamodb

import (
	"context"
	"errors"
	"fmt"

	smithy "github.com/aws/smithy-go"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/connectors/awsconfig"
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

// judge says what an error of a request means for the records in it. Refused means that at least one of them will never be taken,
// Hopeless that no request to this table will succeed.
func judge(err error) connectors.Verdict {
	code := errorCode(err)
	switch {
	case refusals[code]:
		return connectors.Refused
	case passing[code], errors.Is(err, errCreating), errors.Is(err, context.Canceled), awsconfig.Retriable(err):
		return connectors.Later
	}
	return connectors.Hopeless
}

func errorCode(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// place names a table in error texts.
type place struct{ table, region string }

// explain turns an error of DynamoDB into one that says what to do about it.
func (p place) explain(err error) error {
	code := errorCode(err)
	switch verdict := judge(err); {
	case verdict == connectors.Refused:
		return fmt.Errorf("write an item to table %s: %w", p.table, cause(err))
	case verdict == connectors.Later:
		return fmt.Errorf("reach table %s in region %s: %w", p.table, p.region, err)
	case code == "ResourceNotFoundException":
		return p.correct("find", "create it or correct table.name.format and aws.dynamodb.region", cause(err))
	case code == "AccessDeniedException":
		return p.correct("use", "grant dynamodb:DescribeTable and dynamodb:BatchWriteItem to the connector's credentials", cause(err))
	case logins[code]:
		return p.correct("use", "AWS does not accept the connector's credentials, renew or correct them", cause(err))
	}
	return p.correct("use", "correct the cause", err)
}

func (p place) correct(verb, advice string, err error) error {
	return connectors.Correctable(fmt.Errorf("%s table %s in region %s: %s: %w", verb, p.table, p.region, advice, err))
}

// cause drops what the SDK wraps around the answer of the service: operation, request id, HTTP status.
func cause(err error) error {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api
	}
	return err
}
