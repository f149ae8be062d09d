package handlers

import (
	"time"

	"shixi/internship"
)

// LoggedIn is a new session.
type LoggedIn struct {
	Token   string    `json:"token,omitempty" doc:"令牌，只出现这一次；以 Cookie 登录时不出现" example:"sx_ABCDEFGHIJKLMNOPQRSTUVWXYZ"`
	Expires time.Time `json:"expires" doc:"到期时间" example:"2026-12-23T12:00:00+08:00"`
	Me      Me        `json:"me" doc:"我和我的企业"`
	Wechat  string    `json:"wechat,omitempty" doc:"登录时顺带绑定微信的结果，可直接显示；没有需要绑定的微信时不出现" example:"微信绑定成功，今后可以直接用微信登录，消息也会发送到该微信"`
}

// Session is one place where a person is logged in (登录记录).
type Session struct {
	ID        string    `json:"id" doc:"登录编号" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	Device    string    `json:"device" doc:"设备" example:"小程序"`
	CreatedAt time.Time `json:"createdAt" doc:"登录时间" example:"2026-11-23T12:00:00+08:00"`
	Expires   time.Time `json:"expires" doc:"到期时间" example:"2026-12-23T12:00:00+08:00"`
	Current   bool      `json:"current" doc:"是否为当前登录" example:"true"`
}

// SessionList are the places where a person is logged in.
type SessionList struct {
	Items []Session `json:"items" doc:"从新到旧"`
}

// Me is who is logged in, and the enterprise.
type Me struct {
	Account    Account    `json:"account" doc:"本人账号"`
	Enterprise Enterprise `json:"enterprise" doc:"本企业"`
}

// Account is one person of the enterprise's staff (账号).
type Account struct {
	ID          string  `json:"id" doc:"账号编号" example:"acc_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	Name        string  `json:"name" doc:"姓名" example:"王经理"`
	Mobile      string  `json:"mobile" doc:"手机号，只显示首尾" example:"138****0000"`
	Role        Role    `json:"role"`
	RoleLabel   string  `json:"roleLabel" doc:"角色名称" example:"负责人"`
	HasPassword bool    `json:"hasPassword" doc:"是否已设置密码；没有时以短信验证码登录" example:"true"`
	Follower    Binding `json:"follower" doc:"服务号绑定；following 为 false 时收不到微信消息"`
	MiniProgram Binding `json:"miniProgram" doc:"小程序绑定"`
}

// Binding says whether a WeChat identity is bound.
type Binding struct {
	Bound     bool      `json:"bound" doc:"是否已绑定" example:"true"`
	Following *bool     `json:"following,omitempty" doc:"是否正在关注服务号；小程序绑定和未绑定时不出现" example:"true"`
	BoundAt   time.Time `json:"boundAt,omitzero" doc:"绑定时间；未绑定时不出现" example:"2026-11-23T12:00:00+08:00"`
}

// Enterprise is the employer (企事业单位).
type Enterprise struct {
	ID           string          `json:"id" doc:"企业编号" example:"ent_MZXW6YTBOI5DQ2LBNRUXG2LUN5"`
	Name         string          `json:"name" doc:"企事业单位名称" example:"濮阳市华龙区示例电子有限公司"`
	Code         string          `json:"code" doc:"统一社会信用代码或组织机构代码" example:"91410900MA4ABCD173"`
	CodeKind     string          `json:"codeKind" enum:"uscc,organisation" doc:"代码类型" example:"uscc"`
	CodeLabel    string          `json:"codeLabel" doc:"代码类型名称" example:"统一社会信用代码"`
	State        EnterpriseState `json:"state"`
	StateLabel   string          `json:"stateLabel" doc:"账号状态" example:"正常"`
	Source       string          `json:"source" doc:"来源" example:"推荐学校"`
	Recommenders []SchoolRef     `json:"recommenders" doc:"推荐学校"`
	Complete     bool            `json:"complete" doc:"企业信息是否完整；完整后才能发布岗位" example:"true"`
	Profile      Profile         `json:"profile" doc:"企业信息"`
}

// Profile is the rest of an enterprise's form; empty until it is completed.
type Profile struct {
	LegalPerson string  `json:"legalPerson,omitempty" doc:"法人代表/负责人" example:"张明"`
	Address     Address `json:"address" doc:"注册地址"`
	Contact     string  `json:"contact,omitempty" doc:"联系人" example:"王经理"`
	Phone       string  `json:"phone,omitempty" doc:"联系电话，只显示首尾" example:"039****8888"`
	Website     string  `json:"website,omitempty" doc:"官网" example:"https://example.com"`
	Intro       string  `json:"intro,omitempty" doc:"简介" example:"主要从事电子产品的研发与生产"`
	Industry    string  `json:"industry,omitempty" doc:"所属行业的代码" example:"C"`
	// IndustryLabel is empty for one that is on no list any more.
	IndustryLabel string `json:"industryLabel,omitempty" doc:"所属行业" example:"制造业"`
	IndustryFlag  string `json:"industryFlag,omitempty" doc:"审核时留意的事项" example:"不得安排学生到营业性娱乐场所实习"`
	Staff         int    `json:"staff,omitempty" doc:"在岗职工总数" example:"120"`
}

// Address is 注册地址.
type Address struct {
	Province string `json:"province,omitempty" doc:"省代码" example:"410000"`
	City     string `json:"city,omitempty" doc:"市代码" example:"410900"`
	County   string `json:"county,omitempty" doc:"县区代码" example:"410902"`
	Detail   string `json:"detail,omitempty" doc:"详细地址" example:"任丘路街道任丘路与新华街交叉口东北角 260 号"`
	Text     string `json:"text,omitempty" doc:"完整地址" example:"河南省濮阳市华龙区任丘路街道任丘路与新华街交叉口东北角 260 号"`
	Warning  string `json:"warning,omitempty" doc:"提醒：详细地址写的省或市与所选的不一致；不妨碍提交" example:"详细地址中写的是河南省，与所选的湖北省不一致，请核对"`
}

func renderAddress(a internship.Address) Address {
	return Address{Province: a.Province, City: a.City, County: a.County, Detail: a.Detail, Text: a.Text(), Warning: a.Warning()}
}

// BindingCode is a QR code whose first scanner is bound to the account.
type BindingCode struct {
	ImageURL string    `json:"imageUrl" format:"uri" doc:"二维码图片地址" example:"https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=TICKET"`
	Expires  time.Time `json:"expires" doc:"有效期至" example:"2026-11-23T12:10:00+08:00"`
}

func renderMe(a *internship.Account, e *internship.Enterprise) Me {
	return Me{
		Account:    renderAccount(a),
		Enterprise: renderEnterprise(e),
	}
}

func renderAccount(a *internship.Account) Account {
	return Account{ID: a.ID, Name: a.Name, Mobile: internship.MaskMobile(a.Mobile), Role: Role(a.Role), RoleLabel: a.Role.Label(),
		HasPassword: a.Password != "", Follower: renderFollower(a.Follower), MiniProgram: renderBinding(a.MiniProgram)}
}

// renderBinding tells that there is an identity, never which.
func renderBinding(i *internship.Identity) Binding {
	if i == nil {
		return Binding{}
	}
	return Binding{Bound: true, BoundAt: local(i.BoundAt)}
}

// renderFollower also tells whether messages can reach the person.
func renderFollower(i *internship.Identity) Binding {
	b := renderBinding(i)
	if i != nil {
		following := !i.Gone
		b.Following = &following
	}
	return b
}

func renderEnterprise(e *internship.Enterprise) Enterprise {
	p := e.Profile
	industry, _ := internship.IndustryOf(p.Industry)
	return Enterprise{ID: e.ID, Name: e.Name, Code: e.Code, CodeKind: string(e.CodeKind), CodeLabel: e.CodeKind.Label(),
		State: EnterpriseState(e.State), StateLabel: e.StateLabel(), Source: e.Source, Complete: p.Complete(),
		Recommenders: renderRecommenders(e.Recommenders),
		Profile: Profile{LegalPerson: p.LegalPerson, Address: renderAddress(p.Address), Contact: p.Contact,
			Phone: internship.MaskMobile(p.Phone), Website: p.Website, Intro: p.Intro, Industry: p.Industry, IndustryLabel: industry.Name, IndustryFlag: industry.Flag, Staff: p.Staff}}
}

func renderRecommenders(schools []internship.Recommender) []SchoolRef {
	out := make([]SchoolRef, len(schools))
	for i, r := range schools {
		out[i] = SchoolRef{r.SchoolID, r.SchoolName}
	}
	return out
}
