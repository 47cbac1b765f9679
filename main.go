// Command sluice is a Kafka Connect worker for sinks in one static binary.
package main

import (
	"os"

	_ "github.com/sluice-connect/sluice/connectors/all" // the program has every sink
	"github.com/sluice-connect/sluice/deploy/cli"
)

func main() { os.Exit(cli.Main()) }
