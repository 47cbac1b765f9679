//go:build real

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/sluice-connect/sluice/deploy/e2e/parts"
)

// program is the binary under test, built with the race detector.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "sluice-e2e")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "sluice")
	out, err := exec.Command("go", "build", "-race", "-o", path, "github.com/sluice-connect/sluice").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build program: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := program(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// worker is a running "sluice standalone".
type worker struct {
	t     *testing.T
	dir   string
	props string
	url   string
	cmd   *exec.Cmd
	ended chan struct{}
	log   *os.File
}

// startWorker writes worker.properties with the given lines and starts the program on a free port.
func startWorker(t *testing.T, kafka string, lines ...string) *worker {
	t.Helper()
	w := &worker{t: t, dir: t.TempDir()}
	w.url = "http://" + parts.FreeAddr(t)
	props := append([]string{
		"bootstrap.servers=" + kafka,
		"listeners=" + w.url,
		"key.converter=org.apache.kafka.connect.storage.StringConverter",
		"value.converter=org.apache.kafka.connect.json.JsonConverter",
		"value.converter.schemas.enable=false",
		"offset.flush.interval.ms=1000",
		"offset.storage.file.filename=" + filepath.Join(w.dir, "offsets"),
		"task.shutdown.graceful.timeout.ms=20000",
		"consumer.heartbeat.interval.ms=500",
	}, lines...)
	w.props = filepath.Join(w.dir, "worker.properties")
	if err := os.WriteFile(w.props, []byte(strings.Join(props, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.start()
	t.Cleanup(func() {
		w.stop()
		if t.Failed() {
			w.printLog()
		}
	})
	return w
}

// start runs the program and waits until it answers.
func (w *worker) start() {
	w.t.Helper()
	path, err := program()
	if err != nil {
		w.t.Fatal(err)
	}
	if w.log, err = os.OpenFile(filepath.Join(w.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		w.t.Fatal(err)
	}
	w.cmd = exec.Command(path, "standalone", w.props)
	w.cmd.Stdout, w.cmd.Stderr = w.log, w.log
	w.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := w.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.ended = make(chan struct{})
	go func(cmd *exec.Cmd, ended chan struct{}) { _ = cmd.Wait(); close(ended) }(w.cmd, w.ended)
	eventually(w.t, 30*time.Second, "answer of the worker", func() bool {
		if !w.running() {
			w.t.Fatalf("the worker ended before it answered: %s", w.cmd.ProcessState)
		}
		res, err := http.Get(w.url + "/")
		if err != nil {
			return false
		}
		res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
}

func (w *worker) running() bool {
	select {
	case <-w.ended:
		return false
	default:
		return w.cmd != nil
	}
}

// kill ends the program without warning, as a crash of the machine would.
func (w *worker) kill() {
	w.t.Helper()
	if !w.running() {
		w.t.Fatalf("the worker ended before it was killed: %s", w.cmd.ProcessState)
	}
	_ = w.cmd.Process.Kill()
	<-w.ended
}

// stop asks the program to end and expects it to do so in good order.
func (w *worker) stop() {
	w.t.Helper()
	if !w.running() {
		w.t.Logf("the worker had ended: %s", w.cmd.ProcessState)
		return
	}
	_ = w.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-w.ended:
	case <-time.After(60 * time.Second):
		w.t.Error("the worker did not end within a minute of SIGTERM")
		_ = w.cmd.Process.Kill()
		<-w.ended
	}
	if code := w.cmd.ProcessState.ExitCode(); code != 0 {
		w.t.Errorf("the worker ended with exit code %d", code)
	}
}

func (w *worker) printLog() {
	text, err := os.ReadFile(filepath.Join(w.dir, "log"))
	if err != nil {
		w.t.Log(err)
		return
	}
	const most = 6000
	w.t.Logf("log of the worker:\n%s", text[max(0, len(text)-most):])
}

// call sends a request and returns status and body.
func (w *worker) call(method, path, body string) (int, []byte) {
	w.t.Helper()
	req, err := http.NewRequest(method, w.url+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return res.StatusCode, answer
}

// create posts a connector as curl would: through the curl program, because that is what the documentation shows.
func (w *worker) create(body string) {
	w.t.Helper()
	cmd := exec.Command("curl", "-s", "-w", "\n%{http_code}", "-X", "POST", "-H", "Content-Type: application/json", "--data", "@-", w.url+"/connectors")
	cmd.Stdin = strings.NewReader(body)
	out, err := cmd.Output()
	if err != nil {
		w.t.Fatalf("curl: %v", err)
	}
	if !bytes.HasSuffix(out, []byte("\n201")) {
		w.t.Fatalf("creating a connector answered %s", out)
	}
}

// status is a connector's status answer.
type status struct {
	Connector struct{ State string }
	Tasks     []struct {
		ID           int
		State, Trace string
	}
}

func (w *worker) status(name string) status {
	w.t.Helper()
	code, body := w.call(http.MethodGet, "/connectors/"+name+"/status", "")
	if code != http.StatusOK {
		w.t.Fatalf("status of %s answered %d: %s", name, code, body)
	}
	var s status
	if err := json.Unmarshal(body, &s); err != nil {
		w.t.Fatal(err)
	}
	return s
}

// waitRunning waits until all tasks of the connector run.
func (w *worker) waitRunning(name string, tasks int) {
	w.t.Helper()
	eventually(w.t, 30*time.Second, "RUNNING tasks of "+name, func() bool {
		s := w.status(name)
		if s.Connector.State != "RUNNING" || len(s.Tasks) != tasks {
			return false
		}
		for _, task := range s.Tasks {
			if task.State == "FAILED" {
				w.t.Fatalf("task %d of %s failed: %s", task.ID, name, task.Trace)
			}
			if task.State != "RUNNING" {
				return false
			}
		}
		return true
	})
}

// waitFailed waits until a task of the connector has failed and returns its trace.
func (w *worker) waitFailed(name string) (trace string) {
	w.t.Helper()
	eventually(w.t, 30*time.Second, "a FAILED task of "+name, func() bool {
		for _, task := range w.status(name).Tasks {
			if task.State == "FAILED" {
				trace = task.Trace
				return true
			}
		}
		return false
	})
	return trace
}

// eventually polls until ok holds.
func eventually(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come within %s", what, limit)
		}
		<-time.After(50 * time.Millisecond)
	}
}
