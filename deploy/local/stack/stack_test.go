package stack

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdynamodb "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"go.uber.org/goleak"

	"github.com/sluice-connect/sluice/deploy/local/fleet"
)

func TestMain(m *testing.M) {
	// sarama's metrics keep one goroutine for the whole process.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick"))
}

func run(t *testing.T, c Config, use func(*Stack, *Clients)) *Stack {
	t.Helper()
	s, err := Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	clients := s.NewClients()
	use(s, clients)
	if err := errors.Join(clients.Close(), s.Close()); err != nil {
		t.Errorf("close: %v", err)
	}
	return s
}

func TestDataSurvivesInAGivenDirectory(t *testing.T) {
	c := Config{Dir: t.TempDir()}
	item := map[string]types.AttributeValue{HashKey: &types.AttributeValueMemberS{Value: "veh-1"}}
	run(t, c, func(s *Stack, clients *Clients) {
		if _, err := clients.S3.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String(Bucket), Key: aws.String("k"), Body: strings.NewReader("x")}); err != nil {
			t.Error(err)
		}
		if _, err := clients.DynamoDB.PutItem(t.Context(), &awsdynamodb.PutItemInput{TableName: aws.String(Table), Item: item}); err != nil {
			t.Error(err)
		}
		if err := clients.Redis.Set(t.Context(), "k", "v", 0).Err(); err != nil {
			t.Error(err)
		}
		p, err := fleet.NewProducer(s.KafkaAddr, fleet.NewLedger(true))
		if err != nil {
			t.Error(err)
			return
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	run(t, c, func(s *Stack, clients *Clients) {
		if keys := s.S3.Keys(Bucket); len(keys) != 1 {
			t.Errorf("keys %v", keys)
		}
		out, err := clients.DynamoDB.GetItem(t.Context(), &awsdynamodb.GetItemInput{TableName: aws.String(Table), Key: item})
		if err != nil || len(out.Item) != 1 {
			t.Errorf("item %v: %v", out, err)
		}
	})
}

func TestATemporaryDirectoryIsRemoved(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s := run(t, Config{}, func(*Stack, *Clients) {})
	if _, err := os.Stat(s.Dir); !errors.Is(err, fs.ErrNotExist) || !s.Temporary {
		t.Errorf("%s is left: %v", s.Dir, err)
	}
}
