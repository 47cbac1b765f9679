package consume_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/sluice-connect/sluice/runtime/consume"
)

// journal keeps what is logged.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) line(with string) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	for line := range strings.Lines(j.text.String()) {
		if strings.Contains(line, with) {
			return line
		}
	}
	return ""
}

// TestCoordinatorThatIsNotReadyIsSaidOnce: a broker that is known by two names is asked twice and says the same.
func TestCoordinatorThatIsNotReadyIsSaidOnce(t *testing.T) {
	b := broker(t, map[string]int32{"t": 1})
	const findCoordinator, notAvailable = 10, 15
	b.ControlKey(findCoordinator, func(req kmsg.Request) (kmsg.Response, error, bool) {
		b.KeepControl()
		answer := req.ResponseKind().(*kmsg.FindCoordinatorResponse)
		answer.ErrorCode = notAvailable
		return answer, nil, true
	})
	log := &journal{}
	port := b.Addr[strings.LastIndexByte(b.Addr, ':'):]
	member(t, "127.0.0.1"+port+",localhost"+port, newCounter(), nil, func(c *consume.Config) { c.Logger = slog.New(slog.NewTextHandler(log, nil)) })
	const doing = "find the coordinator of group connect-test"
	eventually(t, "a log line about the coordinator", func() bool { return log.line(doing) != "" })
	if line := log.line(doing); strings.Count(line, doing) != 1 {
		t.Errorf("it is said more than once: %s", line)
	}
}
