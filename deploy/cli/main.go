package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// impatience is how long after the first signal another one ends the process at once. Until then it is the same wish:
// timeout(1) and some supervisors signal the process and then its group.
const impatience = time.Second

// Main is the whole of a program: it executes the command line of the process until it is done or a signal asks for the
// end, and returns the exit code. The program has the sinks that its main package imports.
func Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	// Nothing else stops the listening: until the process has ended, a repeated signal is the same wish.
	context.AfterFunc(ctx, func() { time.AfterFunc(impatience, stop) })
	return Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
}
