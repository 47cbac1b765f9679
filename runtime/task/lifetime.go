package task

import (
	"context"
	"errors"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/runtime/consume"
)

// errEnding says that the pipeline was asked to end in the middle of its work.
var errEnding = errors.New("pipeline is ending")

// lifetime is how long a pipeline may do what. It is asked to end once, from any goroutine.
type lifetime struct {
	writing context.Context // of writes; ends when the pipeline has to let go
	cancel  context.CancelCauseFunc
	reading context.Context // of opening and converting, of which nothing is kept; ends when the pipeline is asked to end
	refuse  context.CancelFunc
	request closeRequest  // why and until when; to be read after reading has ended
	done    chan struct{} // closed when the pipeline has ended
}

// closeRequest asks a pipeline to end.
type closeRequest struct {
	ctx    context.Context
	reason connectors.CloseReason
}

func newLifetime() lifetime {
	l := lifetime{done: make(chan struct{})}
	l.writing, l.cancel = context.WithCancelCause(context.Background())
	l.reading, l.refuse = context.WithCancel(l.writing)
	return l
}

// end asks the pipeline to end. Whatever it is writing may go on until ctx ends, not at all when the partition is lost.
func (l *lifetime) end(ctx context.Context, reason connectors.CloseReason) {
	l.request = closeRequest{ctx: ctx, reason: reason}
	l.refuse()
	if reason == connectors.Lost {
		l.cancel(consume.ErrLost)
	}
	context.AfterFunc(ctx, func() { l.cancel(context.Cause(ctx)) })
}

// asked is closed when the pipeline is asked to end.
func (l *lifetime) asked() <-chan struct{} { return l.reading.Done() }

// ending reports whether the pipeline was asked to end.
func (l *lifetime) ending() bool { return l.reading.Err() != nil }

// lost reports whether the partition belongs to somebody else.
func (l *lifetime) lost() bool { return errors.Is(context.Cause(l.writing), consume.ErrLost) }
