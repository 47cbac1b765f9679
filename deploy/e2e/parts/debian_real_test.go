//go:build real

package parts

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

// TestDebianServer starts a server as a sink for a new service would.
func TestDebianServer(t *testing.T) {
	d := Debian(t, Server{
		Package: "redis-server",
		Prepare: [][]string{{"touch", "{dir}/prepared"}},
		Command: []string{"redis-server", "--port", "{port}", "--dir", "{dir}", "--bind", "127.0.0.1"},
		User:    "nobody",
		Ready:   func(ctx context.Context, addr string) error { return pongs(addr)(ctx) },
	})
	if _, err := os.Stat(filepath.Join(d.Dir, "prepared")); err != nil {
		t.Error(err)
	}
	pid := d.Pid()
	d.Restart()
	if d.Pid() == pid {
		t.Error("it was not started again")
	}
	if err := pongs(d.Addr)(t.Context()); err != nil {
		t.Error(err)
	}
}
