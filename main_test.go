//go:build unix

package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestMain lets the test program be the program itself.
func TestMain(m *testing.M) {
	if os.Getenv("SLUICE_TEST_MAIN") != "" {
		main()
	}
	os.Exit(m.Run())
}

// TestARepeatedSignalIsOne sends more than what timeout(1) does: a signal to the process, and at once another to its group.
func TestARepeatedSignalIsOne(t *testing.T) {
	properties := filepath.Join(t.TempDir(), "worker.properties")
	lines := "bootstrap.servers=127.0.0.1:1\nlisteners=http://127.0.0.1:0\nkey.converter=ByteArrayConverter\n" +
		"value.converter=ByteArrayConverter\nsluice.data.dir=" + t.TempDir() + "\n"
	if err := os.WriteFile(properties, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	worker := exec.Command(os.Args[0], "standalone", properties)
	worker.Env = append(os.Environ(), "SLUICE_TEST_MAIN=1")
	log, err := worker.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := worker.Start(); err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for line := bufio.NewScanner(log); line.Scan(); {
		all.WriteString(line.Text() + "\n")
		for range 20 {
			if !strings.Contains(all.String(), "sluice is ready") {
				break
			}
			if err := worker.Process.Signal(syscall.SIGTERM); err != nil {
				t.Error(err)
			}
		}
	}
	if err := worker.Wait(); err != nil || !strings.Contains(all.String(), "msg=stopped clean=true") {
		t.Errorf("%v\n%s", err, all.String())
	}
}
