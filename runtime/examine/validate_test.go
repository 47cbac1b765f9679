package examine

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/runtime"
)

func TestValidate(t *testing.T) {
	x := newExaminer()
	infos, err := x.Validate(t.Context(), "FakeSink", valid("name", "a", "secret", "hunter2", "size", "0", "consumer.override.x", "1"))
	must(t, err)
	if infos.Name != fakeClass || infos.ErrorCount != 1 || !reflect.DeepEqual(infos.Groups, []string{"Common", "Transforms", "Predicates", "Error Handling"}) {
		t.Errorf("%s %d %v", infos.Name, infos.ErrorCount, infos.Groups)
	}
	names := map[string]runtime.ConfigInfo{}
	for i, c := range infos.Configs {
		names[c.Value.Name] = c
		if i == 0 && c.Value.Name != "name" {
			t.Errorf("first is %s", c.Value.Name)
		}
		if text := fmt.Sprintf("%+v", c); strings.Contains(text, "hunter2") || (c.Value.Value != nil && strings.Contains(*c.Value.Value, "hunter2")) {
			t.Errorf("a secret is shown: %s", text)
		}
	}
	if c := names["size"]; *c.Value.Value != "0" || len(c.Value.Errors) != 1 || c.Definition.Order != -1 || c.Definition.Group != nil {
		t.Errorf("size: %+v", c)
	}
	if c := names["key.converter"]; *c.Value.Value != fakeConv || *c.Definition.DefaultValue != fakeConv || len(c.Value.RecommendedValues) == 0 {
		t.Errorf("key.converter: %+v", c)
	}
	if c := names["consumer.override.x"]; c.Definition != nil || *c.Value.Value != "1" {
		t.Errorf("override: %+v", c)
	}
	for plugin, want := range map[string]string{"Other": "Included connector type " + fakeClass + " does not match request type Other"} {
		if _, err := x.Validate(t.Context(), plugin, valid()); err == nil || err.Error() != want {
			t.Errorf("%s: %v", plugin, err)
		}
	}
	if _, err := x.Validate(t.Context(), "FakeSink", runtime.RawConfig{}); kindOf(err) != runtime.BadRequest {
		t.Errorf("without a class: %v", err)
	}
}
