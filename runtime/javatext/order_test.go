package javatext

import (
	"slices"
	"testing"
)

// TestJavaOrder: as the Java worker 4.3.1 listed them, without those that share a place.
func TestJavaOrder(t *testing.T) {
	for _, want := range [][]string{
		{"decimal.format", "converter.type", "schemas.cache.size", "replace.null.with.default", "schemas.enable"},
		{"converter.type", "converter.encoding"},
		{"max.poll.records", "check.crcs", "isolation.level", "group.id", "fetch.min.bytes", "auto.offset.reset", "client.id"},
		{"metadata.max.age.ms", "max.poll.records", "request.timeout.ms", "group.id", "heartbeat.interval.ms", "retry.backoff.ms",
			"isolation.level", "fetch.min.bytes", "fetch.max.bytes", "max.poll.interval.ms", "session.timeout.ms", "auto.offset.reset", "client.id"},
	} {
		got := slices.Sorted(slices.Values(want))
		Order(got, func(name string) string { return name })
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
