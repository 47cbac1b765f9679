package dynamodb

import (
	"bytes"
	"cmp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func stringValue(s string) value { return value{kind: "S", text: s} }

var keyTexts = rapid.StringOf(rapid.RuneFrom([]rune{0, 1, 2, 'a', 'b', 0xfe, 0xff}))

func TestKeysOrderByHashThenRange(t *testing.T) {
	table := &table{Keys: []keyAttribute{{"pk", "S"}, {"sk", "S"}}}
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) item {
			return item{"pk": stringValue("p" + keyTexts.Draw(t, name+" hash")), "sk": stringValue("s" + keyTexts.Draw(t, name+" range"))}
		}
		a, b := draw("a"), draw("b")
		want := cmp.Or(strings.Compare(a["pk"].text, b["pk"].text), strings.Compare(a["sk"].text, b["sk"].text))
		if got := bytes.Compare(table.itemKey(a), table.itemKey(b)); got != want {
			t.Fatalf("keys order %d, want %d", got, want)
		}
	})
}

func TestBeyondIsPastEveryContinuation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		prefix := append([]byte{0x40}, rapid.SliceOf(rapid.Byte()).Draw(t, "prefix")...)
		tail := rapid.SliceOf(rapid.Byte()).Draw(t, "tail")
		if bytes.Compare(append(bytes.Clone(prefix), tail...), beyond(prefix)) >= 0 {
			t.Fatalf("%x with %x is not below %x", prefix, tail, beyond(prefix))
		}
	})
}
