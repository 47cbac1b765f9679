package awsconfig

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	smithy "github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// transient are error codes of S3, DynamoDB and STS that pass, beyond those the SDK itself retries.
var transient = map[string]bool{
	"SlowDown": true, "ServiceUnavailable": true, "InternalError": true, "InternalFailure": true,
	"InternalServerError": true, "OperationAborted": true, "RequestTimeout": true, "ThrottlingError": true,
	"IDPCommunicationError": true,
}

// Retriable reports whether the request that ended with err may succeed later: throttling, server errors, timeouts
// and broken or refused connections. A cancelled context is not retriable, nor is a certificate nobody trusts or a
// server that speaks plain HTTP where the URL says https.
func Retriable(err error) bool {
	var untrusted *tls.CertificateVerificationError
	if err == nil || errors.Is(err, context.Canceled) || errors.As(err, &untrusted) || errors.Is(err, http.ErrSchemeMismatch) {
		return false
	}
	return byStatus(err) || byCode(err) || byConnection(err) ||
		retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) == aws.TrueTernary
}

func byStatus(err error) bool {
	var resp *smithyhttp.ResponseError
	if !errors.As(err, &resp) {
		return false
	}
	code := resp.HTTPStatusCode()
	return code >= 500 && code != 501 || code == 429 || code == 408
}

func byCode(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && transient[api.ErrorCode()]
}

func byConnection(err error) bool {
	var timeout net.Error
	var op *net.OpError
	var dns *net.DNSError
	var quota ratelimit.QuotaExceededError
	if errors.As(err, &timeout) && timeout.Timeout() || errors.As(err, &op) || errors.As(err, &dns) || errors.As(err, &quota) {
		return true
	}
	for _, e := range []error{context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNREFUSED} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
