//go:build real

package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sluice-connect/sluice/deploy/e2e/parts"
)

// dynamoBody is a connector with the given keys; more holds further properties.
func dynamoBody(name, topic, endpoint, hash, sort, more string) string {
	return fmt.Sprintf(`{"name": %q, "config": {
    "connector.class": "io.confluent.connect.aws.dynamodb.DynamoDbSinkConnector", "tasks.max": "1", "topics": %q,
    "aws.dynamodb.region": "us-east-1", "aws.dynamodb.endpoint": %q, "aws.access.key.id": "key", "aws.secret.access.key": "secret",
    "aws.dynamodb.max.retry.time.seconds": "1", "aws.dynamodb.pk.hash": %q, "aws.dynamodb.pk.sort": %q%s}}`, name, topic, endpoint, hash, sort, more)
}

// createSortedTable makes a table with the key vehicle_id (S), seq (N).
func createSortedTable(t *testing.T, d *parts.DynamoDBPart, name string) {
	t.Helper()
	_, err := dynamoClient(d.Endpoint).CreateTable(t.Context(), &dynamodb.CreateTableInput{TableName: &name, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("vehicle_id"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("seq"), AttributeType: types.ScalarAttributeTypeN}},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String("vehicle_id"), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String("seq"), KeyType: types.KeyTypeRange}}})
	if err != nil {
		t.Fatal(err)
	}
}

func scanTable(t *testing.T, endpoint, table string) (items []map[string]types.AttributeValue) {
	t.Helper()
	pages := dynamodb.NewScanPaginator(dynamoClient(endpoint), &dynamodb.ScanInput{TableName: &table, ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, page.Items...)
	}
	return items
}

// compareItems compares a table with the items it must hold, each as canonicalJSON renders it.
func compareItems(t *testing.T, items []map[string]types.AttributeValue, want map[string]int) {
	t.Helper()
	problems := newProblems(t)
	for _, item := range items {
		text := canonical(item)
		if want[text]--; want[text] < 0 {
			problems.add("unexpected item %s", text)
		}
	}
	for text, n := range want {
		if n > 0 {
			problems.add("there is no item %s", text)
		}
	}
	if len(want) == 0 {
		problems.add("nothing to compare")
	}
	problems.report()
}

// TestDynamoDBStoppedMidStream: a DynamoDB that goes away between records is waited for. A table with a composite key
// has every record then, a table of latest states is the fold of its topic, deletes included.
func TestDynamoDBStoppedMidStream(t *testing.T) {
	const vehicles, keys = 40, 100
	kafka, dynamo := parts.Kafka(t), parts.DynamoDB(t)
	f := newFleet(t, kafka, "history", 2, vehicles)
	c := newChanges(t, kafka, "latest", 2)
	createSortedTable(t, dynamo, f.topic)
	createTable(t, dynamo, c.topic)
	f.produce(t, kafka.Addr, 0, 500)
	c.produce(t, kafka.Addr, 3*keys, keys)
	w := startWorker(t, kafka.Addr)
	w.create(dynamoBody("history", f.topic, dynamo.Endpoint, "value.vehicle_id", "value.seq", ""))
	w.create(dynamoBody("latest", c.topic, dynamo.Endpoint, "key:vehicle_id", "", `, "behavior.on.null.values": "DELETE"`))
	for _, name := range []string{"history", "latest"} {
		w.waitRunning(name, 1)
	}
	eventually(t, 30*time.Second, "first items", func() bool { return len(scanTable(t, dynamo.Endpoint, f.topic)) > 0 })
	f.produce(t, kafka.Addr, 500, 1200)
	c.produce(t, kafka.Addr, 8*keys, keys)
	dynamo.Stop()
	f.produce(t, kafka.Addr, 1200, 1600)
	c.produce(t, kafka.Addr, 7*keys+keys/2, keys)
	w.waitLogged("connector=history", "will retry", "retried for 1s")
	for _, name := range []string{"history", "latest"} {
		w.waitRunning(name, 1)
	}
	dynamo.Restart()
	eventually(t, time.Minute, "every record", func() bool { return len(scanTable(t, dynamo.Endpoint, f.topic)) == f.total() })
	for _, name := range []string{"history", "latest"} {
		waitLagZero(t, kafka, "connect-"+name)
		w.waitRunning(name, 1)
	}
	every := map[string]int{}
	for _, part := range f.values {
		for _, v := range part {
			every[canonicalJSON(fields(t, v))]++
		}
	}
	compareItems(t, scanTable(t, dynamo.Endpoint, f.topic), every)
	newest := map[string]int{}
	for key, v := range c.last() {
		m := fields(t, v)
		m["vehicle_id"] = key
		newest[canonicalJSON(m)]++
	}
	compareItems(t, scanTable(t, dynamo.Endpoint, c.topic), newest)
}
