//go:build linux

package parts

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asHost is set in the environment of a test process that only starts a service, says its pid and crashes.
const asHost = "PARTS_TEST_HOST"

func TestServicesDieWithTheTestProcess(t *testing.T) {
	if os.Getenv(asHost) != "" {
		service := launch(t, "sleeper", sleeper)
		fmt.Fprintf(os.Stderr, "pid %d\n", service.Pid())
		panic("a test process that cleans up nothing")
	}
	host := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
	host.Env = append(os.Environ(), asHost+"=1")
	out, err := host.CombinedOutput()
	if err == nil {
		t.Fatalf("the host did not crash:\n%s", out)
	}
	pid := 0
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), "pid "); ok {
			pid, err = strconv.Atoi(text)
		}
	}
	if pid == 0 || err != nil {
		t.Fatalf("the host did not say which process it started: %v\n%s", err, out)
	}
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for alive(pid) {
		select {
		case <-deadline:
			t.Fatalf("process %d outlived the test process that started it", pid)
		case <-tick.C:
		}
	}
}

func TestServiceLivesAndEndsAsTold(t *testing.T) {
	service := launch(t, "sleeper", sleeper)
	first := service.Pid()
	if !alive(first) {
		t.Fatalf("process %d does not run", first)
	}
	service.Stop()
	if service.Pid() != 0 || alive(first) {
		t.Fatalf("process %d runs after Stop; Pid is %d", first, service.Pid())
	}
	service.Stop() // a second one changes nothing
	service.Restart()
	second := service.Pid()
	service.Pause()
	service.Kill()
	if second == first || alive(second) {
		t.Fatalf("process %d runs after Kill; the first was %d", second, first)
	}
}

func TestServiceThatEndsEarlySaysSo(t *testing.T) {
	service := &Service{
		name:    "quitter",
		command: []string{"sh", "-c", "echo no disk left; exit 3"},
		ready:   func(context.Context) error { return errors.New("not yet") },
		logPath: filepath.Join(t.TempDir(), "quitter.log"),
	}
	if err := service.start(); err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Fatalf("start: %v", err)
	}
	if tail := service.logTail(); !strings.Contains(tail, "no disk left") {
		t.Fatalf("log: %s", tail)
	}
}

func TestServiceThatCannotRunSaysSo(t *testing.T) {
	service := &Service{name: "nobody", command: []string{"/nonexistent/program"}, logPath: filepath.Join(t.TempDir(), "log")}
	if err := service.start(); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("start: %v", err)
	}
}

func TestPortsAreHandedOutOnce(t *testing.T) {
	seen := map[int]bool{}
	for range 50 {
		port, err := freePort()
		if err != nil {
			t.Fatal(err)
		}
		if seen[port] {
			t.Fatalf("port %d was handed out twice", port)
		}
		seen[port] = true
	}
}

// sleeper plans a service that does nothing and is ready at once.
func sleeper() (*Service, error) {
	return &Service{command: []string{"sleep", "600"}, ready: func(context.Context) error { return nil }}, nil
}

// alive reports whether a process runs; one that ended and waits to be reaped by its parent does not.
func alive(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, state, _ := bytes.Cut(stat, []byte(") "))
	return !bytes.HasPrefix(state, []byte("Z"))
}
