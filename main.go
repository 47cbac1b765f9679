// Command sluice is a Kafka Connect worker for sinks in one static binary.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/sluice-connect/sluice/deploy/cli"
)

// impatience is how long after the first signal another one ends the process at once. Until then it is the same wish:
// timeout(1) and some supervisors signal the process and then its group.
const impatience = time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, func() { time.AfterFunc(impatience, stop) })
	os.Exit(cli.Run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}
