package sinktest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/configdef"
)

// flaws are the ways in which the sink of these tests can be broken.
type flaws struct {
	dropsOnClose, aheadOfTarget, keepsLazy, acceptsSilently, writesAfterLost, leaks, rejectsMates bool
}

// memory is a sink over a slice: it buffers up to ten records for two seconds.
type memory struct {
	flaws  flaws
	mu     sync.Mutex
	target map[string][]string
}

var memoryDef = configdef.New(configdef.Key{Name: "target", Type: configdef.String, Required: true, Doc: "Name of the target."})

func (m *memory) Config() *configdef.Def                                       { return memoryDef }
func (m *memory) Check(context.Context, connectors.Config) []configdef.Problem { return nil }
func (m *memory) add(target string, ids []string) {
	m.mu.Lock()
	m.target[target] = append(m.target[target], ids...)
	m.mu.Unlock()
}
func (m *memory) stored(target string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.target[target])
}
func (m *memory) NewTask(_ context.Context, _ connectors.TaskContext, cfg connectors.Config) (connectors.Task, error) {
	if m.flaws.leaks {
		go func() { select {} }()
	}
	return &memoryTask{m: m, target: cfg.String("target")}, nil
}

type memoryTask struct {
	m      *memory
	target string
	late   []string
}

func (k *memoryTask) Open(context.Context, schemas.TopicPartition, int64) (connectors.Writer, error) {
	return &memoryWriter{task: k}, nil
}

func (k *memoryTask) Close(context.Context) error { k.m.add(k.target, k.late); return nil }

type memoryWriter struct {
	task    *memoryTask
	held    []string
	offsets []int64
	lazy    []schemas.Value
	since   time.Time
}

func (w *memoryWriter) Write(_ context.Context, batch []schemas.Record) (int, error) {
	var bad []connectors.Rejection
	for i := range batch {
		r := &batch[i]
		if r.Value.IsNull() {
			continue
		}
		if w.task.m.flaws.keepsLazy {
			w.useLazy()
			w.lazy = append(w.lazy, r.Value)
		}
		text := fmt.Sprint(r.Value.Data())
		if strings.Contains(text, "poison") {
			bad = append(bad, connectors.NewRejection(r, errors.New("find poison")))
			if w.task.m.flaws.rejectsMates {
				return len(batch), &connectors.RejectedError{Rejections: bad}
			}
			continue
		}
		w.held, w.offsets = append(w.held, text), append(w.offsets, r.Offset)
		if len(w.held) >= 10 {
			w.flush()
		}
	}
	if w.task.m.flaws.acceptsSilently && len(batch) > 3 {
		return 3, nil
	}
	if len(bad) > 0 {
		return len(batch), &connectors.RejectedError{Rejections: bad}
	}
	return len(batch), nil
}

func (w *memoryWriter) useLazy() {
	for _, v := range w.lazy {
		v.AppendJSON(nil)
	}
	w.lazy = nil
}

func (w *memoryWriter) flush() {
	w.task.m.add(w.task.target, w.held)
	w.held, w.offsets, w.since = nil, nil, time.Time{}
}

func (w *memoryWriter) Advance(_ context.Context, now time.Time) (time.Time, error) {
	switch {
	case len(w.held) == 0:
		return time.Time{}, nil
	case w.since.IsZero():
		w.since = now
	case now.Sub(w.since) >= 2*time.Second:
		w.flush()
		return time.Time{}, nil
	}
	return w.since.Add(2 * time.Second), nil
}

func (w *memoryWriter) Pending() (int64, bool) {
	if len(w.offsets) == 0 || w.task.m.flaws.aheadOfTarget {
		return 0, false
	}
	return w.offsets[0], true
}

func (w *memoryWriter) Close(_ context.Context, reason connectors.CloseReason) error {
	switch {
	case w.task.m.flaws.dropsOnClose:
		w.held, w.offsets = nil, nil
	case reason == connectors.Stopping:
		w.flush()
	case w.task.m.flaws.writesAfterLost && reason == connectors.Lost:
		w.task.late = append(w.task.late, w.held...)
	}
	return nil
}

func memorySubject(f flaws) Subject {
	m := &memory{flaws: f, target: map[string][]string{}}
	record := func(tp schemas.TopicPartition, offset int64, key, text string) schemas.Record {
		return schemas.Record{
			Topic: tp.Topic, Source: tp, Offset: offset,
			Key: schemas.Of(nil, key), Value: schemas.Of(nil, text),
			Raw: schemas.Raw{Key: []byte(key), Value: []byte(text)},
		}
	}
	return Subject{
		Connector: m,
		Fresh:     func(t *testing.T) map[string]string { return map[string]string{"target": t.Name()} },
		Record: func(tp schemas.TopicPartition, offset int64, key string, n int) schemas.Record {
			return record(tp, offset, key, fmt.Sprintf("%s/%d/%d", key, offset, n))
		},
		Poison: func(tp schemas.TopicPartition, offset int64) schemas.Record {
			return record(tp, offset, "k", "poison")
		},
		Stored:      func(_ *testing.T, props map[string]string) []string { return m.stored(props["target"]) },
		Identity:    func(r schemas.Record) string { return r.Value.Data().(string) },
		ExactlyOnce: true,
		Tombstones:  Ignores,
	}
}

func TestSuitePassesAGoodSink(t *testing.T) { Run(t, memorySubject(flaws{})) }

func TestSuiteFindsFlaws(t *testing.T) {
	for name, c := range map[string]struct {
		flaws flaws
		run   func(context.Context, *bench) error
	}{
		"drops on close":    {flaws{dropsOnClose: true}, handedOver},
		"ahead of target":   {flaws{aheadOfTarget: true}, pendingIsHonest},
		"keeps lazy":        {flaws{keepsLazy: true}, batchesOfAnySize},
		"accepts silently":  {flaws{acceptsSilently: true}, batchesOfAnySize},
		"writes after lost": {flaws{writesAfterLost: true}, lostIsSilent},
		"leaks":             {flaws{leaks: true}, taskEndsWithoutWriter},
		"rejects mates":     {flaws{rejectsMates: true}, poisonAlone},
	} {
		t.Run(name, func(t *testing.T) {
			s := memorySubject(c.flaws)
			s.Records = 60
			err := runCase(t, s, testCase{run: c.run})
			if err == nil {
				t.Fatal("the suite does not notice")
			}
			t.Log(err)
		})
	}
}
