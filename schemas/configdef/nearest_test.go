package configdef

import (
	"slices"
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	keys := []string{"flush.size", "size", "topics", "topics.regex", "tasks.max", "errors.tolerance", "errors.log.enable", "value.converter"}
	for name, want := range map[string]string{
		"flush.sise": "flush.size", "flush.szie": "flush.size", "flus.size": "flush.size", "flush.sizes": "flush.size", "Flush.Size": "flush.size",
		"topic": "topics", "topics.regexp": "topics.regex", "task.max": "tasks.max", "sizee": "size", "tsize": "size",
		"error.tolerence": "errors.tolerance", "errors.tolarence": "errors.tolerance", "value.convertor": "value.converter",
		// not close
		"": "", "x": "", "file": "", "sites": "", "canary": "", "confluent.license": "", "max.tasks": "", "flush.interval.ms": "", "error.log": "",
	} {
		if got := Nearest(name, keys); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	if got := Nearest("sizes", []string{"sides", "size", "size"}); got != "sides" {
		t.Errorf("of two that are as near %q comes first", got)
	}
	if got := Nearest("a.size", []string{"b.sizes", "a.sizes"}); got != "a.sizes" {
		t.Errorf("%q is not the nearest", got)
	}
	if got := Nearest(strings.Repeat("x", 1<<20), keys); got != "" {
		t.Errorf("a long name is near %q", got)
	}
}

func TestFindNearestEndsSomewhere(t *testing.T) {
	names := slices.Repeat([]string{"topic"}, mostNearest+1)
	list := FindNearest(names, []string{"topics"})
	if len(list) != len(names) || list[mostNearest-1].String() != "topic (did you mean topics?)" || list[mostNearest].String() != "topic" {
		t.Errorf("%v", list)
	}
}

func TestNamesAreThoseThatHaveAnEffect(t *testing.T) {
	d := New(Key{Name: "a", Type: Int}, Key{Name: "b", Type: Int, Internal: true}, Key{Name: "c", Type: Int, Ignored: true})
	if got := d.Names(); !slices.Equal(got, []string{"a"}) {
		t.Errorf("%q", got)
	}
}
