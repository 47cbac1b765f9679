package s3

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	smithy "github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/connectors/awsconfig"
)

// code returns S3's error code, "" if err is none of S3's.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func status(err error) int {
	var resp *smithyhttp.ResponseError
	if errors.As(err, &resp) {
		return resp.HTTPStatusCode()
	}
	return 0
}

// classify turns an error of S3 into what the runtime understands; doing completes "verb phrase:".
func (s *settings) classify(ctx context.Context, connector, doing string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil || awsconfig.Retriable(err) {
		return connectors.Retriable(fmt.Errorf("%s: %w", doing, err))
	}
	return s.explain(connector, doing, err)
}

// explain adds to err what a person must do about it.
func (s *settings) explain(connector, doing string, err error) error {
	if advice := s.advice(connector, err); advice != "" {
		return fmt.Errorf("%s: %s (%w)", doing, advice, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// advice says what a person must do about err; "" when nothing special is known.
func (s *settings) advice(connector string, err error) string {
	restart := "then restart the task: POST /connectors/" + url.PathEscape(connector) + "/restart?includeTasks=true&onlyFailed=true"
	c, st, home := code(err), status(err), region(err)
	switch {
	case c == "NoSuchBucket", c == "NotFound", c == "" && st == http.StatusNotFound:
		return fmt.Sprintf("bucket %s does not exist in region %s: create it, %s", s.bucket, s.aws.Region, restart)
	case home != "" && home != s.aws.Region:
		return fmt.Sprintf("bucket %s is not in region %s: set s3.region to %s", s.bucket, s.aws.Region, home)
	case st == http.StatusMovedPermanently, st == http.StatusTemporaryRedirect, c == "PermanentRedirect", c == "AuthorizationHeaderMalformed":
		return fmt.Sprintf("bucket %s is not in region %s: set s3.region to where it is", s.bucket, s.aws.Region)
	case keyless(err):
		return "no AWS credentials were found: set aws.access.key.id and aws.secret.access.key, or give the worker a role, " + restart
	case logins[c]:
		return "S3 does not accept the credentials: renew or correct them, " + restart
	case c == "RequestTimeTooSkewed":
		return "the clock of this machine differs from S3's: set it, " + restart
	case c == "AccessDenied":
		return fmt.Sprintf("access to bucket %s is denied: %s, %s", s.bucket, grants, restart)
	case st == http.StatusBadRequest && (c == "" || c == "BadRequest"): // nor when they have expired
		return "S3 refuses the request and does not say why: see whether the credentials are right and have not expired, " + restart
	case st == http.StatusForbidden: // the question for the bucket has answers without a body, which give no reason
		return fmt.Sprintf("access to bucket %s is denied and S3 does not say why: see whether the credentials are right and have not expired, and %s, %s",
			s.bucket, grants, restart)
	}
	return ""
}

const grants = "grant s3:ListBucket on it and s3:PutObject and s3:AbortMultipartUpload on its objects"

// logins are the codes that blame the credentials themselves.
var logins = map[string]bool{"InvalidAccessKeyId": true, "SignatureDoesNotMatch": true, "ExpiredToken": true, "InvalidToken": true,
	"TokenRefreshRequired": true}

// region returns where S3 says the bucket is, which it does when asked in the wrong place.
func region(err error) string {
	var resp *smithyhttp.ResponseError
	if errors.As(err, &resp) && resp.Response != nil {
		return resp.Response.Header.Get("X-Amz-Bucket-Region")
	}
	return ""
}

// keyless reports whether there are no credentials: the last place to look is the metadata service of EC2, which is
// not there on other machines.
func keyless(err error) bool {
	for op := (*smithy.OperationError)(nil); errors.As(err, &op); err = op.Err {
		if op.ServiceID == "ec2imds" {
			return true
		}
	}
	return false
}
