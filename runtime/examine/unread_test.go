package examine

import (
	"fmt"
	"testing"
)

func TestUnreadNamesWhatWasMeant(t *testing.T) {
	for name, c := range map[string]struct{ config, want string }{
		"of the class":     {"sise", "[sise (did you mean size?)]"},
		"of every sink":    {"errors.tolerence", "[errors.tolerence (did you mean errors.tolerance?)]"},
		"of the converter": {"value.convertor.schemas.enable", "[value.convertor.schemas.enable (did you mean value.converter.schemas.enable?)]"},
		"nothing near":     {"confluent.license", "[confluent.license]"},
		"read":             {"size", "[]"},
		"read by a client": {"consumer.override.max.pol.records", "[]"},
	} {
		e, err := newExaminer().Examine(t.Context(), valid("name", "a", "value.converter", fakeConv, c.config, "1"))
		must(t, err)
		if got := fmt.Sprint(e.Unread()); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		if err := e.Invalid(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
