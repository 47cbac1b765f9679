package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
)

func sample(name, value string) Connector {
	return Connector{Name: name, Config: map[string]string{"name": name, "k": value}, Target: "RUNNING", Tasks: 1}
}

func reopen(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func loaded(t *testing.T, s *Store) []Connector {
	t.Helper()
	all, err := s.Load()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestStoredConnectorsSurvive(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := reopen(t, dir)
	names := []string{"a", "a/b", "../x", "ünï€", strings.Repeat("x", 2000), ".", "a\\b%"}
	for _, n := range names {
		if err := s.Put(sample(n, "1")); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Put(sample("a", "2")); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete("a/b"); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete("never there"); err != nil {
		t.Fatal(err)
	}
	id := s.InstanceID()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = reopen(t, dir)
	all := loaded(t, s)
	if len(all) != len(names)-1 || s.InstanceID() != id || len(id) != 16 {
		t.Fatalf("%d connectors, instance %q then %q", len(all), id, s.InstanceID())
	}
	for _, c := range all {
		want := sample(c.Name, "1")
		if c.Name == "a" {
			want = sample("a", "2")
		}
		if !reflect.DeepEqual(c, want) {
			t.Errorf("got %+v, want %+v", c, want)
		}
	}
}

// fullDisk writes half of a file and then has no room.
type fullDisk struct{ realDisk }

func (fullDisk) writeFile(path string, data []byte) error {
	if err := os.WriteFile(path, data[:len(data)/2], 0o600); err != nil {
		return err
	}
	return &fs.PathError{Op: "write", Path: path, Err: syscall.ENOSPC}
}

func TestFullDiskKeepsTheOldAndLeavesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := reopen(t, dir)
	if err := s.Put(sample("a", "1")); err != nil {
		t.Fatal(err)
	}
	s.disk = fullDisk{}
	for _, name := range []string{"a", "b"} {
		if err := s.Put(sample(name, "2")); Reason(err) != "the disk of its data directory is full" {
			t.Errorf("%s: %v", name, err)
		}
	}
	entries, err := os.ReadDir(filepath.Join(dir, recordsDir))
	if err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
	if all := loaded(t, s); len(all) != 1 || all[0].Config["k"] != "1" {
		t.Errorf("%+v", all)
	}
	for err, want := range map[error]string{os.ErrPermission: "may not write", os.ErrNotExist: "is gone", syscall.EROFS: "read-only", errors.New("x"): ""} {
		if got := Reason(err); !strings.Contains(got, want) || (want == "") != (got == "") {
			t.Errorf("%v: %q", err, got)
		}
	}
}

func TestPermissions(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := reopen(t, dir)
	if err := s.Put(sample("a", "1")); err != nil {
		t.Fatal(err)
	}
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		want := os.FileMode(0o600)
		if info.IsDir() {
			want = 0o700
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, want %v", path, info.Mode().Perm(), want)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o770); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "writable for group or others") {
		t.Fatalf("a directory others can write to was opened: %v", err)
	}
}

func TestOneWorkerPerDirectory(t *testing.T) {
	dir := t.TempDir()
	_ = os.Chmod(dir, 0o700)
	reopen(t, dir)
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "another worker uses it") {
		t.Fatalf("two workers got %s: %v", dir, err)
	}
}

func TestDamagedFiles(t *testing.T) {
	dir := t.TempDir()
	_ = os.Chmod(dir, 0o700)
	s := reopen(t, dir)
	if err := s.Put(sample("a", "1")); err != nil {
		t.Fatal(err)
	}
	torn := s.path("b") + tempSuffix
	if err := os.WriteFile(torn, []byte(`{"name":"b","con`), 0o600); err != nil {
		t.Fatal(err)
	}
	if all := loaded(t, s); len(all) != 1 {
		t.Fatalf("loaded %v", all)
	}
	if _, err := os.Stat(torn); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the torn file is still there: %v", err)
	}
	if err := os.WriteFile(s.path("a"), []byte(`{"name":"a"`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load(); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("a damaged record must not be left out silently: %v", err)
	}
	if err := os.WriteFile(s.path("a"), []byte(`{"name":"other"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load(); err == nil {
		t.Error("a record under the wrong name was loaded")
	}
}

var errPowerCut = errors.New("power cut")

// failingDisk does the first steps and stops at one, leaving half a file when that is a write.
type failingDisk struct {
	realDisk
	left int
	log  []string
}

func (d *failingDisk) step(name string) error {
	if d.left == 0 {
		return errPowerCut
	}
	d.left--
	d.log = append(d.log, name)
	return nil
}

func (d *failingDisk) writeFile(path string, data []byte) error {
	if err := d.step("write"); err != nil {
		_ = os.WriteFile(path, data[:len(data)/2], 0o600)
		return err
	}
	return d.realDisk.writeFile(path, data)
}

func (d *failingDisk) rename(from, to string) error {
	if err := d.step("rename"); err != nil {
		return err
	}
	return d.realDisk.rename(from, to)
}

func (d *failingDisk) syncDir(dir string) error {
	if err := d.step("sync"); err != nil {
		return err
	}
	return d.realDisk.syncDir(dir)
}

func TestCrashAtEveryStepLeavesOldOrNew(t *testing.T) {
	for steps := 0; steps <= 3; steps++ {
		dir := t.TempDir()
		_ = os.Chmod(dir, 0o700)
		s := reopen(t, dir)
		if err := s.Put(sample("a", "old")); err != nil {
			t.Fatal(err)
		}
		d := &failingDisk{left: steps}
		s.disk = d
		err := s.Put(sample("a", "new"))
		if (err == nil) != (steps == 3) {
			t.Fatalf("after %d steps Put says %v", steps, err)
		}
		if steps == 3 && !reflect.DeepEqual(d.log, []string{"write", "rename", "sync"}) {
			t.Fatalf("steps in order %v", d.log)
		}
		_ = s.Close()
		all := loaded(t, reopen(t, dir))
		if len(all) != 1 || (all[0].Config["k"] != "old" && all[0].Config["k"] != "new") {
			t.Fatalf("after a crash at step %d: %+v", steps, all)
		}
		if err == nil && all[0].Config["k"] != "new" {
			t.Fatalf("an accepted change was lost")
		}
	}
}
