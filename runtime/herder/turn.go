package herder

import (
	"context"
	"fmt"
	"time"

	"github.com/sluice-connect/sluice/runtime"
)

// turn is a lock that can be waited for within a context.
type turn chan struct{}

func newTurn() turn { return make(turn, 1) }

// within takes the lock, or returns the error of ctx.
func (t turn) within(ctx context.Context) error {
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stage is what the herder is doing.
type stage struct {
	what  string
	began time.Time
}

// begin takes the change lock, unless the worker is closing; the caller ends it.
func (h *Herder) begin(what string) error {
	h.take(what)
	if h.closing {
		h.end()
		return runtime.Errorf(runtime.Unavailable, "Worker is shutting down")
	}
	return nil
}

func (h *Herder) take(what string) {
	h.change <- struct{}{}
	h.doing.Store(&stage{what: what, began: time.Now()})
}

func (h *Herder) end() {
	h.doing.Store(nil)
	<-h.change
}

// Responsive returns nil when the herder could take on a change now, and else, when ctx ends, what it is busy with.
func (h *Herder) Responsive(ctx context.Context) error {
	if err := h.change.within(ctx); err != nil {
		return runtime.Errorf(runtime.Internal, "%s", h.Stage())
	}
	<-h.change
	return nil
}

// Stage says what the herder is doing, "" when it does nothing.
func (h *Herder) Stage() string {
	s := h.doing.Load()
	if s == nil {
		return ""
	}
	return fmt.Sprintf("The worker is currently %s, which began at %s.", s.what, s.began.UTC().Format("2006-01-02T15:04:05.000000Z"))
}
