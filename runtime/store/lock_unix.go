//go:build unix

package store

import (
	"errors"
	"os"
	"syscall"
)

// takeLock locks path for this process; the kernel gives it free when the process ends, however it ends.
func takeLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.New("another worker uses it; give this one a sluice.data.dir of its own")
		}
		return nil, err
	}
	return f, nil
}
