package wxsim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// Limits of parametric QR codes (wechat.md §7.2).
const (
	qrDefaultLife  = 30 * time.Second
	qrMaxLife      = 2_592_000 * time.Second
	qrMaxSceneSize = 64
	qrMaxLimitID   = 100_000
	qrMaxPermanent = 100_000
	qrMaxLive      = 100_000 // kept per account; the oldest temporary ones go first
)

// ticket is one QR code of an account.
type ticket struct {
	value   string
	url     string
	scene   string
	numeric bool
	expires time.Time // zero: permanent
}

func (t *ticket) alive(now time.Time) bool { return t.expires.IsZero() || now.Before(t.expires) }

type qrRequest struct {
	ExpireSeconds *int64 `json:"expire_seconds"`
	ActionName    string `json:"action_name"`
	ActionInfo    struct {
		Scene struct {
			ID  json.Number `json:"scene_id"`
			Str *string     `json:"scene_str"`
		} `json:"scene"`
	} `json:"action_info"`
}

type qrResult struct {
	Ticket        string `json:"ticket"`
	ExpireSeconds int64  `json:"expire_seconds,omitempty"`
	URL           string `json:"url"`
}

// createQR is POST /cgi-bin/qrcode/create. An expire_seconds out of range is
// refused with 40053; a permanent scene asked for again gets the same ticket.
func (s *Sim) createQR(c *call) (any, *apiError) {
	var in qrRequest
	if refusal := c.decode(&in); refusal != nil {
		return nil, refusal
	}
	t, life, refusal := in.read()
	if refusal != nil {
		return nil, refusal
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := c.app.scenes[t.scene]; life == 0 && old != nil && old.expires.IsZero() {
		return qrResult{Ticket: old.value, URL: old.url}, nil
	}
	if !c.app.roomForQR(c.now, life == 0) {
		return nil, refuse(errDailyQuota)
	}
	t.value = "gQ" + s.randomString(86) + "=="
	t.url = "http://weixin.qq.com/q/02" + s.randomString(24)
	if life > 0 {
		t.expires = c.now.Add(life)
	}
	c.app.tickets[t.value], c.app.scenes[t.scene] = t, t
	s.generation.Add(1)
	return qrResult{Ticket: t.value, ExpireSeconds: int64(life / time.Second), URL: t.url}, nil
}

// read checks the request against the limits; life 0 is for ever.
func (in *qrRequest) read() (*ticket, time.Duration, *apiError) {
	var t *ticket
	permanent := false
	switch in.ActionName {
	case "QR_SCENE":
		t = in.number(1<<32 - 1)
	case "QR_LIMIT_SCENE":
		t, permanent = in.number(qrMaxLimitID), true
	case "QR_STR_SCENE":
		t = in.text()
	case "QR_LIMIT_STR_SCENE":
		t, permanent = in.text(), true
	default:
		return nil, 0, refuse(errActionName)
	}
	if t == nil {
		return nil, 0, refuse(errActionInfo)
	}
	if permanent {
		return t, 0, nil
	}
	life := qrDefaultLife
	if in.ExpireSeconds != nil {
		if *in.ExpireSeconds < 1 || *in.ExpireSeconds > int64(qrMaxLife/time.Second) {
			return nil, 0, refuse(errActionInfo)
		}
		life = time.Duration(*in.ExpireSeconds) * time.Second
	}
	return t, life, nil
}

func (in *qrRequest) number(highest uint64) *ticket {
	id, err := strconv.ParseUint(in.ActionInfo.Scene.ID.String(), 10, 64)
	if err != nil || id == 0 || id > highest {
		return nil
	}
	return &ticket{scene: strconv.FormatUint(id, 10), numeric: true}
}

func (in *qrRequest) text() *ticket {
	str := in.ActionInfo.Scene.Str
	if str == nil || *str == "" || utf8.RuneCountInString(*str) > qrMaxSceneSize {
		return nil
	}
	return &ticket{scene: *str}
}

// roomForQR forgets dead codes when there are many, and says whether another
// one fits. Needs s.mu.
func (a *account) roomForQR(now time.Time, permanent bool) bool {
	if len(a.tickets) >= qrMaxLive {
		for value, t := range a.tickets {
			if !t.alive(now) {
				a.dropTicket(value, t)
			}
		}
	}
	if permanent {
		n := 0
		for _, t := range a.tickets {
			if t.expires.IsZero() {
				n++
			}
		}
		return n < qrMaxPermanent
	}
	return len(a.tickets) < qrMaxLive+qrMaxPermanent
}

func (a *account) dropTicket(value string, t *ticket) {
	delete(a.tickets, value)
	if a.scenes[t.scene] == t {
		delete(a.scenes, t.scene)
	}
}

// liveScene finds the ticket of a scene that can be scanned now.
func (s *Sim) liveScene(appID, scene string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.apps[appID]
	if a == nil {
		return "", fmt.Errorf("%w: %s", ErrUnknownApp, appID)
	}
	t := a.scenes[scene]
	if t == nil || !t.alive(s.opts.Now()) {
		return "", ErrUnknownScene
	}
	return t.value, nil
}

// Scenes lists an account's scenes that can be scanned now, those that expire
// last first, at most 100.
func (s *Sim) Scenes(appID string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.apps[appID]
	if a == nil {
		return nil
	}
	now := s.opts.Now()
	live := make([]*ticket, 0, len(a.scenes))
	for _, t := range a.scenes {
		if t.alive(now) {
			live = append(live, t)
		}
	}
	slices.SortFunc(live, func(x, y *ticket) int { return y.expires.Compare(x.expires) })
	scenes := make([]string, 0, min(len(live), 100))
	for _, t := range live[:min(len(live), 100)] {
		scenes = append(scenes, t.scene)
	}
	return scenes
}

// showQR is GET /cgi-bin/showqrcode of mp.weixin.qq.com: the picture of a
// ticket, 404 for one that is unknown or expired. The real platform sends a
// JPEG, the simulator a PNG.
func (s *Sim) showQR(w http.ResponseWriter, r *http.Request) {
	s.countCall(PathQRShow)
	value := r.URL.Query().Get("ticket")
	var text string
	s.mu.Lock()
	for _, a := range s.apps {
		if t := a.tickets[value]; t != nil && t.alive(s.opts.Now()) {
			text = t.url
		}
	}
	s.mu.Unlock()
	if text == "" {
		gatewayError(w, http.StatusNotFound)
		return
	}
	picture, err := qrPNG(text)
	if err != nil {
		gatewayError(w, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	_, _ = w.Write(picture)
}
