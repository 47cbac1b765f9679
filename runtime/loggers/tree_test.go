package loggers

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

func TestLevelsDecideWhatIsPrinted(t *testing.T) {
	var out bytes.Buffer
	tree := New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.Level(-100)}))
	herder := tree.Logger("org.example.runtime.Herder")
	tasks := tree.Logger("org.example.runtime.Task").With("task", 1).WithGroup("g")
	rest := tree.Logger("org.example.rest")
	say := func() string {
		out.Reset()
		for _, l := range []*slog.Logger{herder, tasks, rest} {
			l.Debug("d")
			l.Info("i")
			l.Error("e")
		}
		var said []string
		for line := range strings.SplitSeq(out.String(), "\n") {
			if _, after, ok := strings.Cut(line, "msg="); ok {
				said = append(said, after[:1])
			}
		}
		return strings.Join(said, "")
	}
	for _, step := range []struct{ name, level, want string }{
		{"", "", "ieieie"},
		{"org.example.runtime", "debug", "diedieie"},
		{"org.example.runtime.Task", "OFF", "dieie"},
		{"org.example", "ERROR", "eee"},
		{"ROOT", "all", "diediedie"},
		{"org.example.run", "OFF", "die"},
	} {
		if step.name != "" {
			if _, ok := tree.Set(step.name, step.level); !ok {
				t.Fatal(step)
			}
		}
		if got := say(); got != step.want {
			t.Errorf("after %s=%s: %s, want %s", step.name, step.level, got, step.want)
		}
	}
}

func TestATreeStartsNoLouderThanItsHandler(t *testing.T) {
	for level, want := range map[slog.Level]string{slog.LevelDebug: "INFO", slog.LevelInfo: "INFO", slog.LevelWarn: "WARN"} {
		tree := New(slog.NewTextHandler(&bytes.Buffer{}, &slog.HandlerOptions{Level: level}))
		if got := tree.Levels()[Root].Name; got != want {
			t.Errorf("over a handler of level %s: %s, want %s", level, got, want)
		}
	}
	tree := New(slog.NewTextHandler(&bytes.Buffer{}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if tree.Logger("a").Enabled(t.Context(), slog.LevelInfo) {
		t.Error("a logger prints what its handler does not want")
	}
}

func TestSetNamesWhatChanged(t *testing.T) {
	tree := New(slog.DiscardHandler)
	tree.Logger("a.b")
	for _, step := range []struct{ name, level, want string }{
		{"x.y", "INFO", ""}, {"x.y", "info", ""}, {"x.y", " Warn\n", "x.y"}, {"x", "DEBUG", "x x.y"}, {"x.yy", "DEBUG", ""},
		{"x.y", "OFF", "x.y x.yy"}, {"x.y", "off", "x.y x.yy"}, {"root", "INFO", "x x.y x.yy"}, {"a", "WARN", "a a.b"},
	} {
		changed, ok := tree.Set(step.name, step.level)
		if got := strings.Join(changed, " "); !ok || got != step.want {
			t.Errorf("%s=%s changed %q, want %q", step.name, step.level, got, step.want)
		}
	}
	if _, ok := tree.Set("x", "LOUD"); ok {
		t.Error("an unknown level was taken")
	}
	if l, ok := tree.Level("a.b"); !ok || l.Name != "WARN" || l.Modified.IsZero() {
		t.Error(l, ok)
	}
	if l, ok := tree.Level("Root"); !ok || l.Name != "INFO" || !l.Modified.IsZero() {
		t.Error(l, ok)
	}
	if _, ok := tree.Level("nobody"); ok {
		t.Error("an unknown logger was found")
	}
	if n := len(tree.Levels()); n != 6 {
		t.Error(n)
	}
}
