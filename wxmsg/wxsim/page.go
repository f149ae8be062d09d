package wxsim

import (
	crand "crypto/rand"
	_ "embed"
	"encoding/base64"
	"errors"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

//go:embed page.html
var pageHTML string

const maxForm = 16 << 10

func parseView() *template.Template { return template.Must(template.New("").Parse(pageHTML)) }

// htmlPages are the paths that are for people.
func (s *Sim) htmlPages() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		PathQRShow:         s.showQR,
		PathAuthorize:      s.guard(http.MethodGet, s.authorize),
		"/sim":             s.guard(http.MethodGet, s.showPhones),
		"/sim/phones.json": s.guard(http.MethodGet, s.phonesJSON),
		"/sim/act":         s.guard(http.MethodPost, s.act),
	}
}

// guard admits one method, requests that name this machine, and POSTs from the
// page itself. The host is checked because a foreign site may point its own
// name at the loopback address.
func (s *Sim) guard(method string, next http.HandlerFunc) http.HandlerFunc {
	origin := http.NewCrossOriginProtection()
	return func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !s.knownHost(r.Host):
			http.Error(w, "此地址不能打开模拟微信", http.StatusMisdirectedRequest)
		case r.Method != method:
			w.Header().Set("Allow", method)
			http.Error(w, "不支持的请求方式", http.StatusMethodNotAllowed)
		case origin.Check(r) != nil:
			http.Error(w, "只能在本页面上操作", http.StatusForbidden)
		default:
			next(w, r)
		}
	}
}

func (s *Sim) knownHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if host == "localhost" || slices.Contains(s.opts.Hosts, host) {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// pageData is what a template of page.html gets.
type pageData struct {
	Nonce      string
	Generation uint64
	Body       any
	Code       int
}

// render writes one template of page.html under a policy that lets nothing run
// or load but the page's own style and script.
func (s *Sim) render(w http.ResponseWriter, name string, body any, code int) {
	var random [16]byte
	crand.Read(random[:]) // never fails
	data := pageData{Nonce: base64.RawURLEncoding.EncodeToString(random[:]), Generation: s.generation.Load(), Body: body, Code: code}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+data.Nonce+"'; script-src 'nonce-"+data.Nonce+
		"'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	if err := s.view.ExecuteTemplate(w, name, data); err != nil {
		s.opts.Log.Debug("wxsim: page not written", "error", err)
	}
}

func (s *Sim) showPhones(w http.ResponseWriter, r *http.Request) {
	body := s.phones()
	body.Notice = notices()[r.URL.Query().Get("said")]
	s.render(w, "phones", body, 0)
}

// phonesJSON answers the page's question whether anything changed after a
// generation, with all phones if so.
func (s *Sim) phonesJSON(w http.ResponseWriter, r *http.Request) {
	generation := s.generation.Load()
	answer := map[string]any{"generation": generation}
	if r.URL.Query().Get("after") != strconv.FormatUint(generation, 10) {
		answer["phones"] = s.phones().Phones
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(encode(answer))
}

// notices are the sentences a redirect may ask the page to show.
func notices() map[string]string {
	return map[string]string{
		"scene":    "没有这个二维码，或者它已经过期。",
		"callback": "已操作，但公众号服务器没有正确应答（共试 3 次）。",
		"failed":   "操作没有成功，请检查填写的内容。",
		"armed":    "故障已布置。",
	}
}

// act carries out one button of the page and shows the page again.
func (s *Sim) act(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "无法读取表单", http.StatusBadRequest)
		return
	}
	said, err := s.perform(r)
	switch {
	case errors.Is(err, ErrUnknownScene):
		said = "scene"
	case errors.Is(err, ErrCallback):
		said = "callback"
	case err != nil:
		said = "failed"
	}
	to := "/sim"
	if said != "" {
		to += "?said=" + said
	}
	if phone := r.PostForm.Get("phone"); phone != "" {
		to += "#" + url.PathEscape(phone)
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (s *Sim) perform(r *http.Request) (said string, err error) {
	app, openID := r.PostForm.Get("app"), r.PostForm.Get("openid")
	switch r.PostForm.Get("do") {
	case "follow":
		return "", s.Follow(app, openID, "")
	case "unfollow":
		return "", s.Unfollow(app, openID)
	case "block":
		return "", s.Block(app, openID)
	case "unblock":
		return "", s.Unblock(app, openID)
	case "scan":
		_, err := s.Scan(r.Context(), app, openID, r.PostForm.Get("scene"))
		return "", err
	case "accept":
		return "", s.AcceptTemplates(r.Context(), app, openID, s.TemplateIDs(app)...)
	case "person":
		return "", s.newPerson(r.PostForm.Get("name"))
	case "fault":
		return s.armPreset(r.PostForm)
	case "clear":
		s.ClearFaults()
		return "", nil
	}
	return "failed", nil
}
