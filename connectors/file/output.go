package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/sluice-connect/sluice/connectors"
)

// stdout serializes the tasks of all connectors that print.
var stdout = &output{file: os.Stdout, standard: true}

// output is an open file that takes whole lines from several goroutines.
type output struct {
	mu       sync.Mutex
	file     *os.File
	standard bool
	torn     bool // the last write ended within a line
}

// open opens the configured file for appending.
func open(cfg connectors.Config) (*output, error) {
	if !cfg.Has(keyFile) {
		return stdout, nil
	}
	// Reading is for others: mode 0644 is what Java's FileOutputStream leaves under the usual umask.
	f, err := os.OpenFile(cfg.String(keyFile), os.O_CREATE|os.O_APPEND|os.O_WRONLY|syscall.O_NONBLOCK, 0o644)
	if errors.Is(err, syscall.ENXIO) { // without O_NONBLOCK it would wait, and the task could not be stopped
		return nil, connectors.Retriable(fmt.Errorf("open output file: %w: nobody reads from the pipe", err))
	}
	if err != nil {
		return nil, connectors.Correctable(fmt.Errorf("open output file: %w%s", err, advice(cfg.String(keyFile), err)))
	}
	return &output{file: f}, nil
}

// advice says what a person must do about a file that cannot be opened; "" when the error says it all.
func advice(path string, err error) string {
	dir := filepath.Dir(path)
	switch _, missing := os.Stat(dir); {
	case errors.Is(missing, fs.ErrNotExist):
		return ": the worker makes no directories; create " + dir
	case errors.Is(err, fs.ErrPermission):
		return ": let the user that the worker runs as write to it"
	case errors.Is(err, syscall.EISDIR):
		return ": it is a directory; name a file in it"
	}
	return ""
}

// append writes lines with one write, so that lines of several tasks do not mix, and returns how many bytes got out.
func (o *output) append(lines []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.torn {
		// What is left of a line stays behind as a line of its own: cutting it off could cut another task's lines.
		if _, err := o.file.Write([]byte{'\n'}); err != nil {
			return 0, writeError(err)
		}
		o.torn = false
	}
	n, err := o.file.Write(lines)
	if err != nil {
		o.torn = n > 0 && lines[n-1] != '\n'
		return n, writeError(err)
	}
	return n, nil
}

// sync brings what was written to the disk. Pipes and devices have nothing to sync.
func (o *output) sync() error {
	if o.standard {
		return nil
	}
	err := o.file.Sync()
	if err == nil || errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		return nil
	}
	return fmt.Errorf("sync output file: %w", err)
}

func (o *output) close() error {
	if o.standard {
		return nil
	}
	if err := o.file.Close(); err != nil {
		return fmt.Errorf("close output file: %w", err)
	}
	return nil
}

// writeError tells a full disk, which somebody may empty, from a file that is gone. os.PathError names the file.
func writeError(err error) error {
	wrapped := fmt.Errorf("append to output file: %w", err)
	for _, full := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EAGAIN, syscall.EINTR} {
		if errors.Is(err, full) {
			return connectors.Retriable(wrapped)
		}
	}
	return wrapped
}
