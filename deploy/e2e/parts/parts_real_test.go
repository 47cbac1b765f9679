//go:build real && unix

package parts_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/IBM/sarama"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/sluice-connect/sluice/deploy/e2e/parts"
)

func TestMain(m *testing.M) {
	// go-metrics, which sarama counts with, keeps one goroutine for the life of the process.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick"))
}

// inOwnTest runs use inside a test of its own and asserts that the service it returns is gone when that test is over.
func inOwnTest(t *testing.T, use func(t *testing.T) *parts.Service) {
	t.Helper()
	var pid int
	if !t.Run("use", func(t *testing.T) { pid = use(t).Pid() }) {
		return
	}
	if pid == 0 {
		t.Fatal("the service was not running at the end of its test")
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Fatalf("process %d outlived its test: %v", pid, err)
	}
}

func TestKafkaKeepsRecordsOverAKillAndAStop(t *testing.T) {
	inOwnTest(t, func(t *testing.T) *parts.Service {
		kafka := parts.Kafka(t, "auto.create.topics.enable=true")
		addr, firstPid := kafka.Addr, kafka.Pid()
		if offset := produce(t, kafka.Addr, "orders", "one"); offset != 0 {
			t.Fatalf("first record got offset %d", offset)
		}
		kafka.Kill()
		if pid := kafka.Pid(); pid != 0 {
			t.Fatalf("killed broker still has pid %d", pid)
		}
		kafka.Restart()
		if kafka.Addr != addr || kafka.Pid() == firstPid {
			t.Fatalf("restarted at %s as %d, was at %s as %d", kafka.Addr, kafka.Pid(), addr, firstPid)
		}
		if offset := produce(t, kafka.Addr, "orders", "two"); offset != 1 {
			t.Fatalf("record after the kill got offset %d, want 1", offset)
		}
		kafka.Stop()
		kafka.Restart()
		if offset := produce(t, kafka.Addr, "orders", "three"); offset != 2 {
			t.Fatalf("record after the stop got offset %d, want 2", offset)
		}
		return kafka.Service
	})
}

func TestKafkaToolsSeeWhatAClientDid(t *testing.T) {
	inOwnTest(t, func(t *testing.T) *parts.Service {
		kafka := parts.Kafka(t)
		kafka.Topics(t, "--create", "--topic", "orders", "--partitions", "2")
		produceTo(t, kafka.Addr, &sarama.ProducerMessage{Topic: "orders", Partition: 1, Value: sarama.StringEncoder("x")})
		commit(t, kafka.Addr, "connect-orders", "orders", 1, 1)
		described := kafka.ConsumerGroups(t, "--describe", "--group", "connect-orders")
		for line := range strings.Lines(described) {
			fields := strings.Fields(line)
			if len(fields) > 5 && fields[1] == "orders" {
				if got := strings.Join(fields[:6], " "); got != "connect-orders orders 1 1 1 0" {
					t.Fatalf("group, topic, partition, offset, end, lag: %s", got)
				}
				return kafka.Service
			}
		}
		t.Fatalf("no line for the committed partition:\n%s", described)
		return nil
	})
}

func TestKafkaCreatesNoTopicByMention(t *testing.T) {
	kafka := parts.Kafka(t)
	producer, err := sarama.NewSyncProducer([]string{kafka.Addr}, producerConfig())
	if err != nil {
		t.Fatal(err)
	}
	defer producer.Close()
	_, _, err = producer.SendMessage(&sarama.ProducerMessage{Topic: "unheard-of", Value: sarama.StringEncoder("x")})
	if !errors.Is(err, sarama.ErrUnknownTopicOrPartition) {
		t.Fatalf("produce to a topic that does not exist: %v", err)
	}
}

func producerConfig() *sarama.Config {
	config := sarama.NewConfig()
	config.Producer.Return.Successes = true
	config.Producer.Partitioner = sarama.NewManualPartitioner
	return config
}

func produce(t *testing.T, addr, topic, value string) int64 {
	t.Helper()
	return produceTo(t, addr, &sarama.ProducerMessage{Topic: topic, Value: sarama.StringEncoder(value)})
}

func produceTo(t *testing.T, addr string, message *sarama.ProducerMessage) int64 {
	t.Helper()
	producer, err := sarama.NewSyncProducer([]string{addr}, producerConfig())
	if err != nil {
		t.Fatal(err)
	}
	defer producer.Close()
	_, offset, err := producer.SendMessage(message)
	if err != nil {
		t.Fatal(err)
	}
	return offset
}

func commit(t *testing.T, addr, group, topic string, partition int32, offset int64) {
	t.Helper()
	client, err := sarama.NewClient([]string{addr}, sarama.NewConfig())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	offsets, err := sarama.NewOffsetManagerFromClient(group, client)
	if err != nil {
		t.Fatal(err)
	}
	defer offsets.Close()
	managed, err := offsets.ManagePartition(topic, partition)
	if err != nil {
		t.Fatal(err)
	}
	managed.MarkOffset(offset, "")
	offsets.Commit()
	if err := managed.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestDynamoDBKeepsItemsOverAKill(t *testing.T) {
	inOwnTest(t, func(t *testing.T) *parts.Service {
		dynamo := parts.DynamoDB(t)
		client := dynamodb.New(dynamodb.Options{
			BaseEndpoint: aws.String(dynamo.Endpoint),
			Region:       "us-east-1",
			Credentials:  credentials.NewStaticCredentialsProvider("any", "any", ""),
			HTTPClient:   httpClient(),
		})
		_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
			TableName:            aws.String("vehicles"),
			AttributeDefinitions: []ddbtypes.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: "S"}},
			KeySchema:            []ddbtypes.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: "HASH"}},
			BillingMode:          ddbtypes.BillingModePayPerRequest,
		})
		if err != nil {
			t.Fatal(err)
		}
		item := map[string]ddbtypes.AttributeValue{
			"id":    &ddbtypes.AttributeValueMemberS{Value: "v1"},
			"speed": &ddbtypes.AttributeValueMemberN{Value: "42"},
		}
		if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("vehicles"), Item: item}); err != nil {
			t.Fatal(err)
		}
		dynamo.Kill()
		dynamo.Restart()
		got, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{
			TableName: aws.String("vehicles"),
			Key:       map[string]ddbtypes.AttributeValue{"id": item["id"]},
		})
		if err != nil {
			t.Fatal(err)
		}
		speed, ok := got.Item["speed"].(*ddbtypes.AttributeValueMemberN)
		if !ok || speed.Value != "42" {
			t.Fatalf("item after the kill: %v", got.Item)
		}
		return dynamo.Service
	})
}

func TestRedisKeepsWritesOverAKill(t *testing.T) {
	inOwnTest(t, func(t *testing.T) *parts.Service {
		server := parts.Redis(t)
		client := redis.NewClient(&redis.Options{Addr: server.Addr})
		defer client.Close()
		if err := client.Set(t.Context(), "v1", "42", 0).Err(); err != nil {
			t.Fatal(err)
		}
		server.Kill()
		server.Restart()
		if got, err := client.Get(t.Context(), "v1").Result(); err != nil || got != "42" {
			t.Fatalf("value after the kill: %q, %v", got, err)
		}
		return server.Service
	})
}

func TestRedisTakesFurtherArguments(t *testing.T) {
	server := parts.Redis(t, "--maxmemory", "64kb", "--maxmemory-policy", "noeviction")
	client := redis.NewClient(&redis.Options{Addr: server.Addr, MaxRetries: -1})
	defer client.Close()
	if err := client.Set(t.Context(), "v1", "42", 0).Err(); !redis.IsOOMError(err) {
		t.Fatalf("write to a full server: %v", err)
	}
}

func TestRedisAnswersAgainAfterAPause(t *testing.T) {
	server := parts.Redis(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr})
	defer client.Close()
	server.Pause()
	answer := make(chan error, 1)
	go func() { answer <- client.Ping(t.Context()).Err() }()
	server.Resume()
	if err := <-answer; err != nil {
		t.Fatal(err)
	}
	server.Pause()
	server.Stop() // also a frozen service obeys
}

func TestS3KeepsObjectsOverAKill(t *testing.T) {
	inOwnTest(t, func(t *testing.T) *parts.Service {
		server := parts.S3(t)
		client := s3.New(s3.Options{
			BaseEndpoint: aws.String(server.Endpoint),
			Region:       server.Region,
			Credentials:  credentials.NewStaticCredentialsProvider(server.AccessKey, server.SecretKey, ""),
			UsePathStyle: true,
			HTTPClient:   httpClient(),
		})
		_, err := client.PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: aws.String(server.Bucket), Key: aws.String("topics/orders/0.json"), Body: strings.NewReader("{}\n"),
		})
		if err != nil {
			t.Fatal(err)
		}
		server.Kill()
		server.Restart()
		listed, err := client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(server.Bucket)})
		if err != nil {
			t.Fatal(err)
		}
		if len(listed.Contents) != 1 || aws.ToString(listed.Contents[0].Key) != "topics/orders/0.json" {
			t.Fatalf("objects after the kill: %v", listed.Contents)
		}
		if content, err := os.ReadFile(server.Dir + "/" + server.Bucket + "/topics/orders/0.json"); err != nil || string(content) != "{}\n" {
			t.Fatalf("the object's file: %q, %v", content, err)
		}
		return server.Service
	})
}

func TestRegistryReturnsTheSchemaItWasGiven(t *testing.T) {
	inOwnTest(t, func(t *testing.T) *parts.Service {
		registry := parts.Registry(t)
		schema := `{"type":"record","name":"Vehicle","fields":[{"name":"id","type":"string"}]}`
		body, err := json.Marshal(map[string]string{"schema": schema})
		if err != nil {
			t.Fatal(err)
		}
		var registered struct {
			ID int `json:"id"`
		}
		call(t, http.MethodPost, registry.URL+"/subjects/vehicles-value/versions", string(body), &registered)
		var fetched struct {
			Schema string `json:"schema"`
		}
		call(t, http.MethodGet, fmt.Sprintf("%s/schemas/ids/%d", registry.URL, registered.ID), "", &fetched)
		if fetched.Schema != schema {
			t.Fatalf("schema %d is %s, want %s", registered.ID, fetched.Schema, schema)
		}
		return registry.Service
	})
}

func call(t *testing.T, method, url, body string, into any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/vnd.schemaregistry.v1+json")
	response, err := httpClient().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s", method, url, response.Status)
	}
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}

// httpClient keeps no idle connections, which would count as leaked goroutines when the tests are over.
func httpClient() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
}
