//go:build unix

package parts

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
)

const (
	// startLimit is generous because a JVM on a busy machine with few cores starts slowly.
	startLimit = 2 * time.Minute
	stopLimit  = time.Minute
	pollEvery  = 50 * time.Millisecond
	// startTries covers the moment between choosing a port and the service listening on it.
	startTries   = 3
	logTailLines = 10
	// logLineMost keeps a broker's long lines from burying what the test itself said.
	logLineMost = 200
)

// Service is a started child process. Its methods must be called from the goroutine of the test that started it, and
// end the test when they cannot do what they say.
type Service struct {
	tb      testing.TB
	name    string
	command []string
	env     []string
	ready   func(context.Context) error
	logPath string
	running *child
}

// child is one life of a service.
type child struct {
	process *os.Process
	exited  chan struct{}    // closed once the process is gone and reaped
	state   *os.ProcessState // how it ended; read only after exited is closed
}

// Pid returns the process id of the running service, or 0 when it is stopped.
func (s *Service) Pid() int {
	if s.running == nil {
		return 0
	}
	return s.running.process.Pid
}

// Stop asks the service to end, as an orderly shutdown does, and returns when it is gone.
func (s *Service) Stop() {
	s.tb.Helper()
	s.end(syscall.SIGTERM)
}

// Kill ends the service at once, as a crash does, and returns when it is gone.
func (s *Service) Kill() {
	s.tb.Helper()
	s.end(syscall.SIGKILL)
}

// Restart stops the service if it runs, starts it again on the same port and data, and returns when it answers.
func (s *Service) Restart() {
	s.tb.Helper()
	s.Stop()
	if err := s.start(); err != nil {
		s.tb.Fatalf("restart %s: %v\n%s", s.name, err, s.logTail())
	}
}

// Pause freezes the service: it keeps its connections and answers nothing until Resume.
func (s *Service) Pause() {
	s.tb.Helper()
	s.signal(syscall.SIGSTOP)
}

// Resume lets a paused service go on.
func (s *Service) Resume() {
	s.tb.Helper()
	s.signal(syscall.SIGCONT)
}

func (s *Service) signal(signal os.Signal) {
	s.tb.Helper()
	if s.running == nil {
		s.tb.Fatalf("signal %s with %v: it is stopped", s.name, signal)
	}
	if err := s.running.process.Signal(signal); err != nil {
		s.tb.Fatalf("signal %s with %v: %v", s.name, signal, err)
	}
}

func (s *Service) end(signal os.Signal) {
	s.tb.Helper()
	if s.running == nil {
		return
	}
	ending := s.running
	s.running = nil
	if err := ending.end(signal); err != nil {
		s.tb.Errorf("stop %s: %v\n%s", s.name, err, s.logTail())
	}
}

// end sends the signal and waits; what does not end in time is killed, and reported.
func (c *child) end(signal os.Signal) error {
	// The process may be gone or frozen: neither is an error, and only the second needs more than the signal.
	_ = c.process.Signal(signal)
	_ = c.process.Signal(syscall.SIGCONT)
	select {
	case <-c.exited:
		return nil
	case <-time.After(stopLimit):
	}
	_ = c.process.Kill()
	<-c.exited
	return fmt.Errorf("still running %v after %v, killed", stopLimit, signal)
}

// launch starts the service that plan describes and keeps it until the test ends. The plan is made anew for every try,
// with new ports, because somebody else can take a port between its choice and its use.
func launch(tb testing.TB, name string, plan func() (*Service, error)) *Service {
	tb.Helper()
	var lastErr error
	for range startTries {
		service, err := plan()
		if err != nil {
			tb.Fatalf("start %s: %v", name, err)
		}
		service.tb, service.name = tb, name
		service.logPath = filepath.Join(tb.TempDir(), name+".log")
		lastErr = service.start()
		if lastErr == nil {
			tb.Cleanup(func() {
				// Nobody reads the data afterwards: there is no reason to wait for an orderly shutdown.
				service.end(syscall.SIGKILL)
				if tb.Failed() {
					tb.Logf("%s", service.logTail())
				}
			})
			return service
		}
		tb.Logf("start %s: %v\n%s", name, lastErr, service.logTail())
	}
	tb.Fatalf("start %s: gave up after %d tries: %v", name, startTries, lastErr)
	return nil
}

// start runs the command and returns when the service answers. On an error nothing is left running.
func (s *Service) start() error {
	started, err := s.spawn()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		probe, cancelProbe := context.WithTimeout(ctx, 5*time.Second)
		err := s.ready(probe)
		cancelProbe()
		if err == nil {
			s.running = started
			return nil
		}
		select {
		case <-started.exited:
			return fmt.Errorf("it ended before it answered: %v", started.state)
		case <-ctx.Done():
			_ = started.end(syscall.SIGKILL)
			return fmt.Errorf("no answer within %v: %w", startLimit, err)
		case <-tick.C:
		}
	}
}

func (s *Service) spawn() (*child, error) {
	log, err := os.OpenFile(s.logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log of %s: %w", s.name, err)
	}
	cmd := exec.Command(s.command[0], s.command[1:]...)
	cmd.Env = append(os.Environ(), s.env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = childAttributes()
	started := &child{exited: make(chan struct{})}
	result := make(chan error)
	go func() {
		// The kernel ties the child's life to the thread that started it, not to the process: the thread has to stay
		// for as long as the child does.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started.process = cmd.Process
		result <- err
		if err == nil {
			_ = cmd.Wait() // the state says more than the error, which is there for any exit status but 0
			started.state = cmd.ProcessState
		}
		_ = log.Close()
		close(started.exited)
	}()
	if err := <-result; err != nil {
		return nil, fmt.Errorf("run %s: %w", s.command[0], err)
	}
	return started, nil
}

// logTail returns the last lines the service printed, under a heading.
func (s *Service) logTail() string {
	log, err := os.ReadFile(s.logPath)
	if err != nil {
		return fmt.Sprintf("no log of %s: %v", s.name, err)
	}
	lines := bytes.Split(bytes.TrimRight(log, "\n"), []byte("\n"))
	if len(lines) > logTailLines {
		lines = lines[len(lines)-logTailLines:]
	}
	for i, line := range lines {
		lines[i] = line[:min(len(line), logLineMost)]
	}
	return fmt.Sprintf("--- last lines of %s ---\n%s\n---", s.logPath, bytes.Join(lines, []byte("\n")))
}
