// Package logs is the one door to the log: structured lines in JSON through log/slog, with the request's id from the
// context, and with everything private taken out before a line is written. It imports the standard library only, so
// that every layer may use it.
//
// What is taken out: values under private names (token, password, cookie, openid, mobile …) wherever such a name
// stands, as an attribute, a group, a struct field, a map key, a query parameter or in running text; and, whatever
// their name, values that look like an openid, a mainland ID number, a mobile number, a bearer token, the user part of
// a URL or a long random token; and each of the program's own secrets, by value.
package logs

import (
	"context"
	"io"
	"log/slog"
	"slices"
)

// New gives a logger that writes one JSON object a line to w, from level upwards. secrets are values that must never
// be written whatever stands around them: pass every secret setting of the program. Those shorter than eight bytes
// are left to the other rules, because replacing them would garble ordinary text.
func New(w io.Writer, level slog.Leveler, secrets ...string) *slog.Logger {
	redactor := NewRedactor(secrets...)
	json := slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: redactor.attr})
	return slog.New(&handler{plain: json, current: json})
}

// handler adds the request's id to a line. It keeps the handler of before the first group beside the current one, so
// that the id stands at the top of the line however deep the groups are.
type handler struct {
	plain   slog.Handler                      // before the first group
	current slog.Handler                      // with all groups and attributes
	ops     []func(slog.Handler) slog.Handler // what leads from plain to current
}

// Enabled reports whether lines of this level are written.
func (h *handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.current.Enabled(ctx, level)
}

// Handle writes one line.
func (h *handler) Handle(ctx context.Context, record slog.Record) error {
	id := RequestID(ctx)
	if id == "" {
		return h.current.Handle(ctx, record)
	}
	if len(h.ops) == 0 {
		record = record.Clone()
		record.AddAttrs(slog.String(requestIDKey, id))
		return h.current.Handle(ctx, record)
	}
	next := h.plain.WithAttrs([]slog.Attr{slog.String(requestIDKey, id)})
	for _, op := range h.ops {
		next = op(next)
	}
	return next.Handle(ctx, record)
}

// WithAttrs gives a handler that adds attrs to each line.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(h.ops) == 0 {
		next := h.current.WithAttrs(attrs)
		return &handler{plain: next, current: next}
	}
	return h.with(func(inner slog.Handler) slog.Handler { return inner.WithAttrs(attrs) })
}

// WithGroup gives a handler that puts what follows under name.
func (h *handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return h.with(func(inner slog.Handler) slog.Handler { return inner.WithGroup(name) })
}

func (h *handler) with(op func(slog.Handler) slog.Handler) *handler {
	return &handler{plain: h.plain, current: op(h.current), ops: append(slices.Clone(h.ops), op)}
}
