package examine

import (
	"errors"
	"testing"

	"github.com/sluice-connect/sluice/runtime"
)

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
		if _, err := parseVersionRange(text); !refused(err) {
			t.Errorf("%s was taken", text)
		}
	}
}

func refused(err error) bool {
	var e *runtime.Error
	return errors.As(err, &e) && e.Kind == runtime.BadRequest
}
