// Command sluice is a Kafka Connect worker for sinks in one static binary.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/sluice-connect/sluice/deploy/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	code := cli.Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
