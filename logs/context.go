package logs

import "context"

// requestIDKey is the attribute under which the id of a request or task stands in each of its lines.
const requestIDKey = "request_id"

type requestIDInContext struct{}

// WithRequestID returns a context whose log lines carry id. The id must not be private: it is also given to clients.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDInContext{}, id)
}

// RequestID is the id that WithRequestID put into ctx, "" when there is none.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDInContext{}).(string)
	return id
}
