package connectorconfig

import (
	"strings"
	"testing"
)

// TestErrorsAreAllOfThem: a key of errors.* that users are shown and that tasks do not read would be a broken promise.
func TestErrorsAreAllOfThem(t *testing.T) {
	for _, k := range All.Keys() {
		if _, read := Errors.Key(k.Name); read != strings.HasPrefix(k.Name, "errors.") {
			t.Errorf("%s is among the keys of errors: %v", k.Name, read)
		}
	}
}

func TestPatternsThatAreNone(t *testing.T) {
	_, problems := Subscription.Parse(map[string]string{TopicsRegex: "a("})
	if len(problems) != 1 || problems[0].Message != "Invalid value a( for configuration topics.regex: Invalid regex: Unclosed group near index 2\na(" {
		t.Errorf("%v", problems)
	}
}
