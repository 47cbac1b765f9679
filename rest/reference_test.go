package rest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// anyRoute are the statuses that the page names once for all routes.
var anyRoute = []string{"400", "403", "405", "406", "413", "415", "500", "503"}

// TestReferenceKnowsTheRecordedStatuses: what the real worker answers to a request that it understands stands on the page.
func TestReferenceKnowsTheRecordedStatuses(t *testing.T) {
	files, err := filepath.Glob("testdata/golden/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	seen := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var golden goldenFile
		if err := json.Unmarshal(text, &golden); err != nil {
			t.Fatal(err)
		}
		for _, scenario := range golden.Scenarios {
			for _, step := range scenario.Steps {
				if r := routeOf(step); r != nil && len(step.Want) > 0 {
					seen[r.method+r.path] = true
					checkStatuses(t, scenario.ID+"/"+step.Case, r, step.Want)
				}
			}
		}
	}
	for _, r := range new(api).routes() {
		if r.doc == "" || r.statuses == "" {
			t.Errorf("%s %s is not described", r.method, r.path)
		}
	}
	if len(seen) < 20 {
		t.Errorf("recorded answers were found for %d routes only", len(seen))
	}
}

// checkStatuses wants one of the recorded statuses, which may come from two kinds of workers, on the page.
func checkStatuses(t *testing.T, step string, r *route, want []goldenAnswer) {
	t.Helper()
	for _, answer := range want {
		status := strconv.Itoa(answer.Status)
		if strings.Contains(r.statuses, status) || strings.Contains(strings.Join(anyRoute, " "), status) {
			return
		}
	}
	t.Errorf("%s: %s %s answers %d, and the reference says %s", step, r.method, r.path, want[0].Status, r.statuses)
}

func routeOf(step goldenStep) *route {
	method := step.Method
	if method == "" {
		method = "GET"
	}
	for _, r := range new(api).routes() {
		pattern := r.path
		for _, parameter := range []string{":connector", ":task", ":plugin", ":logger"} {
			pattern = strings.ReplaceAll(pattern, parameter, "*")
		}
		if ok, err := filepath.Match(pattern, step.Path); err == nil && ok && r.method == method {
			return &r
		}
	}
	return nil
}
