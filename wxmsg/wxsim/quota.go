package wxsim

import "time"

// clearsPerMonth is how often an account's counts may be cleared (wechat.md §1.6).
const clearsPerMonth = 10

// monthOf names a month of the platform's calendar, for a meter.
func monthOf(t time.Time) int64 {
	y, m, _ := t.In(time.FixedZone("CST", 8*3600)).Date()
	return int64(y)*12 + int64(m)
}

// clearQuota is POST /cgi-bin/clear_quota: the day's counts begin anew. It costs
// one of ten a month; beyond: 48006.
func (s *Sim) clearQuota(c *call) (any, *apiError) {
	var in struct {
		AppID string `json:"appid"`
	}
	if refusal := c.decode(&in); refusal != nil {
		return nil, refusal
	}
	if in.AppID != c.app.AppID {
		return nil, refuse(errAppID)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !c.app.clears.take(monthOf(c.now), clearsPerMonth) {
		return nil, refuse(errClears)
	}
	c.app.daily = meter{}
	return errorBody{ErrMsg: "ok"}, nil
}

type quotaResult struct {
	ErrCode int       `json:"errcode"`
	ErrMsg  string    `json:"errmsg"`
	Quota   quotaInfo `json:"quota"`
}

type quotaInfo struct {
	Limit  int `json:"daily_limit"`
	Used   int `json:"used"`
	Remain int `json:"remain"`
}

// getQuota is POST /cgi-bin/openapi/quota/get. Only template messages are
// counted; other paths answer 76022.
func (s *Sim) getQuota(c *call) (any, *apiError) {
	var in struct {
		Path string `json:"cgi_path"`
	}
	if refusal := c.decode(&in); refusal != nil {
		return nil, refusal
	}
	if in.Path != PathTemplateSend {
		return nil, refuse(errQuotaPath)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	limit := max(c.app.DailyQuota, 0)
	used := min(c.app.daily.taken(dayOf(c.now)), limit)
	return quotaResult{ErrMsg: "ok", Quota: quotaInfo{Limit: limit, Used: used, Remain: limit - used}}, nil
}
