package demo

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/sluice-connect/sluice/deploy/local/fleet"
	"github.com/sluice-connect/sluice/deploy/local/recount"
	"github.com/sluice-connect/sluice/deploy/local/stack"
)

const headerText = `{count} simulated vehicles -> Kafka -> one worker with three connectors -> S3, DynamoDB, Redis; all in this process.

{services}
Try, in another terminal:

  curl -s '{rest}/connectors?expand=status' | jq
  curl -s {rest}/connector-plugins | jq
  curl -s -X PUT {rest}/connectors/{state}/pause      # and /resume
  export AWS_ACCESS_KEY_ID={id} AWS_SECRET_ACCESS_KEY={secret} AWS_DEFAULT_REGION={region}
  aws --endpoint-url {s3} s3 ls --recursive s3://{bucket} | tail
  aws --endpoint-url {dynamodb} dynamodb get-item --table-name {table} --key '{"{hashkey}":{"S":"{vehicle}"}}'
  redis-cli -p {redisport} HGETALL {keyspace}{vehicle}

`

// header prints what runs where, and what to try.
func (r *run) header() {
	_, redisPort, _ := net.SplitHostPort(r.stack.RedisAddr) // an address that something listens on
	_, _ = strings.NewReplacer(
		"{count}", strconv.Itoa(vehicles), "{services}", r.services(), "{rest}", r.worker.base, "{state}", stateConnector,
		"{id}", stack.AccessKey, "{secret}", stack.SecretKey, "{region}", stack.Region,
		"{s3}", r.stack.S3URL, "{bucket}", stack.Bucket, "{dynamodb}", r.stack.DynamoDBURL, "{table}", stack.Table,
		"{hashkey}", stack.HashKey, "{vehicle}", fleet.VehicleID(6), "{redisport}", redisPort, "{keyspace}", recount.Keyspace,
	).WriteString(r.Out, headerText) // nobody to tell if the output is closed
}

func (r *run) services() string {
	data := r.stack.Dir
	if r.stack.Temporary {
		data += " (removed at the end)"
	}
	var b strings.Builder
	for _, row := range [][4]string{
		{"Kafka", r.stack.KafkaAddr, strings.Join([]string{fleet.Location, fleet.Status, fleet.Event}, ", "), "by kind of message"},
		{"S3", r.stack.S3URL, "bucket " + stack.Bucket, "every message, by connector " + lakeConnector},
		{"DynamoDB", r.stack.DynamoDBURL, "table " + stack.Table, "the newest status of each vehicle, by connector " + stateConnector},
		{"Redis", r.stack.RedisAddr, "hashes " + recount.Keyspace + "*", "the newest location of each vehicle, by connector " + liveConnector},
		{"REST API", r.worker.base, "the worker", "as Kafka Connect's"},
	} {
		fmt.Fprintf(&b, "  %-9s %-23s %s: %s\n", row[0], row[1], row[2], row[3])
	}
	fmt.Fprintf(&b, "  %-9s %s\n", "data", data)
	return b.String()
}

// printf writes to the user; a terminal that has gone away is no reason to stop.
func (r *run) printf(format string, args ...any) { _, _ = fmt.Fprintf(r.Out, format, args...) }
