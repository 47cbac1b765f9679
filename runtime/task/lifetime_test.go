package task

import (
	"context"
	"errors"
	"testing"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/runtime/consume"
)

// TestEndIsAskedForOnce: reading ends at once, writing with the request's context, and everybody can see the request.
func TestEndIsAskedForOnce(t *testing.T) {
	l := newLifetime()
	if l.ending() || l.lost() {
		t.Fatal("a pipeline ends before it is asked to")
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	l.end(ctx, connectors.Revoked)
	for range 2 { // it can be seen any number of times
		<-l.asked()
	}
	if !l.ending() || l.lost() || l.writing.Err() != nil || l.request.reason != connectors.Revoked {
		t.Errorf("asked to end because of %v; writes end with %v", l.request.reason, l.writing.Err())
	}
	over := errors.New("the time is over")
	cancel(over)
	<-l.writing.Done()
	if !errors.Is(context.Cause(l.writing), over) {
		t.Errorf("writes end because of %v", context.Cause(l.writing))
	}
}

func TestLostEndsWritesAtOnce(t *testing.T) {
	l := newLifetime()
	l.end(t.Context(), connectors.Lost)
	if !l.lost() || !errors.Is(context.Cause(l.writing), consume.ErrLost) {
		t.Errorf("writes of a lost partition end with %v", context.Cause(l.writing))
	}
}
