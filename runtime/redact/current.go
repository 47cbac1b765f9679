package redact

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
)

// Current is the redactor of a connector, whose values may become others while it runs. The zero value replaces nothing.
type Current struct {
	mu     sync.Mutex
	last   map[string]string
	former map[string]string
	now    atomic.Pointer[both]
}

// both are the redactors of the newest values and of those before: a task that runs with the latter may still speak of them.
type both struct{ newest, former *Redactor }

// Learn takes the newest values by their references.
func (c *Current) Learn(values map[string]string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if maps.Equal(c.last, values) {
		return
	}
	c.former, c.last = c.last, maps.Clone(values)
	c.now.Store(&both{New(c.last), New(c.former)})
}

// Text returns text with references in place of values.
func (c *Current) Text(text string) string {
	b := c.now.Load()
	if b == nil {
		return text
	}
	return b.former.Text(b.newest.Text(text))
}

// idle reports whether there is nothing to replace.
func (c *Current) idle() bool {
	b := c.now.Load()
	return b == nil || b.newest == nil && b.former == nil
}

// Logger returns a logger that writes what log does, with references in place of values.
func (c *Current) Logger(log *slog.Logger) *slog.Logger {
	return slog.New(handler{log.Handler(), c})
}

type handler struct {
	next slog.Handler
	c    *Current
}

// Enabled implements slog.Handler.
func (h handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (h handler) Handle(ctx context.Context, r slog.Record) error {
	if h.c.idle() {
		return h.next.Handle(ctx, r)
	}
	clean := slog.NewRecord(r.Time, r.Level, h.c.Text(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(h.attr(a))
		return true
	})
	return h.next.Handle(ctx, clean)
}

// WithAttrs implements slog.Handler.
func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = h.attr(a)
	}
	return handler{h.next.WithAttrs(clean), h.c}
}

// WithGroup implements slog.Handler.
func (h handler) WithGroup(name string) slog.Handler { return handler{h.next.WithGroup(name), h.c} }

// attr replaces the values in a, whatever it holds: what is no text is looked at as it would be printed.
func (h handler) attr(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	switch v.Kind() {
	case slog.KindString:
		v = slog.StringValue(h.c.Text(v.String()))
	case slog.KindGroup:
		group := make([]slog.Attr, 0, len(v.Group()))
		for _, member := range v.Group() {
			group = append(group, h.attr(member))
		}
		v = slog.GroupValue(group...)
	case slog.KindAny:
		printed := fmt.Sprint(v.Any())
		if clean := h.c.Text(printed); clean != printed {
			v = slog.StringValue(clean)
		}
	}
	return slog.Attr{Key: a.Key, Value: v}
}
