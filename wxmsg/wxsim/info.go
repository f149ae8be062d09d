package wxsim

import (
	"strconv"
	"time"
)

// jsTicket is the jsapi_ticket of an account.
type jsTicket struct {
	value   string
	expires time.Time
}

type userInfoResult struct {
	Subscribe      int    `json:"subscribe"`
	OpenID         string `json:"openid"`
	Language       string `json:"language,omitempty"`
	SubscribeTime  int64  `json:"subscribe_time,omitempty"`
	UnionID        string `json:"unionid,omitempty"`
	Remark         string `json:"remark"`
	GroupID        int    `json:"groupid"`
	TagIDs         []int  `json:"tagid_list"`
	SubscribeScene string `json:"subscribe_scene,omitempty"`
	QRScene        int    `json:"qr_scene"`
	QRSceneStr     string `json:"qr_scene_str"`
}

// userInfo is GET /cgi-bin/user/info. Of somebody who does not follow it tells
// no more than that, and never a name (wechat.md §5.1).
func (s *Sim) userInfo(c *call) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[c.query.Get("openid")]
	if u == nil || u.AppID != c.app.AppID {
		return nil, refuse(errOpenID)
	}
	if !u.Subscribed {
		return map[string]any{"subscribe": 0, "openid": u.OpenID, "tagid_list": []int{}}, nil
	}
	out := userInfoResult{
		Subscribe: 1, OpenID: u.OpenID, Language: "zh_CN", SubscribeTime: u.followedAt.Unix(),
		UnionID: u.UnionID, TagIDs: []int{}, SubscribeScene: "ADD_SCENE_SEARCH",
	}
	if u.scene != "" {
		out.SubscribeScene = "ADD_SCENE_QR_CODE"
		if t := c.app.scenes[u.scene]; t != nil && t.numeric {
			out.QRScene, _ = strconv.Atoi(u.scene)
		} else {
			out.QRSceneStr = u.scene
		}
	}
	return out, nil
}

type ticketResult struct {
	ErrCode   int    `json:"errcode"`
	ErrMsg    string `json:"errmsg"`
	Ticket    string `json:"ticket"`
	ExpiresIn int    `json:"expires_in"`
}

// getTicket is GET /cgi-bin/ticket/getticket: the same ticket until it expires.
func (s *Sim) getTicket(c *call) (any, *apiError) {
	if c.query.Get("type") != "jsapi" {
		return nil, refuse(errArguments)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &c.app.jsTicket
	if !c.now.Before(t.expires) {
		t.value, t.expires = "kgt8"+s.randomString(83), c.now.Add(tokenLife)
	}
	return ticketResult{ErrMsg: "ok", Ticket: t.value, ExpiresIn: int(t.expires.Sub(c.now) / time.Second)}, nil
}
