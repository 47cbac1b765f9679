package file

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/sluice-connect/sluice/connectors"
)

// TestPipeWithoutAReaderIsWaitedFor, but by the runtime, which can stop waiting.
func TestPipeWithoutAReaderIsWaitedFor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	values, problems := definition.Parse(map[string]string{keyFile: path})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if _, err := open(connectors.Config{Values: values}); !connectors.IsRetriable(err) {
		t.Errorf("without a reader: %v", err)
	}
	reader, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	out, err := open(connectors.Config{Values: values})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.close() }()
	if _, err := out.append([]byte("line\n")); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 5)
	if _, err := reader.Read(line); err != nil || string(line) != "line\n" {
		t.Errorf("%q, %v", line, err)
	}
}
