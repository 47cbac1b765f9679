package inflight

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas/crash"
	"github.com/sluice-connect/sluice/schemas/pace"
)

// Target is where a batcher sends its requests: a table, an index, a queue. Name, MaxItems, MaxBytes, Requests, Send and
// Judge are needed.
type Target struct {
	// Name names the target in error texts: "table events".
	Name string
	// MaxItems and MaxBytes (of bodies) bound a request. A single item may exceed MaxBytes.
	MaxItems, MaxBytes int
	// Requests is how many may be in flight at a time.
	Requests int
	// Linger is how long an incomplete request waits for more items; 0: not at all.
	Linger time.Duration
	// Patience is how long trouble may last before it is told to the runtime, as Retriable, so that people see it; it is told
	// again after as long, but at least a second. Sending goes on all the time.
	Patience time.Duration
	// Timeout bounds a call of Send; 0 means 30 seconds.
	Timeout time.Duration
	// Backoff is the wait before a request is sent again; zero means from 50 ms to 5 s, with the second half by chance.
	Backoff pace.Backoff
	// Send sends one request, at most MaxItems items of different keys, and returns when the service answered or ctx ended.
	// Batchers call it from many goroutines. Items whose positions it returns as left are sent again, all others
	// are safe; err may then say why they were left. An error without left is about the request as a whole, and
	// any of its items may have been written or not.
	Send func(ctx context.Context, items []Item) (left []int, err error)
	// Judge says what an error about a whole request means: Later sends it again, Refused sends its halves until single
	// items are refused, and Hopeless fails all writers of the target.
	Judge func(err error) connectors.Verdict
	// Explain words what the runtime is told of an error that Judge calls Refused or Hopeless; nil leaves it as it is.
	Explain func(err error) error
}

// Item is one change of a request: the newest of its key.
type Item struct {
	// Key is what Put or Delete was given.
	Key string
	// Remove is set by Delete.
	Remove bool
	// Body is what Put or Delete was given. It must not be changed.
	Body []byte

	owner *progress
}

const defaultTimeout = 30 * time.Second

var (
	defaultBackoff = pace.Backoff{First: 50 * time.Millisecond, Max: 5 * time.Second, Low: 0.5, High: 1}
	errLeft        = errors.New("the service left items undone")
)

func (t Target) withDefaults() Target {
	if t.Timeout == 0 {
		t.Timeout = defaultTimeout
	}
	if t.Backoff == (pace.Backoff{}) {
		t.Backoff = defaultBackoff
	}
	if t.Explain == nil {
		t.Explain = func(err error) error { return err }
	}
	return t
}

// send calls Send. A panic in it fails the task and not the process.
func (t *Target) send(ctx context.Context, items []Item) (left []int, err error) {
	ctx, cancel := context.WithTimeout(ctx, t.Timeout)
	defer cancel()
	err = crash.Guard(func() (err error) {
		left, err = t.Send(ctx, items)
		return err
	})
	if crash.In(err) != nil {
		return nil, fmt.Errorf("send %d items to %s: %w", len(items), t.Name, err)
	}
	if len(left) > 0 && err == nil {
		err = errLeft
	}
	return left, err
}

// judge asks about every error but a caught panic.
func (t *Target) judge(err error) connectors.Verdict {
	if crash.In(err) != nil {
		return connectors.Hopeless
	}
	return t.Judge(err)
}
