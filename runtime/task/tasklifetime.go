package task

import "context"

// taskLifetime is how long a task may do what. Each context ends with the one before it.
type taskLifetime struct {
	hard  context.Context // of everything
	kill  context.CancelFunc
	asked context.Context // until the task is asked to stop
	ask   context.CancelFunc
	soft  context.Context // of the start, until the task is asked to stop or fails; afterwards the consumer is stopped
	stop  context.CancelFunc
	done  chan struct{} // closed when the task has ended
}

func newTaskLifetime() taskLifetime {
	l := taskLifetime{done: make(chan struct{})}
	l.hard, l.kill = context.WithCancel(context.Background())
	l.asked, l.ask = context.WithCancel(l.hard)
	l.soft, l.stop = context.WithCancel(l.asked)
	return l
}
