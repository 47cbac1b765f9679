package loggers

import (
	"context"
	"log/slog"
)

// handler is the slog.Handler of one logger: it drops what is below the logger's level.
type handler struct {
	node *node
	next slog.Handler
}

// Enabled implements slog.Handler.
func (h *handler) Enabled(_ context.Context, level slog.Level) bool {
	return int64(level) >= h.node.level.Load()
}

// Handle implements slog.Handler. Whether the line is wanted is decided; what lies below must not decide again.
func (h *handler) Handle(ctx context.Context, r slog.Record) error { return h.next.Handle(ctx, r) }

// WithAttrs implements slog.Handler.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &handler{node: h.node, next: h.next.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h *handler) WithGroup(name string) slog.Handler {
	return &handler{node: h.node, next: h.next.WithGroup(name)}
}
