package store

import "os"

// disk is what the store does to files, in the steps a crash can come between.
type disk interface {
	// writeFile writes data to path and makes the content durable.
	writeFile(path string, data []byte) error
	rename(from, to string) error
	remove(path string) error
	// syncDir makes renames and removals in dir durable.
	syncDir(dir string) error
}

type realDisk struct{}

func (realDisk) writeFile(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

func (realDisk) rename(from, to string) error { return os.Rename(from, to) }
func (realDisk) remove(path string) error     { return os.Remove(path) }

func (realDisk) syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = f.Sync()
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}
