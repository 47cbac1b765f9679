// Package certfile reads the files of certificates and keys that configurations name.
package certfile

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// most bounds a file: the largest trust stores in use have a few hundred kilobytes.
const most = 8 << 20

// Read returns the content of a regular file of at most 8 MiB. Whoever may configure a connector chooses the path: a
// device without an end must not take all memory, and a pipe must not be waited for.
func Read(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("not a regular file")}
	}
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, err
	}
	if len(data) > most {
		return nil, &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("the file is larger than %d bytes", most)}
	}
	return data, nil
}

// KeyPair reads a certificate and its key, which may be in one file, in PEM.
func KeyPair(certificate, key string) (tls.Certificate, error) {
	chain, err := Read(certificate)
	if err != nil {
		return tls.Certificate{}, err
	}
	private := chain
	if key != certificate {
		if private, err = Read(key); err != nil {
			return tls.Certificate{}, err
		}
	}
	return tls.X509KeyPair(chain, private)
}
