// Command ownsink is a worker with a sink that is not part of Sluice.
package main

import (
	"os"

	_ "github.com/sluice-connect/sluice/connectors/all" // the sinks of Sluice; or import only those you want
	"github.com/sluice-connect/sluice/deploy/cli"
	_ "github.com/sluice-connect/sluice/deploy/examples/ownsink/webhook" // and your own
)

func main() { os.Exit(cli.Main()) }
