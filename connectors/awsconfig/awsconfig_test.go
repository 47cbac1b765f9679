package awsconfig

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	smithy "github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/sluice-connect/sluice/schemas/configdef"
)

// cleanEnvironment keeps the tester's own AWS settings out.
func cleanEnvironment(t *testing.T) {
	t.Helper()
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID",
		"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", t.TempDir()+"/config")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", t.TempDir()+"/credentials")
}

func TestLoadRegion(t *testing.T) {
	cleanEnvironment(t)
	if _, err := Load(t.Context(), Options{}); err == nil || !strings.Contains(err.Error(), "AWS_REGION") {
		t.Fatalf("without a region: %v", err)
	}
	t.Setenv("AWS_REGION", "eu-central-1")
	for set, want := range map[string]string{"": "eu-central-1", "eu-west-1": "eu-west-1"} {
		cfg, err := Load(t.Context(), Options{Region: set})
		if err != nil || cfg.Region != want {
			t.Fatalf("region %q: got %q, %v", set, cfg.Region, err)
		}
	}
}

func TestLoadRefusesURLs(t *testing.T) {
	cleanEnvironment(t)
	for _, u := range []string{"file:///etc/passwd", "ftp://host", "localhost:9000", "http://", "http://me:hush@host", "http://a b"} {
		for _, o := range []Options{{Region: "r", Endpoint: u}, {Region: "r", ProxyURL: u}} {
			_, err := Load(t.Context(), o)
			if err == nil || strings.Contains(err.Error(), "hush") {
				t.Errorf("%s: %v", u, err)
			}
		}
	}
}

func TestLoadCredentials(t *testing.T) {
	cleanEnvironment(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "from-environment")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "x")
	keys := Options{Region: "r", AccessKeyID: "from-keys", SecretAccessKey: configdef.NewSecret("s")}
	for class, want := range map[string]string{
		"": "from-keys",
		"software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider":             "from-keys",
		"com.amazonaws.auth.AWSStaticCredentialsProvider":                                "from-keys",
		"com.amazonaws.auth.EnvironmentVariableCredentialsProvider":                      "from-environment",
		"software.amazon.awssdk.auth.credentials.SystemPropertyCredentialsProvider":      "from-environment",
		"software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider": "from-environment",
	} {
		o := keys
		o.ProviderClass = class
		cfg, err := Load(t.Context(), o)
		if err != nil {
			t.Fatalf("%s: %v", class, err)
		}
		c, err := cfg.Credentials.Retrieve(t.Context())
		if err != nil || c.AccessKeyID != want {
			t.Errorf("%s: got %s, %v", class, c.AccessKeyID, err)
		}
	}
	if _, err := Load(t.Context(), Options{Region: "r", ProviderClass: "com.amazonaws.auth.AWSStaticCredentialsProvider"}); err == nil {
		t.Error("static credentials without keys were accepted")
	}
}

func TestAssumeRole(t *testing.T) {
	cleanEnvironment(t)
	var form string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		form = string(b)
		fmt.Fprint(w, `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>role-key</AccessKeyId>`+
			`<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>`+
			`</Credentials></AssumeRoleResult></AssumeRoleResponse>`)
	}))
	defer srv.Close()
	t.Setenv("AWS_ENDPOINT_URL_STS", srv.URL)
	o := Options{Region: "eu-west-1", AccessKeyID: "base", SecretAccessKey: configdef.NewSecret("s"),
		ProviderClass: "io.confluent.connect.s3.auth.AwsAssumeRoleCredentialsProvider"}
	if _, err := Load(t.Context(), o); err == nil || !strings.Contains(err.Error(), "sts.role.arn") {
		t.Fatalf("without a role: %v", err)
	}
	o.ProviderProps = map[string]string{"sts.role.arn": "arn:aws:iam::1:role/x", "sts.role.session.name": "sluice", "sts.role.external.id": "ext"}
	cfg, err := Load(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	c, err := cfg.Credentials.Retrieve(t.Context())
	if err != nil || c.AccessKeyID != "role-key" {
		t.Fatalf("got %q, %v", c.AccessKeyID, err)
	}
	if !strings.Contains(form, "ExternalId=ext") || !strings.Contains(form, "RoleSessionName=sluice") {
		t.Errorf("STS was asked %s", form)
	}
	CloseIdle(cfg)
}

func TestValidProvider(t *testing.T) {
	for class := range providers {
		if err := ValidProvider(class); err != nil {
			t.Errorf("%s: %v", class, err)
		}
	}
	err := ValidProvider("com.example.Mine")
	if err == nil || !strings.Contains(err.Error(), "AWSStaticCredentialsProvider") {
		t.Errorf("unknown class: %v", err)
	}
}

func TestContainerEndpoint(t *testing.T) {
	for u, ok := range map[string]bool{
		"http://169.254.170.2/v2": true, "http://127.0.0.1:1/x": true, "https://creds.example/x": true,
		"http://[fd00:ec2::23]/x": true, "http://creds.example/x": false, "http://169.254.169.254/x": false, "file:///x": false,
	} {
		if err := checkContainerEndpoint(u); (err == nil) != ok {
			t.Errorf("%s: %v", u, err)
		}
	}
}

func status(code int) error {
	return &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: &http.Response{StatusCode: code}}, Err: errors.New("x")}
}

func TestRetriable(t *testing.T) {
	for _, err := range []error{
		status(500), status(503), status(429), context.DeadlineExceeded, io.ErrUnexpectedEOF,
		&smithy.GenericAPIError{Code: "SlowDown"}, &smithy.GenericAPIError{Code: "ThrottlingException"},
		fmt.Errorf("put: %w", &net.OpError{Op: "dial", Err: errors.New("refused")}), &net.DNSError{},
	} {
		if !Retriable(err) {
			t.Errorf("not retriable: %v", err)
		}
	}
	for _, err := range []error{
		nil, context.Canceled, status(403), status(404), status(501), errors.New("x"),
		&smithy.GenericAPIError{Code: "AccessDenied"},
		&net.OpError{Op: "remote error", Err: &tls.CertificateVerificationError{Err: errors.New("unknown authority")}},
	} {
		if Retriable(err) {
			t.Errorf("retriable: %v", err)
		}
	}
}
