package s3

import (
	"context"
	"errors"
	"fmt"
	"net/http"

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

// judge says what an answer of S3 means. None is about single records.
func judge(ctx context.Context, err error) connectors.Verdict {
	switch {
	case err == nil:
		return connectors.Safe
	case ctx.Err() != nil || awsconfig.Retriable(err):
		return connectors.Later
	}
	return connectors.Hopeless
}

// failure turns an error of S3 into what the runtime understands; doing completes "verb phrase: ".
func (s *settings) failure(ctx context.Context, doing string, err error) error {
	switch judge(ctx, err) {
	case connectors.Safe:
		return nil
	case connectors.Later:
		return connectors.Retriable(fmt.Errorf("%s: %w", doing, err))
	}
	return s.explain(doing, err)
}

// explain adds to err what a person must do about it, and marks it when that is done outside the configuration.
func (s *settings) explain(doing string, err error) error {
	advice, outside := s.advice(err)
	if advice == "" {
		return fmt.Errorf("%s: %w", doing, err)
	}
	explained := fmt.Errorf("%s: %s (%w)", doing, advice, err)
	if outside {
		return connectors.Correctable(explained)
	}
	return explained
}

// advice says what a person must do about err, "" when nothing special is known, and whether that can be done outside
// the configuration, so that the task has to be restarted afterwards.
func (s *settings) advice(err error) (advice string, outside bool) {
	c, st, home := code(err), status(err), region(err)
	switch {
	case c == "NoSuchBucket", c == "NotFound", c == "" && st == http.StatusNotFound:
		return fmt.Sprintf("bucket %s does not exist in region %s: create it", s.bucket, s.aws.Region), true
	case home != "" && home != s.aws.Region:
		return fmt.Sprintf("bucket %s is not in region %s: set s3.region to %s", s.bucket, s.aws.Region, home), false
	case st == http.StatusMovedPermanently, st == http.StatusTemporaryRedirect, c == "PermanentRedirect", c == "AuthorizationHeaderMalformed":
		return fmt.Sprintf("bucket %s is not in region %s: set s3.region to where it is", s.bucket, s.aws.Region), false
	case keyless(err):
		return "no AWS credentials were found: set aws.access.key.id and aws.secret.access.key, or give the worker a role", true
	case logins[c]:
		return "S3 does not accept the credentials: renew or correct them", true
	case c == "RequestTimeTooSkewed":
		return "the clock of this machine differs from S3's: set it", true
	case c == "AccessDenied":
		return fmt.Sprintf("access to bucket %s is denied: %s", s.bucket, grants), true
	case st == http.StatusBadRequest && (c == "" || c == "BadRequest"): // nor when they have expired
		return "S3 refuses the request and does not say why: see whether the credentials are right and have not expired", true
	case st == http.StatusForbidden: // the question for the bucket has answers without a body, which give no reason
		return fmt.Sprintf("access to bucket %s is denied and S3 does not say why: see whether the credentials are right and have not expired, and %s",
			s.bucket, grants), true
	}
	return "", false
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
