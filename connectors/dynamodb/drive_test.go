package dynamodb

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sluice-connect/sluice/connectors"
	local "github.com/sluice-connect/sluice/deploy/local/dynamodb"
	"github.com/sluice-connect/sluice/schemas"
)

var things = schemas.TopicPartition{Topic: "events", Partition: 0}

func parsed(t *testing.T, props map[string]string) connectors.Config {
	t.Helper()
	v, problems := definition.Parse(props)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return connectors.Config{Values: v, Name: "fleet", Topics: []string{"events"}}
}

// driven is a writer with what a runtime keeps for it.
type driven struct {
	connectors.Writer
	wake chan struct{}
	now  time.Time
}

// drive starts a task with one writer; both are closed when the test ends, and must leave nothing behind.
func drive(t *testing.T, props map[string]string) *driven {
	t.Helper()
	here := goleak.IgnoreCurrent()
	d := &driven{wake: make(chan struct{}, 1), now: time.Now()}
	tc := connectors.TaskContext{Connector: "fleet", Logger: slog.New(slog.DiscardHandler), Wake: func(schemas.TopicPartition) {
		select {
		case d.wake <- struct{}{}:
		default:
		}
	}}
	k, err := Connector{}.NewTask(context.Background(), tc, parsed(t, props))
	if err != nil {
		t.Fatal(err)
	}
	if d.Writer, err = k.Open(context.Background(), things, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = d.Close(context.Background(), connectors.Lost)
		if err := k.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if err := goleak.Find(here); err != nil {
			t.Error(err)
		}
	})
	return d
}

// until advances until done; it fails the test on an error that done does not ask for.
func (d *driven) until(t *testing.T, done func(error) bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		wake, err := d.Advance(context.Background(), d.now)
		if done(err) {
			return
		}
		if err != nil && !connectors.IsRetriable(err) {
			t.Fatal(err)
		}
		if wake.After(d.now) {
			d.now = wake
			continue
		}
		select {
		case <-d.wake:
		case <-deadline:
			t.Fatal("nothing happens")
		}
	}
}

func (d *driven) safe(error) bool {
	_, any := d.Pending()
	return !any
}

func cars(vins ...string) []schemas.Record {
	var records []schemas.Record
	for i, vin := range vins {
		records = append(records, vehicle(things, int64(i), vin, i))
	}
	return records
}

func (d *driven) accept(t *testing.T, records []schemas.Record) {
	t.Helper()
	if n, err := d.Write(context.Background(), records); n != len(records) || err != nil {
		t.Fatal(n, err)
	}
}

func TestUnprocessedItemsAreSentAgain(t *testing.T) {
	w := newWorld(t)
	w.table(t, "things", "vin:S")
	left := 5
	w.server.SetFault(func(op string, _ []byte) error {
		if left--; op == "BatchWriteItem" && left > 0 {
			return &local.Fault{UnprocessedItems: left}
		}
		return nil
	})
	d := drive(t, w.props(keyHash, "value.vin", keySort, "", keyInFlight, "1"))
	d.accept(t, cars("a", "b", "c", "d", "e", "f", "a"))
	d.until(t, d.safe)
	if got := len(w.scan(t, "things")); got != 6 {
		t.Errorf("%d items, want 6", got)
	}
	if n := w.writes.Load(); n < 3 {
		t.Errorf("%d requests", n)
	}
}

func TestThrottlingBecomesRetriable(t *testing.T) {
	w := newWorld(t)
	w.table(t, "things", "vin:S")
	throttle := func(op string, _ []byte) error {
		if op == "BatchWriteItem" {
			return &local.Fault{Code: "ProvisionedThroughputExceededException", Message: "slow down"}
		}
		return nil
	}
	w.server.SetFault(throttle)
	d := drive(t, w.props(keyHash, "value.vin", keySort, "", keyMaxRetry, "0"))
	d.accept(t, cars("a", "b"))
	d.until(t, connectors.IsRetriable)
	if first, any := d.Pending(); first != 0 || !any {
		t.Error("records are not pending any more")
	}
	w.server.SetFault(nil)
	d.until(t, d.safe)
	if got := len(w.scan(t, "things")); got != 2 {
		t.Errorf("%d items, want 2", got)
	}
}

func TestOneCulpritIsRejectedAlone(t *testing.T) {
	w := newWorld(t)
	w.table(t, "things", "vin:S")
	w.server.SetFault(func(op string, body []byte) error {
		if op == "BatchWriteItem" && bytes.Contains(body, []byte("culprit")) {
			return &local.Fault{Code: "ValidationException", Message: "bad index key"}
		}
		return nil
	})
	d := drive(t, w.props(keyHash, "value.vin", keySort, ""))
	d.accept(t, cars("a", "b", "c", "culprit", "d", "e"))
	var rejected *connectors.RejectedError
	d.until(t, func(err error) bool { return errors.As(err, &rejected) })
	if len(rejected.Rejections) != 1 || rejected.Rejections[0].Offset != 3 ||
		string(rejected.Rejections[0].Record.Raw.Key) != "culprit" || !strings.Contains(rejected.Error(), "bad index key") {
		t.Error(rejected)
	}
	d.until(t, d.safe)
	if got := len(w.scan(t, "things")); got != 5 {
		t.Errorf("%d items, want 5", got)
	}
}

func TestLostTablesAreFatal(t *testing.T) {
	for code, want := range map[string]string{
		"ResourceNotFoundException": "find table things in region eu-west-1",
		"AccessDeniedException":     "grant dynamodb:DescribeTable and dynamodb:BatchWriteItem",
	} {
		t.Run(code, func(t *testing.T) {
			w := newWorld(t)
			w.table(t, "things", "vin:S")
			d := drive(t, w.props(keyHash, "value.vin", keySort, ""))
			w.server.SetFault(func(string, []byte) error { return &local.Fault{Code: code, Message: "no"} })
			d.accept(t, cars("a"))
			var fatal error
			d.until(t, func(err error) bool { fatal = err; return err != nil })
			if connectors.IsRetriable(fatal) || !strings.Contains(fatal.Error(), want) ||
				!correctable(fatal) {
				t.Error(fatal)
			}
			if n, err := d.Write(context.Background(), cars("b")); n != 0 || err == nil {
				t.Error("takes records after a fatal error")
			}
			if _, any := d.Pending(); !any {
				t.Error("the record is not pending any more")
			}
		})
	}
}

func TestFullBudgetEndsWithTheContext(t *testing.T) {
	w := newWorld(t)
	w.table(t, "things", "vin:S")
	w.server.SetFault(func(op string, _ []byte) error {
		if op == "BatchWriteItem" {
			return &local.Fault{Code: "InternalServerError", Status: 500}
		}
		return nil
	})
	d := drive(t, w.props(keyHash, "value.vin", keySort, "", keyBuffer, "1048576", keyMaxRetry, "3600"))
	records := cars("a", "b", "c", "d", "e")
	for i := range records {
		m := records[i].Value.Data().(schemas.Map)
		records[i].Value = schemas.Of(nil, append(m, schemas.Entry{Key: "fill", Value: strings.Repeat("x", 200_000)}))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	n, err := d.Write(ctx, records)
	if n != 2 || !connectors.IsRetriable(err) || !errors.Is(err, context.DeadlineExceeded) {
		t.Error(n, err)
	}
	w.server.SetFault(nil)
	d.accept(t, records[n:])
	d.until(t, d.safe)
}

func TestNullValues(t *testing.T) {
	for nulls, want := range map[string]string{nullsUpsert: "1 items", nullsIgnore: "0 items", nullsFail: "refused"} {
		w := newWorld(t)
		w.table(t, "things", "key:S")
		d := drive(t, w.props(keyHash, "key", keySort, "", keyNulls, strings.ToLower(nulls)))
		r := cars("a")
		r[0].Value = schemas.Value{}
		n, err := d.Write(context.Background(), r)
		var rejected *connectors.RejectedError
		if n != 1 || (want == "refused") != errors.As(err, &rejected) {
			t.Error(nulls, n, err)
		}
		d.until(t, d.safe)
		if got := len(w.scan(t, "things")); got != map[string]int{nullsUpsert: 1}[nulls] {
			t.Errorf("%s: %d items, want %s", nulls, got, want)
		}
	}
}

func TestTablesThatDoNotFit(t *testing.T) {
	w := newWorld(t)
	w.table(t, "things", "vin:S")
	w.table(t, "sorted", "vin:S", "ts:N")
	w.table(t, "bytes", "partition:B", "offset:N")
	for _, c := range []struct {
		props []string
		key   string
		text  string // empty: fits
	}{
		{[]string{keyHash, "value.vin", keySort, ""}, "", ""},
		{[]string{keyHash, "value.id:vin", keySort, ""}, "", ""},
		{[]string{keyHash, "value.id", keySort, ""}, keyHash, "add the alias :vin"},
		{[]string{keyHash, "value.vin"}, keySort, "has no sort key"},
		{[]string{keyHash, "value.vin", keySort, "", keyTable, "sorted"}, keySort, "sort key ts"},
		{[]string{keyTable, "bytes"}, keyHash, "gives a number"},
		{[]string{keyHash, "value.vin", keySort, "", keyTable, "missing"}, keyTable, "create it"},
	} {
		cfg := parsed(t, w.props(c.props...))
		problems := Connector{}.Check(context.Background(), cfg)
		k, err := Connector{}.NewTask(context.Background(), connectors.TaskContext{Connector: "fleet", Wake: func(schemas.TopicPartition) {}}, cfg)
		if err == nil {
			_ = k.Close(context.Background())
		}
		switch {
		case c.text == "":
			if len(problems) > 0 || err != nil {
				t.Error(c.props, problems, err)
			}
		case len(problems) != 1 || problems[0].Key != c.key || !strings.Contains(problems[0].Message, c.text):
			t.Error(c.props, problems)
		case err == nil || !strings.Contains(err.Error(), c.text) || !correctable(err):
			t.Error(c.props, err)
		}
	}
}
