// Package awsconfig builds AWS SDK configurations from the keys the AWS sinks share.
package awsconfig

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/logging"

	"github.com/sluice-connect/sluice/schemas/configdef"
)

// Options are what the AWS sinks let a user choose, already taken out of their own keys.
type Options struct {
	// Region falls back to the one of the environment (AWS_REGION, shared configuration file) when empty.
	Region string
	// Endpoint replaces the service's own endpoint; http and https only.
	Endpoint string
	// AccessKeyID and SecretAccessKey count when both are set and ProviderClass is the default chain, static, or a
	// role that needs somebody to assume it.
	AccessKeyID     string
	SecretAccessKey configdef.Secret
	// ProviderClass is a Java credentials provider class that ValidProvider accepts; empty is the default chain.
	ProviderClass string
	// ProviderProps are the keys below "<prefix>credentials.provider.", such as sts.role.arn.
	ProviderProps map[string]string
	// ProxyURL is used for the service and for STS; without it the proxy variables of the environment count.
	ProxyURL, ProxyUser string
	ProxyPassword       configdef.Secret
	// MaxAttempts is how often the SDK tries a request; 0 leaves it to the environment and the SDK's default.
	MaxAttempts int
}

// Load returns the configuration for service clients. It reads the environment and the shared AWS files as the SDK
// does, but asks no service: credentials are fetched with the first request.
func Load(ctx context.Context, o Options) (aws.Config, error) {
	if err := checkURL("endpoint", o.Endpoint); err != nil {
		return aws.Config{}, err
	}
	client, err := sdkClient(o)
	if err != nil {
		return aws.Config{}, err
	}
	kind, err := providerKind(o.ProviderClass)
	if err != nil {
		return aws.Config{}, err
	}
	load := []func(*config.LoadOptions) error{config.WithHTTPClient(client)}
	if o.Region != "" {
		load = append(load, config.WithRegion(o.Region))
	}
	if o.MaxAttempts > 0 {
		load = append(load, config.WithRetryMaxAttempts(o.MaxAttempts))
	}
	load = append(load, kind.loadOptions()...)
	load = append(load, config.WithLogger(logging.LoggerFunc(func(level logging.Classification, format string, v ...any) {
		slog.Debug("AWS SDK: "+fmt.Sprintf(format, v...), "level", string(level))
	})))
	cfg, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return aws.Config{}, fmt.Errorf("load the AWS configuration: %w", err)
	}
	if cfg.Region == "" {
		return aws.Config{}, errors.New("find the AWS region: set the region key of the connector or AWS_REGION")
	}
	if err := setCredentials(&cfg, kind, o); err != nil {
		return aws.Config{}, err
	}
	// Last, so that STS clients made above keep their own endpoint.
	if o.Endpoint != "" {
		cfg.BaseEndpoint = aws.String(o.Endpoint)
	}
	cfg.HTTPClient = serviceClient(cfg.HTTPClient)
	return cfg, nil
}

// ValidURL accepts "" and absolute http and https URLs without user info: what Load takes as endpoint and proxy.
func ValidURL(text string) error { return checkURL("URL", text) }

// checkURL accepts "" and absolute http and https URLs without user info.
func checkURL(what, text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return fmt.Errorf("read the %s: it is not a URL", what) // the cause would quote a password in it
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return fmt.Errorf("read the %s: it must be an http:// or https:// URL with a host", what)
	case u.User != nil:
		return fmt.Errorf("read the %s: it must not hold a user name or password", what)
	}
	return nil
}
