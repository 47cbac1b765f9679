package examine

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/redact"
)

// vaulted is an examiner whose provider v knows some keys and cannot read one.
func vaulted(values map[string]string) Examiner {
	x := newExaminer()
	x.References = func(_ context.Context, config map[string]string) (map[string]string, error) {
		out := maps.Clone(config)
		for key, text := range out {
			if strings.Contains(text, "${v:broken}") {
				return nil, errors.New("resolve ${v:broken}: no such file")
			}
			for name, value := range values {
				text = strings.ReplaceAll(text, "${v:"+name+"}", value)
			}
			out[key] = text
		}
		return out, nil
	}
	return x
}

func valueOf(t *testing.T, infos runtime.ConfigInfos, key string) runtime.ConfigValueInfo {
	t.Helper()
	for _, c := range infos.Configs {
		if c.Value.Name == key {
			return c.Value
		}
	}
	t.Fatalf("nothing about %s", key)
	return runtime.ConfigValueInfo{}
}

// TestAnswersShowReferences: neither values nor messages nor errors say what a reference stands for.
func TestAnswersShowReferences(t *testing.T) {
	x := vaulted(map[string]string{"secret": "canary-word", "one": "x1", "topic": "canary-topic", "class": "canary.Class"})
	for key, text := range map[string]string{"tasks.max": "${v:secret}", "size": "${v:one}", "errors.tolerance": "${v:secret}", "key.converter": "${v:class}",
		"errors.deadletterqueue.topic.name": "${v:topic}", "file": "a-${v:secret}/${v:topic}", "consumer.override.max.poll.records": "${v:secret}",
		"consumer.override.client.rack": "${v:secret}", "value.converter.schemas.enable": "${v:secret}", "topics.regex": "${v:secret}[", "secret": "${v:secret}",
		"connector.plugin.version": "${v:secret}", "header.converter": "${v:secret}", "transforms": "${v:secret}", "nobody.knows": "${v:secret}"} {
		infos, err := x.Validate(t.Context(), fakeClass, valid("name", "a", "topics", "${v:topic}", "value.converter", fakeConv, key, text))
		answer, _ := json.Marshal(infos)
		if said := string(answer) + errorText(err); strings.Contains(said, "canary") || strings.Contains(said, "x1") {
			t.Errorf("%s: %s", key, said)
		}
		if err == nil && key != "nobody.knows" {
			if got := valueOf(t, infos, key); got.Value == nil || *got.Value != text {
				t.Errorf("%s shows %v", key, got.Value)
			}
		}
		e, err := x.Examine(t.Context(), valid("name", "a", "topics", "${v:topic}", "value.converter", fakeConv, key, text))
		said := errorText(err)
		if e != nil {
			said += errorText(e.Invalid()) + strings.Join(e.Messages(), "\n")
			for _, p := range e.Problems() {
				said += p.Message
			}
		}
		if strings.Contains(said, "canary") || strings.Contains(said, "x1") {
			t.Errorf("%s: %s", key, said)
		}
	}
	_, err := x.Examine(t.Context(), valid("name", "a", "connector.class", "${v:class}"))
	if said := errorText(err); strings.Contains(said, "canary") || !strings.Contains(said, "${v:class}") {
		t.Errorf("an unknown class: %s", said)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestDanglingReferencesAreFindings of a validation under their keys, and refuse no connector.
func TestDanglingReferencesAreFindings(t *testing.T) {
	x := vaulted(map[string]string{"topic": "canary"})
	for text, want := range map[string]string{"${v:unset}": "${v:unset} stands for nothing", "${nobody:x}": "${nobody:x} stands for nothing",
		"${v:topic}/${v:unset}": "${v:unset} stands for nothing", "${v:broken}": "no such file"} {
		for _, key := range []string{"file", "nobody.knows"} {
			infos, err := x.Validate(t.Context(), fakeClass, valid("name", "a", key, text, "topics", "${v:topic}"))
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			got := valueOf(t, infos, key)
			if len(got.Errors) != 1 || !strings.Contains(got.Errors[0], want) || got.Value == nil || *got.Value != text || infos.ErrorCount != 1 {
				t.Errorf("%s: %s: %+v, %d errors", key, text, got, infos.ErrorCount)
			}
			if topics := valueOf(t, infos, "topics"); len(topics.Errors) != 0 || *topics.Value != "${v:topic}" {
				t.Errorf("topics: %+v", topics)
			}
		}
	}
	e, err := x.Examine(t.Context(), valid("name", "a", "file", "${v:unset}"))
	if err != nil || e.Invalid() != nil || len(e.Dangling()) != 1 || e.Dangling()[0].Key != "file" {
		t.Errorf("%+v, %v", e, err)
	}
	if _, err := x.Examine(t.Context(), valid("name", "a", "file", "${v:broken}")); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Error(err)
	}
}

func TestLookKnowsWhatEachReferenceStandsFor(t *testing.T) {
	x := vaulted(map[string]string{"user": "alice", "pass": "a:b@c"})
	found, err := x.Look(t.Context(), map[string]string{"url": "redis://${v:user}:${v:pass}@h", "plain": "$x ${y}"})
	if err != nil || found.Values["${v:user}"] != "alice" || found.Values["${v:pass}"] != "a:b@c" || len(found.Dangling) != 0 {
		t.Errorf("%+v, %v", found, err)
	}
	if got := redact.New(found.Values).Text("redis://alice:a:b@c@h refused a:b@c"); strings.Contains(got, "alice") || strings.Contains(got, "a:b@c") {
		t.Error(got)
	}
}
