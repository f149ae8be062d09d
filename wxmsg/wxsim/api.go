package wxsim

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Paths of the API endpoints, for Fault, Calls and Answers.
const (
	PathStableToken   = "/cgi-bin/stable_token"
	PathToken         = "/cgi-bin/token"
	PathTemplateSend  = "/cgi-bin/message/template/send"
	PathTemplates     = "/cgi-bin/template/get_all_private_template"
	PathSubscribeSend = "/cgi-bin/message/subscribe/send"
	PathLogin         = "/sns/jscode2session"
	PathPhoneNumber   = "/wxa/business/getuserphonenumber"
	PathQRCreate      = "/cgi-bin/qrcode/create"
	PathQRShow        = "/cgi-bin/showqrcode"
	PathUserInfo      = "/cgi-bin/user/info"
	PathUserInfos     = "/cgi-bin/user/info/batchget"
	PathClearQuota    = "/cgi-bin/clear_quota"
	PathQuota         = "/cgi-bin/openapi/quota/get"
	PathTicket        = "/cgi-bin/ticket/getticket"
	PathAuthorize     = "/connect/oauth2/authorize"
	PathOAuthToken    = "/sns/oauth2/access_token"
	PathOAuthUser     = "/sns/userinfo"
)

// maxRequestBody is the largest API body accepted, in bytes; beyond: 45002.
const maxRequestBody = 1 << 20

// endpoint is one API path.
type endpoint struct {
	method string // the only one allowed
	token  bool   // needs a valid access_token in the query
	kind   Kind   // of the account, where token is set; others answer 48001
	both   bool   // accounts of both kinds may call
	serve  func(*call) (any, *apiError)
}

// routes is the platform's API on one screen.
func (s *Sim) routes() map[string]endpoint {
	return map[string]endpoint{
		PathStableToken:   {method: http.MethodPost, serve: s.stableToken},
		PathToken:         {method: http.MethodGet, serve: s.classicToken},
		PathTemplateSend:  {method: http.MethodPost, token: true, kind: OA, serve: s.templateSend},
		PathTemplates:     {method: http.MethodGet, token: true, kind: OA, serve: s.listTemplates},
		PathSubscribeSend: {method: http.MethodPost, token: true, kind: MP, serve: s.subscribeSend},
		PathLogin:         {method: http.MethodGet, serve: s.login},
		PathPhoneNumber:   {method: http.MethodPost, token: true, kind: MP, serve: s.phoneNumber},
		PathQRCreate:      {method: http.MethodPost, token: true, kind: OA, serve: s.createQR},
		PathUserInfo:      {method: http.MethodGet, token: true, kind: OA, serve: s.userInfo},
		PathUserInfos:     {method: http.MethodPost, token: true, kind: OA, serve: s.userInfos},
		PathClearQuota:    {method: http.MethodPost, token: true, both: true, serve: s.clearQuota},
		PathQuota:         {method: http.MethodPost, token: true, both: true, serve: s.getQuota},
		PathTicket:        {method: http.MethodGet, token: true, both: true, serve: s.getTicket},
		PathOAuthToken:    {method: http.MethodGet, serve: s.oauthToken},
		PathOAuthUser:     {method: http.MethodGet, serve: s.oauthUser},
	}
}

// call is one API request as an endpoint sees it.
type call struct {
	path  string
	query url.Values
	body  []byte
	now   time.Time
	app   *account // whose token the call carries; nil where none is needed
}

// decode reads the JSON body: 44002 when there is none, 47001 when it is not
// what the endpoint takes.
func (c *call) decode(into any) *apiError {
	if len(bytes.TrimSpace(c.body)) == 0 {
		return refuse(errEmptyPost)
	}
	if err := json.Unmarshal(c.body, into); err != nil {
		return refuse(errDataFormat)
	}
	return nil
}

// answer is what goes back to the caller.
type answer struct {
	errcode int
	body    []byte
}

// ServeHTTP serves every path of the platform, and /sim for people.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if page := s.pages[r.URL.Path]; page != nil {
		page(w, r)
		return
	}
	e, ok := s.endpoints[r.URL.Path]
	if !ok {
		gatewayError(w, http.StatusNotFound)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequestBody+1))
	if err != nil {
		return // the caller is gone
	}
	s.serveAPI(w, r, e, &call{path: r.URL.Path, query: r.URL.Query(), body: body})
}

// serveAPI takes a call through the armed fault, if any, and the endpoint.
func (s *Sim) serveAPI(w http.ResponseWriter, r *http.Request, e endpoint, c *call) {
	s.countCall(c.path)
	fault, hit := s.faults.take(c)
	if hit {
		s.generation.Add(1)
	}
	if !s.sleep(s.opts.Latency + fault.Latency) {
		cutConnection(w)
		return
	}
	if s.failBefore(w, r, c, fault) {
		return
	}
	c.now = s.opts.Now()
	a := s.process(e, r.Method, c)
	s.countAnswer(c.path, a.errcode)
	if s.failAfter(w, r, a, fault) {
		return
	}
	writeJSON(w, http.StatusOK, c.path, a.body)
}

// process runs one call to its answer.
func (s *Sim) process(e endpoint, method string, c *call) answer {
	var result any
	refusal := s.admit(e, method, c)
	if refusal == nil {
		result, refusal = e.serve(c)
	}
	if refusal != nil {
		s.opts.Log.Debug("wxsim refused a call", "path", c.path, "errcode", refusal.code)
		result = refusal.body(c.path, s.rid(c.now))
	}
	a := answer{body: encode(result)}
	if refusal != nil {
		a.errcode = refusal.code
	}
	return a
}

// admit checks what is common to all endpoints: method, size, token.
func (s *Sim) admit(e endpoint, method string, c *call) *apiError {
	switch {
	case method != e.method && e.method == http.MethodPost:
		return refuse(errNeedPost)
	case method != e.method:
		return refuse(errNeedGet)
	case len(c.body) > maxRequestBody:
		return refuse(errTooLarge)
	case !e.token:
		return nil
	}
	app, refusal := s.bearer(c.query.Get("access_token"), c.now)
	if refusal != nil {
		return refusal
	}
	if !e.both && app.Kind != e.kind { // Kind never changes: no lock needed
		return refuse(errUnauthorized)
	}
	c.app = app
	return nil
}

// encode renders JSON the way the platform does: UTF-8, nothing escaped for HTML.
func encode(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return []byte(`{"errcode":-1,"errmsg":"system error"}`)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// writeJSON writes an API answer. The platform labels /sns/ answers as plain
// text although they are JSON; so does the simulator.
func writeJSON(w http.ResponseWriter, status int, path string, body []byte) {
	kind := "application/json; encoding=utf-8"
	if isSNS(path) {
		kind = "text/plain"
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
