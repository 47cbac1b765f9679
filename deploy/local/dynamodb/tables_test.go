package dynamodb

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func TestWaitersAreContentAtOnce(t *testing.T) {
	f := start(t)
	f.table("events", "pk:S", "sk:N")
	in := &dynamodb.DescribeTableInput{TableName: aws.String("events")}
	if err := dynamodb.NewTableExistsWaiter(f.Client).Wait(t.Context(), in, time.Minute); err != nil {
		t.Fatal(err)
	}
	if _, err := f.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: in.TableName}); err != nil {
		t.Fatal(err)
	}
	if err := dynamodb.NewTableNotExistsWaiter(f.Client).Wait(t.Context(), in, time.Minute); err != nil {
		t.Fatal(err)
	}
}

func TestDescribeTable(t *testing.T) {
	f := start(t)
	f.table("events", "device:S", "at:N")
	for _, at := range []string{"1", "2", "3"} {
		if err := f.put("events", attrs{"device": str("d"), "at": num(at)}); err != nil {
			t.Fatal(err)
		}
	}
	out, err := f.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("events")})
	if err != nil {
		t.Fatal(err)
	}
	got := out.Table
	if got.TableStatus != types.TableStatusActive || *got.ItemCount != 3 || got.BillingModeSummary.BillingMode != types.BillingModePayPerRequest {
		t.Errorf("described as %v with %d items, %v", got.TableStatus, *got.ItemCount, got.BillingModeSummary)
	}
	if len(got.KeySchema) != 2 || *got.KeySchema[1].AttributeName != "at" || got.KeySchema[1].KeyType != types.KeyTypeRange {
		t.Errorf("key schema %v", got.KeySchema)
	}
}

func TestTableErrors(t *testing.T) {
	f := start(t)
	f.table("events", "pk:S")
	events, missing := aws.String("events"), aws.String("missing")
	hash := []types.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash}}
	pk := []types.AttributeDefinition{{AttributeName: aws.String("pk"), AttributeType: "S"}}
	create := func(in dynamodb.CreateTableInput) error { _, err := f.CreateTable(t.Context(), &in); return err }
	pay := types.BillingModePayPerRequest
	for _, c := range []struct {
		name, code, message string
		err                 error
	}{
		{"twice", "ResourceInUseException", "Table already exists: events", create(dynamodb.CreateTableInput{TableName: events, KeySchema: hash, AttributeDefinitions: pk, BillingMode: pay})},
		{"bad name", "ValidationException", "", create(dynamodb.CreateTableInput{TableName: aws.String("a b c"), KeySchema: hash, AttributeDefinitions: pk, BillingMode: pay})},
		{"untyped key", "ValidationException", "Hash Key not specified in Attribute Definitions.  Type unknown.", create(dynamodb.CreateTableInput{TableName: aws.String("third"), KeySchema: hash, AttributeDefinitions: []types.AttributeDefinition{}, BillingMode: pay})},
		{"index", "ValidationException", "GlobalSecondaryIndexes is not supported by this server", create(dynamodb.CreateTableInput{TableName: aws.String("third"), KeySchema: hash, AttributeDefinitions: pk, BillingMode: pay,
			GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{IndexName: aws.String("index"), KeySchema: hash, Projection: &types.Projection{}}}})},
		{"describe", "ResourceNotFoundException", "Requested resource not found: Table: missing not found", func() error {
			_, err := f.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: missing})
			return err
		}()},
		{"delete", "ResourceNotFoundException", "", func() error {
			_, err := f.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: missing})
			return err
		}()},
	} {
		t.Run(c.name, func(t *testing.T) { wantError(t, c.err, c.code, c.message) })
	}
}

func TestListTables(t *testing.T) {
	f := start(t)
	for _, name := range []string{"ddd", "aaa", "ccc"} {
		f.table(name, "pk:S")
	}
	out, err := f.ListTables(t.Context(), &dynamodb.ListTablesInput{})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"aaa", "ccc", "ddd"}; !slices.Equal(out.TableNames, want) || out.LastEvaluatedTableName != nil {
		t.Fatalf("listed %v", out.TableNames)
	}
}
