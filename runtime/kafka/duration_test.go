package kafka

import (
	"testing"
	"time"
)

func TestResetDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"PT1H": time.Hour, "p1dt2h3m4.5s": 26*time.Hour + 3*time.Minute + 4500*time.Millisecond, "P2D": 48 * time.Hour, "PT0S": 0,
		"-PT-5M": 5 * time.Minute, "PT1H-30M": 30 * time.Minute, "PT+1,5S": 1500 * time.Millisecond,
	} {
		if got, counts, err := ResetDuration("by_duration:" + text); !counts || err != nil || got != want {
			t.Errorf("%s: %s %t %v", text, got, counts, err)
		}
	}
	for _, text := range []string{"", "P", "PT", "P1DT", "1h", "PT1", "P1Y", "PT-1S", "-PT1S", "P99999999D", "PT1M1H"} {
		if got, counts, err := ResetDuration("by_duration:" + text); !counts || err == nil {
			t.Errorf("%s: %s %t", text, got, counts)
		}
	}
	if _, counts, err := ResetDuration("latest"); counts || err != nil {
		t.Error(counts, err)
	}
}
