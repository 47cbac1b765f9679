package awsconfig

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// setCredentials replaces what the loader found by what the provider class asks for.
func setCredentials(cfg *aws.Config, k kind, o Options) error {
	keys := o.AccessKeyID != "" && o.SecretAccessKey.IsSet()
	if keys && (k == chain || k == static || k == assumeRole) {
		cfg.Credentials = credentials.NewStaticCredentialsProvider(o.AccessKeyID, o.SecretAccessKey.Reveal(), "")
	}
	p, err := provider(*cfg, k, o, keys)
	if err != nil {
		return err
	}
	if p != nil {
		cfg.Credentials = aws.NewCredentialsCache(p)
	}
	return nil
}

// provider returns nil where what the loader found is right.
func provider(cfg aws.Config, k kind, o Options, keys bool) (aws.CredentialsProvider, error) {
	switch k {
	case environment:
		return aws.CredentialsProviderFunc(fromEnvironment), nil
	case static:
		if !keys {
			return nil, errors.New("read static credentials: both the access key id and the secret access key must be set")
		}
	case instance:
		return ec2rolecreds.New(), nil
	case container:
		return containerProvider()
	case webIdentity:
		return webIdentityProvider(cfg)
	case assumeRole:
		return roleProvider(cfg, o.ProviderProps)
	case anonymous:
		return aws.AnonymousCredentials{}, nil
	}
	return nil, nil
}

// fromEnvironment also stands for Java system properties, which a Go program does not have.
func fromEnvironment(context.Context) (aws.Credentials, error) {
	c := aws.Credentials{
		AccessKeyID:     os.Getenv("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
		SessionToken:    os.Getenv("AWS_SESSION_TOKEN"),
		Source:          "environment",
	}
	if !c.HasKeys() {
		return c, errors.New("read credentials from the environment: AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set")
	}
	return c, nil
}

func webIdentityProvider(cfg aws.Config) (aws.CredentialsProvider, error) {
	role, file := os.Getenv("AWS_ROLE_ARN"), os.Getenv("AWS_WEB_IDENTITY_TOKEN_FILE")
	if role == "" || file == "" {
		return nil, errors.New("set up web identity credentials: AWS_ROLE_ARN or AWS_WEB_IDENTITY_TOKEN_FILE is not set")
	}
	return stscreds.NewWebIdentityRoleProvider(sts.NewFromConfig(cfg), role, stscreds.IdentityTokenFile(file),
		func(w *stscreds.WebIdentityRoleOptions) { w.RoleSessionName = os.Getenv("AWS_ROLE_SESSION_NAME") }), nil
}

func roleProvider(cfg aws.Config, props map[string]string) (aws.CredentialsProvider, error) {
	arn, session := strings.TrimSpace(props["sts.role.arn"]), strings.TrimSpace(props["sts.role.session.name"])
	if arn == "" || session == "" {
		return nil, errors.New("set up the role to assume: sts.role.arn and sts.role.session.name must be set below the credentials provider prefix")
	}
	if region := strings.TrimSpace(props["sts.region"]); region != "" {
		cfg.Region = region
	}
	return stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), arn, func(a *stscreds.AssumeRoleOptions) {
		a.RoleSessionName = session
		if id := strings.TrimSpace(props["sts.role.external.id"]); id != "" {
			a.ExternalID = aws.String(id)
		}
	}), nil
}

// containerProvider asks the credentials endpoint of ECS or EKS, or the instance profile where there is none, as the
// Java wrapper class does.
func containerProvider() (aws.CredentialsProvider, error) {
	endpoint := os.Getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI")
	if rel := os.Getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"); rel != "" {
		endpoint = "http://169.254.170.2" + rel
	}
	if endpoint == "" {
		return ec2rolecreds.New(), nil
	}
	if err := checkContainerEndpoint(endpoint); err != nil {
		return nil, err
	}
	return endpointcreds.New(endpoint, func(e *endpointcreds.Options) {
		e.AuthorizationToken = os.Getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN")
		if file := os.Getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); file != "" {
			e.AuthorizationTokenProvider = endpointcreds.TokenProviderFunc(func() (string, error) {
				b, err := os.ReadFile(file)
				if err != nil {
					return "", fmt.Errorf("read the container authorization token: %w", err)
				}
				return strings.TrimSpace(string(b)), nil
			})
		}
	}), nil
}

// checkContainerEndpoint lets the token out over plain http only to this host and the two agents of AWS.
func checkContainerEndpoint(endpoint string) error {
	if err := checkURL("container credentials endpoint", endpoint); err != nil {
		return err
	}
	u, err := url.Parse(endpoint)
	if err != nil {
		return err
	}
	ip := net.ParseIP(u.Hostname())
	local := u.Hostname() == "localhost" || ip != nil && (ip.IsLoopback() || u.Hostname() == "169.254.170.2" ||
		u.Hostname() == "169.254.170.23" || u.Hostname() == "fd00:ec2::23")
	if u.Scheme != "https" && !local {
		return errors.New("read the container credentials endpoint: it must be https or a local agent")
	}
	return nil
}
