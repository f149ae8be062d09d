package internship

import "slices"

// Channel is one of the customer's two WeChat apps, as people call it.
type Channel string

// The two channels by which WeChat knows a person (wechat.md §6.2).
const (
	ServiceAccount Channel = "服务号"
	MiniProgram    Channel = "小程序"
)

// identity is where the account keeps its identity of a channel.
func (a *Account) identity(c Channel) **Identity {
	if c == MiniProgram {
		return &a.MiniProgram
	}
	return &a.Follower
}

// bound records a binding; from now on the channel may be linked by unionid too.
func (a *Account) bound(name string, c Channel, do Do) error {
	a.Parted = slices.DeleteFunc(a.Parted, func(p Channel) bool { return p == c })
	refs := Refs{EnterpriseID: a.EnterpriseID, AccountID: a.ID}
	return a.Root.fire(accountMachine, &a.State, name, do, refs, map[string]string{"channel": string(c), "name": a.Name})
}

// Unbind ends the account's identity of a channel and says whether there was
// one. It is not linked by unionid again until the person binds it himself.
func (a *Account) Unbind(c Channel, do Do) (bool, error) {
	i := a.identity(c)
	if *i == nil {
		return false, nil
	}
	*i = nil
	if !slices.Contains(a.Parted, c) {
		a.Parted = append(a.Parted, c)
	}
	if c == MiniProgram {
		return true, a.fire("unbind_mini_program", do)
	}
	return true, a.fire("unbind_follower", do)
}

// MayLink says whether an identity of the channel may be bound because of its
// unionid alone: the other channel is that person's, this one is free, and was
// not given up on purpose.
func (a *Account) MayLink(c Channel, unionID string) bool {
	other := a.Follower
	if c == ServiceAccount {
		other = a.MiniProgram
	}
	free := *a.identity(c) == nil && !slices.Contains(a.Parted, c)
	return a.State == AccountActive && free && unionID != "" && other != nil && other.UnionID == unionID
}

// KnowUnion notes the unionid of a bound identity, which WeChat tells only
// once both apps belong to one open-platform account; it says whether that was
// news.
func (a *Account) KnowUnion(c Channel, openID, unionID string) bool {
	i := *a.identity(c)
	if i == nil || i.OpenID != openID || unionID == "" || i.UnionID == unionID {
		return false
	}
	i.UnionID = unionID
	return true
}
