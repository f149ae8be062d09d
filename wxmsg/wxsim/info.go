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
	return c.app.tell(s.users[c.query.Get("openid")])
}

// maxUserInfos is how many openids one batchget takes (wechat.md §6.2).
const maxUserInfos = 100

// userInfos is POST /cgi-bin/user/info/batchget: what user/info tells, of several
// people. One openid of another account refuses them all.
func (s *Sim) userInfos(c *call) (any, *apiError) {
	var in struct {
		List []struct {
			OpenID string `json:"openid"`
		} `json:"user_list"`
	}
	if refusal := c.decode(&in); refusal != nil {
		return nil, refusal
	}
	if len(in.List) == 0 || len(in.List) > maxUserInfos {
		return nil, refuse(errArguments)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]any, 0, len(in.List))
	for _, one := range in.List {
		told, refusal := c.app.tell(s.users[one.OpenID])
		if refusal != nil {
			return nil, refusal
		}
		list = append(list, told)
	}
	return map[string]any{"user_info_list": list}, nil
}

// tell is what user/info says of one person. Needs s.mu.
func (a *account) tell(u *user) (any, *apiError) {
	if u == nil || u.AppID != a.AppID {
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
		if t := a.scenes[u.scene]; t != nil && t.numeric {
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
