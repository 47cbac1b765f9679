package metrics

import "sync/atomic"

// starts counts how starts of connectors or tasks ended.
type starts struct {
	successes, failures atomic.Int64
	results             sampled // 1 for a success, 0 for a failure
}

func (s *starts) note(now int64, ok bool) {
	if ok {
		s.successes.Add(1)
		s.results.record(now, 1)
	} else {
		s.failures.Add(1)
		s.results.record(now, 0)
	}
}
