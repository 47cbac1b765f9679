package certfile

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestOnlyRegularFilesOfASensibleSizeAreRead(t *testing.T) {
	dir := t.TempDir()
	large, pipe, good := filepath.Join(dir, "large"), filepath.Join(dir, "pipe"), filepath.Join(dir, "good")
	if err := os.WriteFile(large, make([]byte, most+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(good, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, says := range map[string]string{large: "larger", pipe: "not a regular file", dir: "not a regular file", "/dev/zero": "not a regular file", dir + "/none": "no such file"} {
		_, err := Read(path)
		if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
		for _, pair := range [][2]string{{path, good}, {good, path}} {
			if _, err := KeyPair(pair[0], pair[1]); err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%v: %v", pair, err)
			}
		}
	}
	if data, err := Read(good); err != nil || string(data) != "x" {
		t.Errorf("%q, %v", data, err)
	}
}
