package internship

import (
	"strconv"
	"time"
)

// Account is one person of an enterprise's staff who can log in (账号).
type Account struct {
	Root         `bson:",inline"`
	EnterpriseID string `bson:"enterpriseId"`
	// EnterpriseCode is the code an owner may log in with; empty for others.
	EnterpriseCode string `bson:"enterpriseCode,omitempty"`
	Name           string `bson:"name"`
	Mobile         string `bson:"-"`
	Role           Role   `bson:"role"`
	// IDNumber is that of who registered an enterprise, where review needs it
	// (G-05).
	IDNumber string `bson:"-"`
	// Opens is the enterprise that an account in 登记中 registers.
	Opens string `bson:"opens,omitempty"`
	// Password is the argon2id hash in PHC form; empty until one is set.
	Password string `bson:"password"`
	// LastPassword is the hash that was taken away with a recovery.
	LastPassword string `bson:"lastPassword,omitempty"`
	// FormerMobile is the one that a change or a recovery replaced, until it is
	// told of it.
	FormerMobile string `bson:"-"`
	// Seat is the number that an account other than the owner's has among its
	// enterprise's, 1 to MaxAccounts - 1.
	Seat int `bson:"seat,omitempty"`
	// Epoch counts the changes that end the account's sessions; a session
	// carries that of its log-in.
	Epoch int `bson:"epoch,omitempty"`
	// Devices are keyed hashes of those that the account logged in from, newest
	// first, at most MaxDevices.
	Devices []string `bson:"devices,omitempty"`
	// Recovery is the id of the recovery that was applied last.
	Recovery  string    `bson:"recovery,omitempty"`
	State     string    `bson:"state"`
	CreatedAt time.Time `bson:"createdAt"`
	// Follower is the person as a follower of the 服务号: messages go there.
	Follower *Identity `bson:"follower,omitempty"`
	// MiniProgram is the person as a user of the mini-program.
	MiniProgram *Identity `bson:"miniProgram,omitempty"`
	// Parted are the channels whose identity the person gave up on purpose.
	Parted []Channel `bson:"parted,omitempty"`
}

// Role says what an account may do.
type Role string

// The roles of design.md §6.
const (
	Owner  Role = "owner"
	HR     Role = "hr"
	Mentor Role = "mentor"
)

// Label is the Chinese name of the role.
func (r Role) Label() string {
	switch r {
	case Owner:
		return "负责人"
	case HR:
		return "人事专员"
	default:
		return "企业指导师傅"
	}
}

// Identity is one WeChat identity of a person: an openid belongs to one app.
type Identity struct {
	AppID   string    `bson:"appId"`
	OpenID  string    `bson:"openId"`
	UnionID string    `bson:"unionId,omitempty"`
	BoundAt time.Time `bson:"boundAt"`
	// Gone is set while the person does not follow the 服务号.
	Gone bool `bson:"gone,omitempty"`
}

// States of an account.
const (
	AccountOpening = "opening"
	AccountActive  = "active"
	AccountRemoved = "removed"
)

// accountMachine is the account's life; bindings are recorded without a change
// of state.
var accountMachine = Machine{
	Name: "account", Label: "账号",
	States: []State{{AccountOpening, "登记中", false}, {AccountActive, "正常", false}, {AccountRemoved, "已移除", true}},
	Transitions: []Transition{
		{Name: "open", Label: "开通", To: AccountActive, By: []ActorKind{ByEnterprise}, Needs: "activation or registration (owner)"},
		{Name: "add", Label: "添加", To: AccountActive, By: []ActorKind{ByEnterprise}, Emits: AccountAdded, Needs: "by the owner; at most 200 in one enterprise"},
		{Name: "begin", Label: "开始登记", To: AccountOpening, By: []ActorKind{ByEnterprise}, Needs: "a verified mobile"},
		{Name: "join", Label: "登记完成", From: []string{AccountOpening}, To: AccountActive, By: []ActorKind{ByEnterprise, BySystem}, Needs: "the enterprise that it registered"},
		{Name: "abandon", Label: "放弃登记", From: []string{AccountOpening}, To: AccountRemoved, By: []ActorKind{ByEnterprise, BySystem}, Needs: "the enterprise is another's, or the registration broke off"},
		{Name: "identify", Label: "补充注册人信息", From: []string{AccountActive}, By: []ActorKind{ByEnterprise}},
		{Name: "know_as", Label: "登录代码变更", From: []string{AccountActive}, By: []ActorKind{BySystem}, Needs: "owner; the enterprise's code changed"},
		{Name: "bind_follower", Label: "绑定服务号", From: []string{AccountActive}, By: []ActorKind{ByEnterprise, BySystem},
			Needs: "scan of the account's QR, log-in after a scan or in WeChat, or the unionid of its mini-program user", Emits: AccountBound},
		{Name: "bind_mini_program", Label: "绑定小程序", From: []string{AccountActive}, By: []ActorKind{ByEnterprise, BySystem},
			Needs: "log-in in the mini-program by password or phone, or the unionid of its follower", Emits: AccountBound},
		{Name: "unbind_follower", Label: "解绑服务号", From: []string{AccountActive}, By: []ActorKind{ByEnterprise}},
		{Name: "unbind_mini_program", Label: "解绑小程序", From: []string{AccountActive}, By: []ActorKind{ByEnterprise}},
		{Name: "follow", Label: "关注变更", From: []string{AccountActive}, By: []ActorKind{ByEnterprise, BySystem}},
		{Name: "set_password", Label: "设置密码", From: []string{AccountActive}, By: []ActorKind{ByEnterprise}, Emits: AccountSecured,
			Needs: "the old password, or an SMS code where none is set or it is forgotten; not the last one again"},
		{Name: "change_mobile", Label: "更换手机号", From: []string{AccountActive}, By: []ActorKind{ByEnterprise}, Emits: AccountMoved,
			Needs: "a code sent to the new mobile, and the password or a code sent to the old one"},
		{Name: "edit", Label: "修改", From: []string{AccountActive}, By: []ActorKind{ByEnterprise}, Needs: "by the owner; not the owner's own role"},
		{Name: "change_role", Label: "更改角色", From: []string{AccountActive}, By: []ActorKind{ByEnterprise}, Emits: AccountSecured, Needs: "by the owner; not the owner's own"},
		{Name: "remove", Label: "移除", From: []string{AccountActive}, To: AccountRemoved, By: []ActorKind{ByEnterprise}, Emits: AccountSecured, Needs: "by the owner; not the owner"},
		{Name: "recover", Label: "找回", From: []string{AccountActive}, By: []ActorKind{BySystem}, Emits: AccountSecured, Needs: "an approved recovery; the owner's account"},
		{Name: "new_device", Label: "新设备登录", From: []string{AccountActive}, By: []ActorKind{ByEnterprise}, Emits: AccountNewDevice},
	},
}

// Holds makes mobile, log-in code and WeChat identities belong to one account,
// an enterprise have one owner, and its accounts be no more than MaxAccounts.
func (a *Account) Holds() []string {
	if a.State == AccountRemoved {
		return nil
	}
	h := []string{"mobile:" + a.Mobile}
	if a.Role == Owner && a.State == AccountActive {
		h = append(h, "owner:"+a.EnterpriseID)
	}
	if a.Seat > 0 {
		h = append(h, "seat:"+a.EnterpriseID+":"+strconv.Itoa(a.Seat))
	}
	if a.EnterpriseCode != "" {
		h = append(h, "code:"+LoginCode(a.EnterpriseCode))
	}
	for _, i := range []*Identity{a.Follower, a.MiniProgram} {
		if i != nil {
			h = append(h, i.hold())
		}
	}
	return h
}

// LoginCode is what a code is held and found by: a USCC counts as the
// organisation code in it, so that an owner may log in with either (G-06, G-07).
func LoginCode(code string) string {
	if len(code) == usccLength {
		return OrganisationCodeOf(code)
	}
	return code
}

func (i *Identity) hold() string { return "openid:" + i.AppID + ":" + i.OpenID }

// Private lists the fields that the store encrypts and can look up by.
func (a *Account) Private() map[string]*string {
	return map[string]*string{"mobile": &a.Mobile, "idNumber": &a.IDNumber, "formerMobile": &a.FormerMobile}
}

// Actor is the account as the one who does something.
func (a *Account) Actor() Actor { return Actor{Kind: ByEnterprise, ID: a.ID, Name: a.Name} }

// Open begins an account.
func (a *Account) Open(do Do) error {
	a.CreatedAt = do.At
	return a.fire("open", do)
}

// BindFollower ties the account to a follower of the 服务号. A different
// identity replaces the old one.
func (a *Account) BindFollower(i Identity, do Do) error {
	a.Follower = &i
	return a.bound("bind_follower", ServiceAccount, do)
}

// BindMiniProgram ties the account to a user of the mini-program.
func (a *Account) BindMiniProgram(i Identity, do Do) error {
	a.MiniProgram = &i
	return a.bound("bind_mini_program", MiniProgram, do)
}

// Follow records that the bound follower came back or went; it says whether
// that was news.
func (a *Account) Follow(openID string, gone bool, do Do) (bool, error) {
	if a.Follower == nil || a.Follower.OpenID != openID || a.Follower.Gone == gone {
		return false, nil
	}
	a.Follower.Gone = gone
	return true, a.fire("follow", do)
}

func (a *Account) fire(name string, do Do) error { return a.tell(name, do, nil) }

// tell is fire with words for the messages about the event.
func (a *Account) tell(name string, do Do, data map[string]string) error {
	return a.Root.fire(accountMachine, &a.State, name, do, Refs{EnterpriseID: a.EnterpriseID, AccountID: a.ID}, data)
}
