package stack

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsdynamodb "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	goredis "github.com/redis/go-redis/v9"
)

// Clients speak to the services of a stack as any stranger would.
type Clients struct {
	S3       *awss3.Client
	DynamoDB *awsdynamodb.Client
	Redis    *goredis.Client

	transport *http.Transport
}

// NewClients makes clients for the services. The caller closes them.
func (s *Stack) NewClients() *Clients {
	t := &http.Transport{MaxIdleConnsPerHost: 16}
	// Not from the environment, whose proxies, regions and profiles have nothing to do with the stack.
	c := aws.Config{Region: Region, HTTPClient: &http.Client{Transport: t},
		Credentials: credentials.NewStaticCredentialsProvider(AccessKey, SecretKey, "")}
	return &Clients{
		S3:        awss3.NewFromConfig(c, func(o *awss3.Options) { o.BaseEndpoint, o.UsePathStyle = &s.S3URL, true }),
		DynamoDB:  awsdynamodb.NewFromConfig(c, func(o *awsdynamodb.Options) { o.BaseEndpoint = &s.DynamoDBURL }),
		Redis:     goredis.NewClient(&goredis.Options{Addr: s.RedisAddr, MaxRetries: -1}),
		transport: t,
	}
}

// Close closes the connections.
func (c *Clients) Close() error {
	c.transport.CloseIdleConnections()
	return c.Redis.Close()
}

// createTable makes the table unless the data directory has it already.
func (s *Stack) createTable(ctx context.Context) error {
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client := awsdynamodb.New(awsdynamodb.Options{Region: Region, BaseEndpoint: &s.DynamoDBURL,
		HTTPClient:  &http.Client{Transport: transport},
		Credentials: credentials.NewStaticCredentialsProvider(AccessKey, SecretKey, "")})
	_, err := client.CreateTable(ctx, &awsdynamodb.CreateTableInput{
		TableName:            aws.String(Table),
		BillingMode:          types.BillingModePayPerRequest,
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String(HashKey), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String(HashKey), AttributeType: types.ScalarAttributeTypeS}},
	})
	var exists *types.ResourceInUseException
	if err != nil && !errors.As(err, &exists) {
		return fmt.Errorf("create table %s: %w", Table, err)
	}
	return nil
}
