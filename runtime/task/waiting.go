package task

import "sync"

// outages are what a task waits for at the moment: the sink, a registry or the dead letter queue, each by who waits.
type outages struct {
	mu      sync.Mutex
	order   []any // those that wait, longest first
	reasons map[any]string
	told    string
	tell    func(reason string)
}

// set notes why who waits, "" when it does not any more, and tells the reason of the one that has waited longest.
func (o *outages) set(who any, reason string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, waits := o.reasons[who]; !waits && reason == "" {
		return
	}
	if o.reasons == nil {
		o.reasons = map[any]string{}
	}
	if _, waits := o.reasons[who]; !waits {
		o.order = append(o.order, who)
	}
	if o.reasons[who] = reason; reason == "" {
		delete(o.reasons, who)
		o.order = without(o.order, who)
	}
	shown := ""
	if len(o.order) > 0 {
		shown = cut(o.reasons[o.order[0]])
	}
	if shown != o.told && o.tell != nil {
		o.tell(shown)
	}
	o.told = shown
}

func without(list []any, one any) []any {
	left := list[:0]
	for _, e := range list {
		if e != one {
			left = append(left, e)
		}
	}
	return left
}
