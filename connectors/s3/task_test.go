package s3

import (
	"slices"
	"testing"

	"github.com/sluice-connect/sluice/connectors"
)

func TestFlushSize(t *testing.T) {
	b := newBench(t, nil)
	w := b.writer(b.task())
	mustWrite(t, w, records(0, 25))
	if first, any := w.Pending(); first != 20 || !any {
		t.Errorf("pending %d, %v", first, any)
	}
	want := []string{"topics/trips/partition=3/trips+3+0000000000.json", "topics/trips/partition=3/trips+3+0000000010.json"}
	objects := b.objects()
	if got := keys(objects); !slices.Equal(got, want) {
		t.Errorf("objects %v", got)
	}
	if got := objects[want[0]]; got[:18] != "{\"n\":0}\n{\"n\":1}\n{\"" {
		t.Errorf("content %q", got)
	}
	closeWriter(t, w, connectors.Stopping)
	if first, any := w.Pending(); first != 20 || !any {
		t.Errorf("pending after close %d, %v", first, any)
	}
	if n := len(b.objects()); n != 2 {
		t.Errorf("%d objects after close", n)
	}
}
