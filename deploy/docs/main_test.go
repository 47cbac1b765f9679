package main

import (
	"strings"
	"testing"
)

func TestFillReplacesWhatStandsBetweenTheMarkers(t *testing.T) {
	got, err := fill([]byte("a\n"+begin+"old\n"+end+"\nz\n"), "new\n")
	if want := "a\n" + begin + "new\n" + end + "\nz\n"; err != nil || string(got) != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	if _, err := fill([]byte("no markers"), "new"); err == nil {
		t.Error("a page without markers was accepted")
	}
}

func TestPagesHoldWhatTheyAreFor(t *testing.T) {
	all := pages()
	for name, want := range map[string]string{
		"worker.md":     "| `plugin.path` | string | null | low | **Ignored:**",
		"connectors.md": "| `errors.tolerance` | string | `none` |",
		"converters.md": "| `schemas.enable` | boolean | `true` |",
		"rest.md":       "| PUT | `/connectors/{connector}/config` |",
		"metrics.md":    "kafka_connect_",
		"clients.md":    "| `max.poll.records` | int | `500` |",
	} {
		if !strings.Contains(all[name], want) {
			t.Errorf("%s has no %s", name, want)
		}
	}
	if strings.Contains(all["connectors.md"], "<code>") || strings.Contains(all["connectors.md"], "| `file` |") {
		t.Error("connectors.md holds HTML or keys of one sink")
	}
}
