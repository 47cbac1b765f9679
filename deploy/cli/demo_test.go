package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// runDemo runs a bounded demo and returns its exit code, the summary and all output.
func runDemo(t *testing.T, args ...string) (int, map[string]any, string) {
	t.Helper()
	var out, log bytes.Buffer
	code := Run(t.Context(), append([]string{"demo", "--any-ports"}, args...), &out, &log)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	var summary map[string]any
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &summary); err != nil {
		t.Fatalf("the last line is no summary: %v\n%s%s", err, out.String(), log.String())
	}
	return code, summary, out.String() + log.String()
}

func TestTheDemoDeliversEverythingOnce(t *testing.T) {
	code, summary, all := runDemo(t, "--records=8000", "--exit")
	if code != 0 || summary["records"] != 8000.0 || summary["differences"] != 0.0 || summary["lag"] != 0.0 {
		t.Errorf("exit code %d\n%s", code, all)
	}
}

func TestTheDemoFindsWhatIsDropped(t *testing.T) {
	code, summary, all := runDemo(t, "--records=4000", "--exit", "--inject=drop")
	if code != 1 || !strings.Contains(all, "veh-0001 is missing") {
		t.Errorf("exit code %d\n%s", code, all)
	}
	sinks, _ := summary["sinks"].(map[string]any)
	s3, _ := sinks["s3"].(map[string]any)
	if empty, _ := s3["wrong"].(float64); empty > 1 || summary["differences"] != 3+empty {
		t.Errorf("differences %v, want 3, and 1 more if the line was the only one of its object\n%s", summary["differences"], all)
	}
	for name, missing := range map[string]float64{"s3": 1, "dynamodb": 1, "redis": 1} {
		if sink, _ := sinks[name].(map[string]any); sink["missing"] != missing {
			t.Errorf("%s: %v", name, sinks[name])
		}
	}
}

func TestTheDemoDrainsWhenItIsStopped(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var out output
	code := make(chan int, 1)
	go func() { code <- Run(ctx, []string{"demo", "--any-ports", "--rate=200"}, &out, &out) }()
	for deadline := time.Now().Add(60 * time.Second); !strings.Contains(out.String(), "first record readable"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("nothing arrives\n%s", out.String())
		}
	}
	if strings.Contains(out.String(), "level=INFO") {
		t.Errorf("the worker's log stands between the lines of progress\n%s", out.String())
	}
	stop()
	if got := <-code; got != 0 || !strings.HasSuffix(strings.TrimSpace(out.String()), "lag 0") {
		t.Errorf("exit code %d\n%s", got, out.String())
	}
}
