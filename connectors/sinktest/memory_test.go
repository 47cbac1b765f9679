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
	dropsOnClose, aheadOfTarget, keepsLazy, acceptsSilently, writesAfterLost, leaks, rejectsMates, failsInOutage, losesInOutage,
	startsAlone, ignoresLogin, rejectsForLogin, showsSecret bool
	keepsRejected bool // no flaw: a bad record is rejected without being accepted
}

// memory is a sink over a slice: it buffers up to ten records for two seconds.
type memory struct {
	flaws  flaws
	mu     sync.Mutex
	target map[string][]string
	away   bool
	locked bool // the login is refused
	born   bool // somebody has started
}

var (
	errAway  = errors.New("connection refused")
	errLogin = errors.New("refuse the login: correct password")
)

// reach fails while the service is not there for the sink.
func (m *memory) reach() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.away && m.flaws.failsInOutage:
		return errAway
	case m.away:
		return connectors.Retriable(errAway)
	case m.locked && m.flaws.ignoresLogin:
		return connectors.Retriable(errLogin)
	case m.locked && m.flaws.showsSecret:
		return fmt.Errorf("log in with %s: %w", "hidden-word", errLogin)
	case m.locked:
		return connectors.Correctable(errLogin)
	}
	return nil
}

// trouble sets one of the troubles until the returned function is called.
func (m *memory) trouble(what *bool) (end func()) {
	set := func(on bool) {
		m.mu.Lock()
		defer m.mu.Unlock()
		*what = on
	}
	set(true)
	return func() { set(false) }
}

var memoryDef = configdef.New(configdef.Key{Name: "target", Type: configdef.String, Required: true, Doc: "Name of the target."},
	configdef.Key{Name: "password", Type: configdef.Password, Doc: "Password of the target."})

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
	if err := m.reach(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.born && m.flaws.startsAlone {
		return nil, errors.New("create the target: it exists")
	}
	m.born = true
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
		if err := w.makeRoom(); err != nil {
			if len(bad) > 0 {
				return i, &connectors.RejectedError{Rejections: bad}
			}
			return i, err
		}
		if w.task.m.flaws.rejectsForLogin && w.task.m.reach() != nil {
			return len(batch), connectors.Reject(r, errLogin)
		}
		if w.task.m.flaws.keepsLazy {
			w.useLazy()
			w.lazy = append(w.lazy, r.Value)
		}
		text := fmt.Sprint(r.Value.Data())
		if strings.Contains(text, "poison") {
			if w.task.m.flaws.keepsRejected {
				return i, connectors.Reject(r, errors.New("find poison"))
			}
			bad = append(bad, connectors.NewRejection(r, errors.New("find poison")))
			if w.task.m.flaws.rejectsMates {
				return len(batch), &connectors.RejectedError{Rejections: bad}
			}
			continue
		}
		w.held, w.offsets = append(w.held, text), append(w.offsets, r.Offset)
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

func (w *memoryWriter) makeRoom() error {
	if len(w.held) < 10 {
		return nil
	}
	return w.flush()
}

func (w *memoryWriter) flush() error {
	err := w.task.m.reach()
	if err != nil && !w.task.m.flaws.losesInOutage {
		return err
	}
	if err == nil {
		w.task.m.add(w.task.target, w.held)
	}
	w.held, w.offsets, w.since = nil, nil, time.Time{}
	return nil
}

func (w *memoryWriter) Advance(_ context.Context, now time.Time) (time.Time, error) {
	switch {
	case len(w.held) == 0:
		return time.Time{}, nil
	case w.since.IsZero():
		w.since = now
	case now.Sub(w.since) >= 2*time.Second:
		return time.Time{}, w.flush()
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
		return w.flush()
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
		Fresh: func(t *testing.T) map[string]string {
			return map[string]string{"target": t.Name(), "password": "hidden-word"}
		},
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
		Outage:      func(*testing.T, map[string]string) func() { return m.trouble(&m.away) },
		RefuseLogin: func(*testing.T, map[string]string) func() { return m.trouble(&m.locked) },

		NoLateRequests: "nothing is between the sink and the memory",
	}
}

func TestSuitePassesAGoodSink(t *testing.T) { Run(t, memorySubject(flaws{})) }

func TestSuitePassesASinkThatAcceptsNothingWithARejection(t *testing.T) {
	Run(t, memorySubject(flaws{keepsRejected: true}))
}

func TestSubjectSaysWhyATroubleCannotBe(t *testing.T) {
	for name, change := range map[string]func(*Subject){
		"no outage":       func(s *Subject) { s.Outage = nil },
		"outage and none": func(s *Subject) { s.NoOutage = "it never fails" },
		"no login":        func(s *Subject) { s.RefuseLogin = nil },
		"login and none":  func(s *Subject) { s.NoLogin = "it has none" },
	} {
		s := memorySubject(flaws{})
		if err := s.complete(); err != nil {
			t.Error(err)
		}
		if change(&s); s.complete() == nil {
			t.Error(name, "goes unnoticed")
		}
	}
}

func TestSuiteFindsFlaws(t *testing.T) {
	defer func(d time.Duration) { patience = d }(patience)
	patience = 2 * time.Second // a sink that never fails is waited for
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
		"fails in outage":   {flaws{failsInOutage: true}, serviceAway},
		"fails at start":    {flaws{failsInOutage: true}, handedOverWhileAway},
		"loses in outage":   {flaws{losesInOutage: true}, serviceAway},
		"starts alone":      {flaws{startsAlone: true}, startTogether},
		"ignores login":     {flaws{ignoresLogin: true}, loginRefused},
		"rejects for login": {flaws{rejectsForLogin: true}, loginRefused},
		"shows its secret":  {flaws{showsSecret: true}, loginRefused},
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
