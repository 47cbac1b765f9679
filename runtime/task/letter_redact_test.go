package task

import (
	"errors"
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/schemas"
)

// TestLettersShowReferences in place of what they stand for, in the headers that say what happened.
func TestLettersShowReferences(t *testing.T) {
	s := Spec{Connector: "a", Redact: strings.NewReplacer("canary.host", "${p:host}").Replace}
	e := &recordError{source: schemas.TopicPartition{Topic: "t"}, stage: StagePut, err: errors.New("write to canary.host: refused")}
	shown := 0
	for _, h := range contextHeaders(&s, e) {
		if strings.Contains(string(h.Value), "canary") {
			t.Errorf("%s: %s", h.Key, h.Value)
		}
		if strings.Contains(string(h.Value), "${p:host}") {
			shown++
		}
	}
	if shown != 2 {
		t.Errorf("%d headers name the reference", shown)
	}
}
