package awsconfig

import (
	"fmt"
	"os"
	"sort"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
)

// kind is what a Java provider class stands for here.
type kind uint8

const (
	chain kind = iota
	environment
	static
	profile
	instance
	container
	webIdentity
	assumeRole
	anonymous
)

const (
	sdk1 = "com.amazonaws.auth."
	sdk2 = "software.amazon.awssdk.auth.credentials."
)

// providers maps the class names of both generations of the Java SDK, and of Confluent's own assume-role classes.
var providers = map[string]kind{
	sdk2 + "DefaultCredentialsProvider":                                       chain,
	sdk2 + "AwsCredentialsProviderChain":                                      chain,
	sdk2 + "EnvironmentVariableCredentialsProvider":                           environment,
	sdk2 + "SystemPropertyCredentialsProvider":                                environment,
	sdk2 + "StaticCredentialsProvider":                                        static,
	sdk2 + "ProfileCredentialsProvider":                                       profile,
	sdk2 + "InstanceProfileCredentialsProvider":                               instance,
	sdk2 + "ContainerCredentialsProvider":                                     container,
	sdk2 + "WebIdentityTokenFileCredentialsProvider":                          webIdentity,
	sdk2 + "AnonymousCredentialsProvider":                                     anonymous,
	sdk1 + "DefaultAWSCredentialsProviderChain":                               chain,
	sdk1 + "EnvironmentVariableCredentialsProvider":                           environment,
	sdk1 + "SystemPropertiesCredentialsProvider":                              environment,
	sdk1 + "AWSStaticCredentialsProvider":                                     static,
	sdk1 + "profile.ProfileCredentialsProvider":                               profile,
	sdk1 + "InstanceProfileCredentialsProvider":                               instance,
	sdk1 + "ContainerCredentialsProvider":                                     container,
	sdk1 + "EC2ContainerCredentialsProviderWrapper":                           container,
	sdk1 + "WebIdentityTokenCredentialsProvider":                              webIdentity,
	"io.confluent.connect.s3.auth.AwsAssumeRoleCredentialsProvider":           assumeRole,
	"io.confluent.connect.aws.dynamodb.auth.AwsAssumeRoleCredentialsProvider": assumeRole,
}

// ValidProvider is a configdef validator: it accepts "" and the class names of known Java credentials providers.
func ValidProvider(v any) error {
	s, ok := v.(string)
	if !ok {
		return nil
	}
	_, err := providerKind(s)
	return err
}

func providerKind(class string) (kind, error) {
	class = strings.TrimSpace(class)
	if class == "" {
		return chain, nil
	}
	k, ok := providers[class]
	if !ok {
		return 0, fmt.Errorf("no such credentials provider here; supported are %s", strings.Join(providerNames(), ", "))
	}
	return k, nil
}

func providerNames() []string {
	names := make([]string, 0, len(providers))
	for n := range providers {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// loadOptions are what the loader must know about a provider before it resolves credentials.
func (k kind) loadOptions() []func(*config.LoadOptions) error {
	if k != profile {
		return nil
	}
	name := os.Getenv("AWS_PROFILE")
	if name == "" {
		name = "default"
	}
	// Naming the profile makes the loader prefer it to keys in the environment.
	return []func(*config.LoadOptions) error{config.WithSharedConfigProfile(name)}
}
