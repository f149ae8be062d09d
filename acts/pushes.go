package acts

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"

	"shixi/internship"
	"shixi/store"
)

// Urgencies of a push: each is a queue, served in this proportion.
const (
	Danger = "danger" // safety: not held by quiet hours
	High   = "high"   // someone waits for an answer
	Normal = "normal"
)

// PushRule says who is told of an event and how (design.md §4).
type PushRule struct {
	// Kind is stable: rows and the template file carry it.
	Kind string
	// Label is the Chinese name of the message.
	Label string
	// On is the event; When narrows it and says so in docs/pushes.md.
	On   internship.Kind
	When Condition
	// MootBy are the events after which a message that has not left yet tells
	// nothing any more: it is suppressed.
	MootBy []internship.Kind
	// To are the roles of the enterprise's staff that are told; whoever
	// caused the event is not.
	To []internship.Role
	// Self: instead of these, the account the event is about is told, even if
	// it caused the event itself.
	Self    bool
	Urgency string
	// Text is the in-app notice, Many that of a burst merged into one message.
	Text, Many string
}

// Condition narrows a rule; the zero Condition always holds.
type Condition struct {
	Says  string
	Holds func(internship.Event) bool
}

// doneBy holds for what one side did.
func doneBy(says string, side internship.ActorKind) Condition {
	return Condition{says, func(e internship.Event) bool { return e.By.Kind == side }}
}

var managers = []internship.Role{internship.Owner, internship.HR}

// PushRules is the table event → message; docs/pushes.md is printed from it.
func PushRules() []PushRule {
	answered := []internship.Kind{internship.PlacementWithdrawn, internship.PlacementLapsed, internship.PlacementRefused, internship.PlacementAccepted,
		internship.PlacementReconfirm}
	return append([]PushRule{
		{Kind: "application", Label: "签约申请", On: internship.PlacementApplied, To: managers, Urgency: High, MootBy: answered,
			Text: "{{.student}}（{{.school}} {{.major}}）报名了岗位「{{.position}}」，请尽快处理",
			Many: "又有 {{.count}} 名学生报名，其中 {{.student}} 报名了岗位「{{.position}}」，请尽快处理"},
		{Kind: "reconfirmed", Label: "学生重新确认", On: internship.PlacementReconfirmed, To: managers, Urgency: High, MootBy: answered,
			Text: "{{.student}}（{{.school}}）确认了岗位「{{.position}}」的新条件，请尽快处理",
			Many: "又有 {{.count}} 名学生确认了新条件，其中 {{.student}} 确认了岗位「{{.position}}」的新条件，请尽快处理"},
		{Kind: "withdrawn", Label: "学生撤回", On: internship.PlacementWithdrawn, To: managers, Urgency: Normal,
			When: doneBy("withdrawn by the student", internship.ByStudent),
			Text: "{{.student}}（{{.school}}）撤回了对岗位「{{.position}}」的报名",
			Many: "又有 {{.count}} 名学生撤回报名，其中 {{.student}} 撤回了对岗位「{{.position}}」的报名"},
		{Kind: "school_cancelled", Label: "学校取消签约", On: internship.PlacementWithdrawn, To: managers, Urgency: Normal,
			When: doneBy("taken back by the school", internship.BySchool),
			Text: "{{.school}}取消了{{.student}}在岗位「{{.position}}」的签约，名额已释放",
			Many: "又有 {{.count}} 名学生的签约被学校取消，其中 {{.student}}（{{.school}}）在岗位「{{.position}}」的签约已取消，名额已释放"},
		{Kind: "objected", Label: "学校未通过", On: internship.PlacementObjected, To: managers, Urgency: Normal,
			Text: "{{.school}}未通过{{.student}}在岗位「{{.position}}」的签约：{{.reason}}。名额已释放",
			Many: "又有 {{.count}} 名学生的签约未获学校通过，其中 {{.student}}（{{.school}}）在岗位「{{.position}}」：{{.reason}}。名额已释放"},
		{Kind: "lost", Label: "他企业先确认", On: internship.PlacementLapsed, To: managers, Urgency: Normal,
			When: Condition{"lapsed because another enterprise signed first", func(e internship.Event) bool {
				return e.Data["reason"] == internship.SignedByAnother
			}},
			Text: "{{.student}}（{{.school}}）已被其他企业签约，对岗位「{{.position}}」的报名已失效",
			Many: "又有 {{.count}} 名学生被其他企业签约，其中 {{.student}} 对岗位「{{.position}}」的报名已失效"},
		{Kind: "position_closed", Label: "岗位关闭", On: internship.PositionClosed, To: managers, Urgency: Normal,
			Text: "岗位「{{.position}}」（{{.department}}）已由{{.actor}}关闭，待处理的报名将失效，已签约的学生不受影响",
			Many: "又有 {{.count}} 个岗位关闭，其中岗位「{{.position}}」（{{.department}}）由{{.actor}}关闭"},
		{Kind: "recruiting_ended", Label: "结束招收", On: internship.PositionEnded, To: managers, Urgency: Normal,
			Text: "岗位「{{.position}}」（{{.department}}）已由{{.actor}}结束招收，待处理的报名将失效，已签约的学生不受影响",
			Many: "又有 {{.count}} 个岗位结束招收，其中岗位「{{.position}}」（{{.department}}）由{{.actor}}结束招收"},
		{Kind: "new_device", Label: "新设备登录", On: internship.AccountNewDevice, Self: true, Urgency: High,
			Text: "{{.name}}的账号于 {{.at}} 在新设备（{{.device}}）登录，如非本人操作，请立即修改密码并退出其他登录",
			Many: "{{.name}}的账号又在 {{.count}} 台新设备登录，最近一次为 {{.at}}（{{.device}}），如非本人操作，请立即修改密码并退出其他登录"},
		{Kind: "bound", Label: "绑定成功", On: internship.AccountBound, Self: true, Urgency: Normal,
			Text: "{{.name}}的账号已绑定{{.channel}}，如非本人操作，请立即解除绑定并修改密码",
			Many: "{{.name}}的账号又绑定 {{.count}} 次微信，最近一次为{{.channel}}，如非本人操作，请立即解除绑定并修改密码"},
	}, reviewPushes()...)
}

// PushRuleOf finds the rule of a kind.
func PushRuleOf(kind string) (PushRule, bool) {
	for _, r := range PushRules() {
		if r.Kind == kind {
			return r, true
		}
	}
	return PushRule{}, false
}

// Moot lists the kinds of messages about a placement that tell nothing any
// more once the event has happened.
func Moot(event internship.Kind) []string {
	var kinds []string
	for _, r := range PushRules() {
		if slices.Contains(r.MootBy, event) {
			kinds = append(kinds, r.Kind)
		}
	}
	return kinds
}

// Words are the variables that the messages of each kind may use.
func Words() map[string][]string {
	words := map[string][]string{}
	for _, r := range PushRules() {
		words[r.Kind] = []string{"student", "school", "major", "position", "department", "appliedAt", "reason", "actor", "enterprise",
			"at", "count", "channel", "device", "name", "placementId", "positionId", "kind", "label", "text"}
	}
	return words
}

// Tells says whether events of the kind are told to anyone, so that the relay
// can spare itself the question who.
func Tells(kind internship.Kind) bool {
	return slices.ContainsFunc(PushRules(), func(r PushRule) bool { return r.On == kind })
}

// PushesFor makes the rows of an event, one per recipient and kind, by
// deterministic ids. They may be sent at once; the caller delays them.
func PushesFor(e internship.Event, staff []*internship.Account, work func(urgency string) store.Work) []store.Push {
	var out []store.Push
	for _, r := range PushRules() {
		if r.On != e.Kind || r.When.Holds != nil && !r.When.Holds(e) {
			continue
		}
		for _, account := range staff {
			if !r.tells(account, e) {
				continue
			}
			p := store.Push{
				ID: store.DeriveID("psh", e.ID, r.Kind, account.ID), Kind: r.Kind, Work: work(r.Urgency), Urgency: r.Urgency,
				AccountID: account.ID, EnterpriseID: account.EnterpriseID, EventID: e.ID,
				PlacementID: e.Refs.PlacementID, PositionID: e.Refs.PositionID, Data: words(e),
			}
			if account.Follower != nil {
				p.OpenID = account.Follower.OpenID
			}
			out = append(out, p)
		}
	}
	return out
}

// tells says whether the account is told of the event.
func (r PushRule) tells(account *internship.Account, e internship.Event) bool {
	if r.Self {
		return account.ID == e.Refs.AccountID
	}
	return account.ID != e.By.ID && slices.Contains(r.To, account.Role)
}

// words are what the message about an event can say.
func words(e internship.Event) map[string]string {
	w := map[string]string{"at": clock(e.At), "actor": e.By.Name}
	if e.By.Name == "" {
		w["actor"] = e.By.Kind.Label()
	}
	for k, v := range e.Data {
		w[k] = v
		if at, err := time.Parse(time.RFC3339, v); err == nil && strings.HasSuffix(k, "At") {
			w[k] = clock(at)
		}
	}
	return w
}

// clock writes an instant as messages do.
func clock(at time.Time) string { return at.In(internship.Zone).Format("2006-01-02 15:04:05") }

// Message gives the words of a push with its sentence filled in: what a
// template may use, and what the in-app notice shows under "text".
func Message(p *store.Push) (map[string]string, error) {
	r, ok := PushRuleOf(p.Kind)
	if !ok {
		return nil, fmt.Errorf("acts: no message of kind %q", p.Kind)
	}
	w := map[string]string{"kind": r.Kind, "label": r.Label, "placementId": p.PlacementID, "positionId": p.PositionID,
		"count": strconv.Itoa(max(1, p.Count))}
	for _, name := range Words()[r.Kind] {
		if _, ok := w[name]; !ok {
			w[name] = p.Data[name]
		}
	}
	text := r.Text
	if p.Count > 1 {
		text = r.Many
	}
	t, err := template.New(r.Kind).Option("missingkey=error").Parse(text)
	if err != nil {
		return nil, fmt.Errorf("acts: text of %s: %w", r.Kind, err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, w); err != nil {
		return nil, fmt.Errorf("acts: text of %s: %w", r.Kind, err)
	}
	w["text"] = out.String()
	return w, nil
}
