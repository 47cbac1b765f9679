package herder

import (
	"sort"
	"strings"
	"sync"

	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/workerconfig"
)

// activeTopics are the topics that the tasks of a connector have read records of.
type activeTopics struct {
	mu    sync.RWMutex
	names map[string]bool
}

// add is called for every batch of records, so it must be cheap for a topic that is known.
func (a *activeTopics) add(topic string) {
	a.mu.RLock()
	known := a.names[topic]
	a.mu.RUnlock()
	if known {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.names == nil {
		a.names = map[string]bool{}
	}
	a.names[strings.Clone(topic)] = true
}

func (a *activeTopics) list() []string {
	a.mu.RLock()
	defer a.mu.RUnlock()
	list := make([]string, 0, len(a.names))
	for name := range a.names {
		list = append(list, name)
	}
	sort.Strings(list)
	return list
}

func (a *activeTopics) reset() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.names = nil
}

// ActiveTopics lists the topics a connector has used since it was created, the worker was started or the list was
// reset; none for a connector that does not exist.
func (h *Herder) ActiveTopics(name string) ([]string, error) {
	if err := h.tracking(); err != nil {
		return nil, err
	}
	h.mu.RLock()
	c := h.connectors[name]
	h.mu.RUnlock()
	if c == nil {
		return []string{}, nil
	}
	return c.topics.list(), nil
}

// ResetActiveTopics empties that list.
func (h *Herder) ResetActiveTopics(name string) error {
	if err := h.tracking(); err != nil {
		return err
	}
	if h.switchedOff(workerconfig.TopicTrackingReset) {
		return runtime.Errorf(runtime.Forbidden, "Topic tracking reset is disabled.")
	}
	h.mu.RLock()
	c := h.connectors[name]
	h.mu.RUnlock()
	if c != nil {
		c.topics.reset()
	}
	return nil
}

func (h *Herder) tracking() error {
	if h.switchedOff(workerconfig.TopicTracking) {
		return runtime.Errorf(runtime.Forbidden, "Topic tracking is disabled.")
	}
	return nil
}

func (h *Herder) switchedOff(key string) bool { return strings.EqualFold(h.opt.Worker[key], "false") }
