// Package all is the list of the sinks in the binary.
package all

import (
	_ "github.com/sluice-connect/sluice/connectors/dynamodb" // DynamoDB
	_ "github.com/sluice-connect/sluice/connectors/file"     // FileStreamSink
	_ "github.com/sluice-connect/sluice/connectors/redis"    // Redis
	_ "github.com/sluice-connect/sluice/connectors/s3"       // S3
)
