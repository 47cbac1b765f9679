package secrets

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// TestServiceThatDoesNotAnswerIsAskedOnce: connectors wait for it one after the other.
func TestServiceThatDoesNotAnswerIsAskedOnce(t *testing.T) {
	s, err := newService(map[string]string{"region": "eu-west-1"})
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	s.limit = time.Millisecond
	s.ask = func(ctx context.Context, _ aws.Config, _ string) (string, bool, error) {
		asked++
		<-ctx.Done()
		return "", false, ctx.Err()
	}
	for _, id := range []string{"a", "b", "c"} {
		if _, _, err := s.value(t.Context(), id, s.keep); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", id, err)
		}
	}
	if asked != 1 {
		t.Errorf("it was asked %d times", asked)
	}
	s.since = s.since.Add(-silentFor)
	s.ask = func(context.Context, aws.Config, string) (string, bool, error) { return "found", true, nil }
	if text, ok, err := s.value(t.Context(), "a", s.keep); text != "found" || !ok || err != nil {
		t.Errorf("when it is back: %q, %v", text, err)
	}
	// A caller that goes away says nothing about the service.
	gone, cancel := context.WithCancel(t.Context())
	s.limit = time.Minute
	s.ask = func(context.Context, aws.Config, string) (string, bool, error) {
		cancel()
		return "", false, gone.Err()
	}
	if _, _, err := s.value(gone, "d", s.keep); err == nil || s.silent != nil {
		t.Errorf("a caller went away: %v, %v", err, s.silent)
	}
}
