package secrets

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// maxFile bounds a file of secrets.
const maxFile = 1 << 20

// errNotAllowed means that allowed.paths does not cover a path.
var errNotAllowed = errors.New("allowed.paths does not cover it")

// allowed are the paths that a provider may read: files, and directories with all that is in them. Nil allows all.
type allowed []string

func newAllowed(params map[string]string) (allowed, error) {
	text := params["allowed.paths"]
	if text == "" {
		return nil, nil
	}
	paths := allowed{}
	for path := range strings.SplitSeq(text, ",") {
		path = strings.TrimSpace(path)
		if !filepath.IsAbs(path) {
			return nil, fmt.Errorf("allowed.paths: path %q is not absolute", path)
		}
		if _, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("allowed.paths: %w", err)
		}
		paths = append(paths, filepath.Clean(path))
	}
	return paths, nil
}

// open opens a file or directory for reading. What counts is where path leads after all symbolic links, and it is
// opened below the allowed directory in one step, so that a link changed in between leads nowhere else. A path that is
// not even written as an allowed one is not looked at: nobody learns whether it exists.
func (a allowed) open(path string) (*os.File, error) {
	if a == nil {
		return openFile(path)
	}
	path = filepath.Clean(path)
	if !a.covers(path) {
		return nil, errNotAllowed
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, err
	}
	for _, dir := range a {
		if dir, err = filepath.EvalSymlinks(dir); err != nil {
			continue // gone since; another one may do
		}
		if inside, ok := below(dir, real); ok {
			return openBelow(dir, inside)
		}
	}
	return nil, errNotAllowed
}

// covers compares texts, with the allowed paths as they are written and as their links resolve.
func (a allowed) covers(path string) bool {
	for _, dir := range a {
		if _, ok := below(dir, path); ok {
			return true
		}
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			if _, ok := below(real, path); ok {
				return true
			}
		}
	}
	return false
}

// below returns the way from dir to path when path is dir or in it.
func below(dir, path string) (string, bool) {
	if path == dir {
		return ".", true
	}
	rest, ok := strings.CutPrefix(path, strings.TrimSuffix(dir, string(filepath.Separator))+string(filepath.Separator))
	return rest, ok
}

func openBelow(dir, path string) (*os.File, error) {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		dir, path = filepath.Dir(dir), filepath.Base(dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	return root.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe does not wait for its writer
}

func openFile(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}

// readAll reads a regular file and closes it.
func readAll(f *os.File) ([]byte, error) {
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: f.Name(), Err: errors.New("not a regular file")}
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxFile {
		return nil, &fs.PathError{Op: "read", Path: f.Name(), Err: fmt.Errorf("the file is larger than %d bytes", maxFile)}
	}
	return data, nil
}
