package wxmsg

import (
	"context"
	"errors"
)

const (
	opUserInfos = "user.info.batchget"

	// MaxUserInfos is how many openids one call of UserInfos takes (wechat.md §6.2).
	MaxUserInfos = 100
)

// UserInfos asks about up to MaxUserInfos openids of this official account at
// once, by openid. An openid the platform says nothing about is missing in the
// answer. One that is not this account's makes the whole call fail with class
// Refused (40003). The error is or wraps an *Error.
func (c *Client) UserInfos(ctx context.Context, openIDs []string) (map[string]UserInfo, error) {
	if len(openIDs) == 0 || len(openIDs) > MaxUserInfos {
		return nil, badInput(opUserInfos, "takes 1 to 100 openids")
	}
	type user struct {
		OpenID string `json:"openid"`
		Lang   string `json:"lang"`
	}
	asked := make([]user, len(openIDs))
	for i, id := range openIDs {
		if id == "" {
			return nil, badInput(opUserInfos, "no openid")
		}
		asked[i] = user{OpenID: id, Lang: "zh_CN"}
	}
	var answer struct {
		List *[]struct {
			OpenID    string `json:"openid"`
			Subscribe number `json:"subscribe"`
			UnionID   string `json:"unionid"`
		} `json:"user_info_list"`
	}
	body := map[string]any{"user_list": asked}
	if err := c.withToken(ctx, call{op: opUserInfos, path: "/cgi-bin/user/info/batchget", body: body, into: &answer}); err != nil {
		return nil, err
	}
	if answer.List == nil {
		return nil, ambiguous(opUserInfos, 200, errors.New("the answer has no list"))
	}
	infos := make(map[string]UserInfo, len(*answer.List))
	for _, u := range *answer.List {
		infos[u.OpenID] = UserInfo{Subscribed: u.Subscribe == 1, UnionID: u.UnionID}
	}
	return infos, nil
}
