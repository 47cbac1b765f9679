package all

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/connectors"
)

// shape is what the folder of every sink holds.
var shape = []string{"config.go", "connector.go", "task.go", "writer.go", "README.md", "example.json"}

// folders are the imported sinks.
func folders(t *testing.T) []string {
	t.Helper()
	source, err := os.ReadFile("all.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for line := range strings.Lines(string(source)) {
		if _, path, ok := strings.Cut(line, `_ "github.com/sluice-connect/sluice/connectors/`); ok {
			name, _, _ := strings.Cut(path, `"`)
			names = append(names, name)
		}
	}
	return names
}

func TestEverySinkHasTheSameShape(t *testing.T) {
	if len(folders(t)) == 0 {
		t.Fatal("no sink is imported")
	}
	for _, folder := range folders(t) {
		for _, name := range shape {
			if _, err := os.Stat(filepath.Join("..", folder, name)); err != nil {
				t.Errorf("connectors/%s lacks %s", folder, name)
			}
		}
		readme, _ := os.ReadFile(filepath.Join("..", folder, "README.md"))
		begin, end := strings.Index(string(readme), "<!-- reference -->"), strings.Index(string(readme), "<!-- /reference -->")
		if begin < 0 || end < begin {
			t.Errorf("connectors/%s/README.md lacks the place for the reference", folder)
		}
	}
}

func TestEveryPluginIsDescribed(t *testing.T) {
	for _, p := range connectors.Plugins() {
		if p.TaskClass == "" || p.Connector == nil || len(p.Aliases) == 0 {
			t.Errorf("%s lacks a task class, a connector or a short name", p.Class)
		}
		for _, k := range p.Connector.Config().Keys() {
			doc := strings.TrimSpace(k.Doc)
			if doc == "" || !strings.HasSuffix(doc, ".") {
				t.Errorf("%s: the doc of key %s is no sentence", p.Class, k.Name)
			}
		}
	}
}

func TestExamplesAreValid(t *testing.T) {
	used := map[*connectors.Plugin]bool{}
	for _, folder := range folders(t) {
		path := filepath.Join("..", folder, "example.json")
		text, err := os.ReadFile(path)
		if err != nil {
			continue // TestEverySinkHasTheSameShape says so
		}
		var example struct {
			Name   string            `json:"name"`
			Config map[string]string `json:"config"`
		}
		if err := json.Unmarshal(text, &example); err != nil || example.Name == "" {
			t.Errorf("%s is no request to create a connector: %v", path, err)
			continue
		}
		p, ok := connectors.Lookup(example.Config["connector.class"])
		if !ok {
			t.Errorf("%s names the unknown class %q", path, example.Config["connector.class"])
			continue
		}
		used[p] = true
		if _, problems := p.Connector.Config().Parse(example.Config); len(problems) > 0 {
			t.Errorf("%s: %v", path, problems)
		}
	}
	if len(used) != len(folders(t)) {
		t.Errorf("%d sinks, but examples of %d", len(folders(t)), len(used))
	}
}
