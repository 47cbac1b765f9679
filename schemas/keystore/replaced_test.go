package keystore

import (
	"bytes"
	"crypto/tls"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestReplacedStores: whatever way a store is replaced, the next look finds it; one that is broken changes nothing.
func TestReplacedStores(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "store")
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link := func(to string) {
		t.Helper()
		_ = os.Remove(path)
		if err := os.Symlink(to, path); err != nil {
			t.Fatal(err)
		}
	}
	read := 0
	load := func() (*tls.Config, error) {
		read++
		data, err := os.ReadFile(path)
		if err != nil || strings.HasPrefix(string(data), "bad") {
			return nil, errors.Join(err, errors.New("it is broken"))
		}
		return &tls.Config{ServerName: string(data)}, nil
	}
	if _, err := Renewed([]string{path}, load, slog.New(slog.DiscardHandler)); err == nil {
		t.Fatal("a store that is not there is no error")
	}
	put(path, "one")
	var log bytes.Buffer
	conf, err := Renewed([]string{path}, load, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil || conf.ServerName != "one" {
		t.Fatalf("%v, %v", conf, err)
	}
	r := &renewal{files: []string{path}, load: load, log: slog.New(slog.NewTextHandler(&log, nil))}
	r.stamps = r.look()
	r.current.Store(conf)
	for _, step := range []struct {
		what string
		do   func()
		want string
		says int // errors that the log holds
	}{
		{"nothing", func() {}, "one", 0},
		{"written over", func() { put(path, "other") }, "other", 0},
		{"of the same size", func() {
			put(path, "OTHER")
			later := time.Now().Add(time.Minute)
			if err := os.Chtimes(path, later, later); err != nil {
				t.Fatal(err)
			}
		}, "OTHER", 0},
		{"renamed over", func() {
			put(path+".new", "three")
			if err := os.Rename(path+".new", path); err != nil {
				t.Fatal(err)
			}
		}, "three", 0},
		{"broken", func() { put(path, "bad") }, "three", 1},
		{"still broken", func() {}, "three", 1},
		{"away", func() { _ = os.Remove(path) }, "three", 2},
		{"mended", func() { put(path, "four") }, "four", 2},
		{"behind a link", func() { put(filepath.Join(dir, "v1"), "five"); link("v1") }, "five", 2},
		{"behind another link", func() { put(filepath.Join(dir, "v2"), "six!"); link("v2") }, "six!", 2},
	} {
		step.do()
		if got := r.config().ServerName; got != step.want || strings.Count(log.String(), "level=ERROR") != step.says {
			t.Errorf("%s: %q, want %q; the log: %s", step.what, got, step.want, log.String())
		}
	}
	r.every = time.Hour
	before := read
	put(path, "seven")
	if got := r.config().ServerName; got != "six!" || read != before {
		t.Errorf("within the hour: %q, read %d times more", got, read-before)
	}
}
