package herder

import (
	"runtime/debug"
	"time"
)

// giveBackDelay is how long no task may have ended before memory is given back: connectors are often deleted in a row.
const giveBackDelay = 2 * time.Second

// giveBack returns the memory of ended tasks to the operating system. By itself the Go runtime keeps it for minutes,
// and a container limit or an autoscaler would see a worker that has nothing left to do as a full one.
func (h *Herder) giveBack() {
	defer h.goroutines.Done()
	for {
		select {
		case <-h.taskGone:
		case <-h.life.Done():
			return
		}
		if !h.quiet() {
			return
		}
		debug.FreeOSMemory()
	}
}

// quiet waits until no task has ended for a while; it is false when the worker ends first.
func (h *Herder) quiet() bool {
	timer := time.NewTimer(giveBackDelay)
	defer timer.Stop()
	for {
		select {
		case <-h.taskGone:
			timer.Reset(giveBackDelay)
		case <-timer.C:
			return true
		case <-h.life.Done():
			return false
		}
	}
}
