package handlers

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"shixi/internship"
)

// access is one way to be let in: who may call, and what stands before the
// handler.
type access struct {
	// security names the schemes of securitySchemes; none: open to all.
	security []map[string][]string
	// unseen: the guards let anybody through, and the act looks at who it is.
	unseen bool
	// guards run in their order before the handler.
	guards huma.Middlewares
	// keyed guards stand before POSTs only, which an Idempotency-Key makes
	// safe to repeat; keyRequired says so in the documentation.
	keyed       huma.Middlewares
	keyRequired bool
	// errors are what the guards refuse with.
	errors []*internship.Error
}

// doc is what the documentation says of one operation.
type doc struct {
	Tag, Summary, Says string
	// Status of a success; 0: 200, or 204 without a body.
	Status int
	// Errors are what the act refuses with, besides what every operation of
	// its access may.
	Errors []*internship.Error
	// Body has the type of a success that is written beforehand; nil: the
	// answer tells.
	Body any
	// Also are further answers that are no errors, by status.
	Also map[int]also
}

// also is an answer with the body of a success, or with none.
type also struct {
	Says string
	Body bool
}

// endpoint declares one route: how it is called, who may call it, under which
// name it is documented, and what it does.
func endpoint[I, O any](a *App, who access, method, path, id string, do func(context.Context, *I) (*O, error)) {
	if len(who.security) == 0 || who.unseen {
		a.open[path] = true
	}
	keyed := method == http.MethodPost && len(who.keyed) > 0
	var parameters []*huma.Param
	if keyed {
		parameters = []*huma.Param{keyParameter(who.keyRequired)}
	}
	op := a.operation(who, method, path, id, parameters...)
	op.Middlewares = append(op.Middlewares, a.readWhole, a.jsonOnly)
	if keyed {
		op.Middlewares = append(op.Middlewares, who.keyed...)
	}
	huma.Register(a.api, op, do)
	for status, answer := range a.docs[id].Also {
		response := &huma.Response{Description: answer.Says}
		if answer.Body {
			response.Content = op.Responses["200"].Content
		}
		op.Responses[strconv.Itoa(status)] = response
	}
}

// operation is what all routes have: their place, their documentation and who
// is let in. A parameter is the idempotency key.
func (a *App) operation(who access, method, path, id string, parameters ...*huma.Param) huma.Operation {
	d := a.docs[id]
	refusals := slices.Concat(who.errors, d.Errors, []*internship.Error{internship.ErrInternal, internship.ErrUnavailable})
	if len(parameters) > 0 {
		refusals = append(refusals, internship.ErrInFlight, internship.ErrKeyReused)
		if who.keyRequired {
			refusals = append(refusals, internship.ErrKeyMissing)
		}
	}
	answers := refusalAnswers(a.api.OpenAPI().Components.Schemas, refusals)
	if d.Body != nil {
		answers["200"] = &huma.Response{Content: map[string]*huma.MediaType{
			"application/json": {Schema: a.api.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(d.Body), true, "")}}}
	}
	return huma.Operation{
		OperationID: id, Method: method, Path: path, Summary: d.Summary, Description: d.Says, Tags: []string{d.Tag},
		Security: who.security, DefaultStatus: d.Status, SkipValidateBody: true, Parameters: parameters,
		Middlewares: slices.Clone(who.guards), Responses: answers,
	}
}

func keyParameter(required bool) *huma.Param {
	longest, shortest := longestKey, 1
	return &huma.Param{Name: headerKey, In: "header", Required: required, Example: "6b0e1f0c-7f0b-4a53-9d7c-5d0d2f4b8f11",
		Description: "幂等键：1 至 128 个可见的英文字符。24 小时内以相同的键重复同一请求，只执行一次，并得到同样的回答（Idempotency-Replayed: true）。",
		Schema:      &huma.Schema{Type: huma.TypeString, MinLength: &shortest, MaxLength: &longest}}
}

// jsonOnly refuses bodies of another type than JSON. An operation without a
// body ignores whatever comes.
func (a *App) jsonOnly(ctx huma.Context, next func(huma.Context)) {
	if r := requestOf(ctx.Context()); ctx.Operation().RequestBody != nil && r != nil && len(r.body) > 0 {
		kind, parameters, err := mime.ParseMediaType(ctx.Header("Content-Type"))
		charset := parameters["charset"]
		if err != nil || kind != "application/json" || charset != "" && !strings.EqualFold(charset, "utf-8") {
			a.refuse(ctx, internship.ErrMediaType)
			return
		}
	}
	next(ctx)
}

// refusalAnswers documents every refusal of an operation: one answer per
// status with an example per code, and the same form for anything else.
func refusalAnswers(r huma.Registry, refusals []*internship.Error) map[string]*huma.Response {
	schema := (&Problem{}).schema(r)
	byStatus := map[int][]*internship.Error{}
	for _, e := range refusals {
		if !slices.ContainsFunc(byStatus[e.Status()], func(o *internship.Error) bool { return o.Code == e.Code }) {
			byStatus[e.Status()] = append(byStatus[e.Status()], e)
		}
	}
	answers := map[string]*huma.Response{"default": {Description: "其他错误，格式相同",
		Content: map[string]*huma.MediaType{problemType: {Schema: schema}}}}
	for status, errors := range byStatus {
		slices.SortFunc(errors, func(x, y *internship.Error) int { return x.Number - y.Number })
		examples, lines := map[string]*huma.Example{}, make([]string, len(errors))
		for i, e := range errors {
			lines[i] = fmt.Sprintf("`%s` %s", e.Code, e.Title)
			p := render(e)
			p.RequestID = "5f0c1e9a7b3d4c2e8a6f1b0d9c7e5a3b"
			examples[e.Code] = &huma.Example{Summary: e.Title, Value: p}
		}
		answer := &huma.Response{Description: strings.Join(lines, " · "),
			Content: map[string]*huma.MediaType{problemType: {Schema: schema, Examples: examples}}}
		if slices.ContainsFunc(errors, func(e *internship.Error) bool { return e.RetryAfter > 0 }) {
			answer.Headers = map[string]*huma.Header{"Retry-After": {Description: "几秒后再试", Schema: &huma.Schema{Type: huma.TypeInteger}}}
		}
		answers[strconv.Itoa(status)] = answer
	}
	return answers
}
