// Package all is the list of the sinks in the binary.
package all

import (
	_ "github.com/sluice-connect/sluice/connectors/file"  // FileStreamSink
	_ "github.com/sluice-connect/sluice/connectors/redis" // Redis
)
