package kafka

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/IBM/sarama"
	"github.com/aws/aws-msk-iam-sasl-signer-go/signer"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/sluice-connect/sluice/schemas/configdef"
)

// bearerToken applies OAUTHBEARER: a token that stands in the JAAS line, or one signed with AWS credentials.
func bearerToken(c *sarama.Config, m loginModule, v configdef.Values) error {
	if v.String("sasl.login.callback.handler.class") == mskOAuthLogin {
		return mskToken(c, m, v)
	}
	token := m.option("token")
	if token == "" {
		return fmt.Errorf("%s needs the option token=\"…\" in sasl.jaas.config, or sasl.login.callback.handler.class=%s; "+
			"tokens from an endpoint and unsecured ones are not supported", oauthMechanism, mskOAuthLogin)
	}
	extensions := map[string]string{}
	for name, value := range m.Options {
		if rest, ok := strings.CutPrefix(name, "extension_"); ok {
			extensions[rest] = value.Reveal()
		}
	}
	c.Net.SASL.Mechanism = sarama.SASLTypeOAuth
	c.Net.SASL.TokenProvider = staticToken{Text: configdef.NewSecret(token), Extensions: extensions}
	return nil
}

type staticToken struct {
	Text       configdef.Secret // exported, as fmt masks no secrets in fields that are not
	Extensions map[string]string
}

// Token implements sarama.AccessTokenProvider.
func (s staticToken) Token() (*sarama.AccessToken, error) {
	return &sarama.AccessToken{Token: s.Text.Reveal(), Extensions: s.Extensions}, nil
}

// mskHost finds the region in the name of an Amazon MSK broker.
var mskHost = regexp.MustCompile(`\.kafka(?:-serverless)?\.([a-z0-9-]+)\.(?:amazonaws\.com|amazonaws\.com\.cn|vpce\.amazonaws\.com)(?::\d+)?$`)

// mskToken applies the login of Amazon MSK. Java's mechanism AWS_MSK_IAM and OAUTHBEARER with a signed token are two
// ways into the same listener; brokers offer both.
func mskToken(c *sarama.Config, m loginModule, v configdef.Values) error {
	if !c.Net.TLS.Enable {
		return errors.New("IAM logins of Amazon MSK go over TLS only: set security.protocol=SASL_SSL")
	}
	p := &mskTokens{Options: m.Options}
	for _, broker := range v.List("bootstrap.servers") {
		if found := mskHost.FindStringSubmatch(broker); found != nil {
			p.region = found[1]
		}
	}
	c.Net.SASL.Mechanism = sarama.SASLTypeOAuth
	c.Net.SASL.TokenProvider = p
	return nil
}

const (
	// mskPatience bounds the wait for credentials.
	mskPatience = 30 * time.Second
	// mskMargin is how long before its end a token is replaced.
	mskMargin = time.Minute
)

// mskTokens signs tokens with the AWS credentials that the login module's options choose, and keeps one while it lasts.
type mskTokens struct {
	region  string // of the brokers, "" for the environment's
	Options map[string]configdef.Secret

	mu     sync.Mutex
	source aws.CredentialsProvider
	Signed configdef.Secret
	until  time.Time
}

// Token implements sarama.AccessTokenProvider.
func (p *mskTokens) Token() (*sarama.AccessToken, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Until(p.until) < mskMargin {
		ctx, cancel := context.WithTimeout(context.Background(), mskPatience)
		defer cancel()
		if err := p.sign(ctx); err != nil {
			return nil, fmt.Errorf("sign in to Amazon MSK with IAM: %w", err)
		}
	}
	return &sarama.AccessToken{Token: p.Signed.Reveal()}, nil
}

func (p *mskTokens) sign(ctx context.Context) error {
	if p.source == nil {
		if err := p.load(ctx); err != nil {
			return err
		}
	}
	token, until, err := signer.GenerateAuthTokenFromCredentialsProvider(ctx, p.region, p.source)
	if err != nil {
		return err
	}
	p.Signed, p.until = configdef.NewSecret(token), time.UnixMilli(until)
	return nil
}

// load finds credentials as the options of the Java login module describe them.
func (p *mskTokens) load(ctx context.Context) error {
	option := func(name string) string { return p.Options[name].Reveal() }
	var opts []func(*config.LoadOptions) error
	if p.region != "" {
		opts = append(opts, config.WithRegion(p.region))
	}
	if profile := option("awsProfileName"); profile != "" {
		opts = append(opts, config.WithSharedConfigProfile(profile))
	}
	if id := option("awsRoleAccessKeyId"); id != "" {
		opts = append(opts, config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(
			id, option("awsRoleSecretAccessKey"), option("awsRoleSessionToken"))))
	}
	cfg, err := config.LoadDefaultConfig(ctx, opts...)
	if err != nil {
		return fmt.Errorf("load the AWS configuration: %w", err)
	}
	if p.region = cfg.Region; p.region == "" {
		return errors.New("find the AWS region: bootstrap.servers names none; set AWS_REGION")
	}
	p.source = cfg.Credentials
	if role := option("awsRoleArn"); role != "" {
		client := sts.NewFromConfig(cfg, func(o *sts.Options) {
			if region := option("awsStsRegion"); region != "" {
				o.Region = region
			}
		})
		p.source = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(client, role, func(o *stscreds.AssumeRoleOptions) {
			o.RoleSessionName = option("awsRoleSessionName")
			if id := option("awsRoleExternalId"); id != "" {
				o.ExternalID = aws.String(id)
			}
		}))
	}
	return nil
}
