// Package loggers gives every component of the worker a logger of its own whose level can be changed while it runs.
package loggers

import (
	"context"
	"log/slog"
	"math"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Root is the name of the logger that all others descend from.
const Root = "root"

// The levels that clients of the Java worker know, most talkative first.
var levels = []namedLevel{
	{"ALL", math.MinInt32}, {"TRACE", slog.LevelDebug - 4}, {"DEBUG", slog.LevelDebug}, {"INFO", slog.LevelInfo}, {"WARN", slog.LevelWarn},
	{"ERROR", slog.LevelError}, {"FATAL", slog.LevelError + 4}, {off, math.MaxInt32},
}

const off = "OFF"

type namedLevel struct {
	name  string
	level slog.Level
}

// Level is the state of a logger.
type Level struct {
	Name     string    // one of the names of log4j, in capitals
	Modified time.Time // zero when it was never set
}

// Tree holds the levels of loggers whose dotted names descend from one another, as Java packages do. A logger without
// a level of its own has that of its nearest ancestor.
type Tree struct {
	next slog.Handler

	mu    sync.Mutex
	nodes map[string]*node
}

// node is one logger. Level is read for every line that is logged.
type node struct {
	level    atomic.Int64
	name     string // of the level
	modified time.Time
}

// New returns a tree that writes through next, all of it at level INFO, or at WARN or ERROR when next wants no less.
func New(next slog.Handler) *Tree {
	t := &Tree{next: next, nodes: map[string]*node{}}
	root := &node{name: "INFO"}
	for _, l := range levels {
		if l.level >= slog.LevelInfo && next.Enabled(context.Background(), l.level) {
			root.name = l.name
			root.level.Store(int64(l.level))
			break
		}
	}
	t.nodes[Root] = root
	return t
}

// Logger returns the logger called name and makes it known.
func (t *Tree) Logger(name string) *slog.Logger {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slog.New(&handler{node: t.node(name), next: t.next})
}

// node finds or makes a logger. The caller holds mu.
func (t *Tree) node(name string) *node {
	if n, ok := t.nodes[name]; ok {
		return n
	}
	parent := t.ancestor(name)
	n := &node{name: parent.name}
	n.level.Store(parent.level.Load())
	t.nodes[name] = n
	return n
}

func (t *Tree) ancestor(name string) *node {
	for {
		at := strings.LastIndexByte(name, '.')
		if at < 0 {
			return t.nodes[Root]
		}
		name = name[:at]
		if n, ok := t.nodes[name]; ok {
			return n
		}
	}
}

// Levels returns the level of every known logger.
func (t *Tree) Levels() map[string]Level {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make(map[string]Level, len(t.nodes))
	for name, n := range t.nodes {
		all[name] = Level{Name: n.name, Modified: n.modified}
	}
	return all
}

// Level returns the level of one logger; ok is false when no logger has that name.
func (t *Tree) Level(name string) (l Level, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, ok := t.nodes[canonical(name)]
	if !ok {
		return Level{}, false
	}
	return Level{Name: n.name, Modified: n.modified}, true
}

// maxLoggers bounds what clients can make a tree remember.
const maxLoggers = 10_000

// Set gives a level to a logger and to all whose names begin with its name, as the Java worker does, and returns the
// sorted names of those that had another one; the logger becomes known. OFF counts as another one each time. ok is false
// when there is no such level or no room for another logger.
func (t *Tree) Set(name, level string) (changed []string, ok bool) {
	value, known := parse(level)
	if !known {
		return nil, false
	}
	name = canonical(name)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.nodes[name] == nil && len(t.nodes) >= maxLoggers {
		return nil, false
	}
	t.node(name)
	changed = []string{}
	now := time.Now()
	for other, n := range t.nodes {
		if name != Root && !strings.HasPrefix(other, name) || n.name == value.name && value.name != off {
			continue
		}
		n.name, n.modified = value.name, now
		n.level.Store(int64(value.level))
		changed = append(changed, other)
	}
	sort.Strings(changed)
	return changed, true
}

// Known reports whether there is a level of that name, in any case and with blanks around it.
func Known(level string) bool {
	_, ok := parse(level)
	return ok
}

func parse(level string) (namedLevel, bool) {
	level = strings.ToUpper(strings.TrimSpace(level))
	for _, l := range levels {
		if l.name == level {
			return l, true
		}
	}
	return namedLevel{}, false
}

func canonical(name string) string {
	if strings.EqualFold(name, Root) {
		return Root
	}
	return name
}
