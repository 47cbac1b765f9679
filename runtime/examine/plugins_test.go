package examine

import (
	"reflect"
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/runtime"
)

func TestPlugins(t *testing.T) {
	x := newExaminer()
	want := []runtime.PluginInfo{{Class: fakeClass, Type: "sink", Version: "v"}, {Class: fakeConv, Type: "converter", Version: "9"},
		{Class: fakeConv, Type: "header_converter", Version: "9"}}
	if got := x.Plugins(false); !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
	if got := x.Plugins(true); !reflect.DeepEqual(got, want[:1]) {
		t.Errorf("%v", got)
	}
	keys, err := x.PluginConfig("FakeSink", "latest")
	if err != nil || keys[0].Name != "file" || keys[3].Name != "name" {
		t.Errorf("%v %v", keys, err)
	}
	if _, err := x.PluginConfig("FakeConverter", "latest"); err != nil {
		t.Error(err)
	}
	if _, err := x.PluginConfig("Fake", ""); kindOf(err) != runtime.BadRequest || !strings.HasSuffix(err.Error(), " not found that matches the version range [,], available versions: [9, 9]") {
		t.Error(err)
	}
	if _, err := x.PluginConfig("nope", "[5,4]"); kindOf(err) != runtime.BadRequest || err.Error() != "Invalid version specification: [5,4]" {
		t.Error(err)
	}
	if _, err := x.PluginConfig("Principal", "latest"); kindOf(err) != runtime.BadRequest || !strings.HasPrefix(err.Error(), "Invalid plugin class Principal. Valid types are sink, ") {
		t.Error(err)
	}
	if _, err := x.PluginConfig("nope", ""); kindOf(err) != runtime.NotFound || err.Error() != "Unknown plugin nope." {
		t.Error(err)
	}
}

func TestClassNames(t *testing.T) {
	for _, name := range []string{fakeClass, "FakeSinkConnector", "FakeSink"} {
		if p, err := LookupConnector(name); err != nil || p.Class != fakeClass {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"", " " + fakeClass, "Fake", "fakesink", fakeConv} {
		_, err := LookupConnector(name)
		if want := "Failed to find any class that implements Connector and which name matches " + name + ", available connectors are: "; kindOf(err) != runtime.BadRequest || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestVersionRanges(t *testing.T) {
	for text, want := range map[string][3]bool{ // of 1.0, 1.5.2, 2.0
		"": {}, "(,)": {true, true, true}, "[,2)": {true, true, false}, "latest": {true, true, true}, "[1,2],[3,4]": {true, true, true}, "[0,1),[1.2,1.6)": {false, true, false}, "1.0": {true, false, false}, "[1.0,2.0)": {true, true, false},
		"(1.0,2.0]": {false, true, true}, "[1.5,)": {false, true, true}, "(,1.5]": {true, false, false}, "[2]": {false, false, true},
	} {
		r, err := parseVersionRange(text)
		if got := [3]bool{r.contains("1.0"), r.contains("1.5.2"), r.contains("2.0")}; err != nil || got != want {
			t.Errorf("%s: %v %v", text, got, err)
		}
	}
	for _, text := range []string{"[1.0", "1.0]", "[2,1]", "[1,3],[2,4]", "[1,2]3", "(1)", "[1,2]3,"} {
		if _, err := parseVersionRange(text); kindOf(err) != runtime.BadRequest || err == nil {
			t.Errorf("%s was taken", text)
		}
	}
}
