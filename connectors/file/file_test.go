package file

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/connectors/sinktest"
	"github.com/sluice-connect/sluice/schemas"
)

func lines(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if len(text) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

func TestSuite(t *testing.T) {
	sinktest.Run(t, sinktest.Subject{
		Connector: Connector{},
		Fresh: func(t *testing.T) map[string]string {
			return map[string]string{"file": filepath.Join(t.TempDir(), "out.txt")}
		},
		Record: func(tp schemas.TopicPartition, offset int64, key string, n int) schemas.Record {
			text := fmt.Sprintf("%s %s %d %d", tp, key, offset, n)
			return schemas.Record{
				Topic: tp.Topic, Source: tp, Offset: offset,
				Key: schemas.Of(nil, key), Value: schemas.Of(nil, text),
				Raw: schemas.Raw{Key: []byte(key), Value: []byte(text)},
			}
		},
		Stored:      func(t *testing.T, props map[string]string) []string { return lines(t, props["file"]) },
		Identity:    func(r schemas.Record) string { return string(appendText(nil, r.Value)) },
		ExactlyOnce: true, // as long as nothing crashes
		Tombstones:  sinktest.Writes,
		NoOutage:    "a file is there as long as the machine is; TestFullDiskIsRetriable is what comes close",
		NoLogin:     "a file asks for no login",

		NoLateRequests: "nothing is between the sink and its file",
	})
}

func TestText(t *testing.T) {
	s := &schemas.Schema{Type: schemas.StructType, Fields: []schemas.Field{{Name: "a", Schema: &schemas.Schema{Type: schemas.Int32}}}}
	for want, data := range map[string]any{
		"null":                     nil,
		"text":                     "text",
		"true":                     true,
		"42":                       int64(42),
		"1.0":                      float64(1),
		"1.0E10":                   1e10,
		"-Infinity":                math.Inf(-1),
		"NaN":                      float32(math.NaN()),
		"1.500":                    schemas.Number("1.500"),
		"12.34":                    schemas.Decimal{Unscaled: big.NewInt(1234), Scale: 2},
		"1970-01-02T00:00:00.000Z": schemas.DateFromDays(1),
		"raw":                      []byte("raw"),
		`{"a":1}`:                  &schemas.Struct{Schema: s, Values: []any{int32(1)}},
		`{"b":[1,"x"]}`:            schemas.Map{{Key: "b", Value: []any{schemas.Number("1"), "x"}}},
	} {
		if got := string(appendText(nil, schemas.Of(nil, data))); got != want {
			t.Errorf("%v: %s, want %s", data, got, want)
		}
	}
}

func newTask(t *testing.T, path string) connectors.Task {
	t.Helper()
	v, problems := definition.Parse(map[string]string{"file": path})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	k, err := Connector{}.NewTask(t.Context(), connectors.TaskContext{Logger: slog.New(slog.DiscardHandler)}, connectors.Config{Values: v})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close(context.Background()) })
	return k
}

func TestErrorsNameTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing", "out.txt")
	v, _ := definition.Parse(map[string]string{"file": path})
	_, err := Connector{}.NewTask(t.Context(), connectors.TaskContext{}, connectors.Config{Values: v})
	var correctable *connectors.CorrectableError
	if !errors.As(err, &correctable) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "create "+filepath.Dir(path)) {
		t.Fatal(err)
	}
	directory, _ := definition.Parse(map[string]string{"file": t.TempDir()})
	if _, err := (Connector{}).NewTask(t.Context(), connectors.TaskContext{}, connectors.Config{Values: directory}); err == nil ||
		!strings.Contains(err.Error(), "it is a directory; name a file in it") {
		t.Fatal(err)
	}
	if p := (Connector{}).Check(t.Context(), connectors.Config{Values: v}); len(p) != 1 || p[0].Key != "file" {
		t.Fatal(p)
	}
}

func TestFullDiskIsRetriable(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("this system has no /dev/full")
	}
	w, err := newTask(t, "/dev/full").Open(t.Context(), schemas.TopicPartition{Topic: "t"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	n, err := w.Write(t.Context(), []schemas.Record{{Value: schemas.Of(nil, "x")}})
	if n != 0 || !connectors.IsRetriable(err) || !strings.Contains(err.Error(), "/dev/full") {
		t.Fatal(n, err)
	}
}

func TestBatchLargerThanOneWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.txt")
	w, _ := newTask(t, path).Open(t.Context(), schemas.TopicPartition{Topic: "t"}, 0)
	batch := make([]schemas.Record, 100)
	for i := range batch {
		batch[i] = schemas.Record{Offset: int64(i), Value: schemas.Of(nil, strings.Repeat("x", 10_000)+fmt.Sprint(i))}
	}
	if n, err := w.Write(t.Context(), batch); n != len(batch) || err != nil {
		t.Fatal(n, err)
	}
	if got := lines(t, path); len(got) != 100 || !strings.HasSuffix(got[99], "x99") {
		t.Fatal(len(got))
	}
	if _, err := w.Advance(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
}

func TestWholeCountsRecordsNotLines(t *testing.T) {
	w := &writer{}
	records := []schemas.Record{{Value: schemas.Of(nil, "a\nb")}, {Value: schemas.Of(nil, "c")}}
	for written, want := range []int{0, 0, 0, 0, 1, 1, 2} {
		if got := w.whole(records, written); got != want {
			t.Errorf("%d bytes: %d records, want %d", written, got, want)
		}
	}
}
