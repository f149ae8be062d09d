package acts_test

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"shixi/acts"
	"shixi/internship"
	"shixi/store"
	"shixi/store/storetest"
)

// sample are good values of every parameter there is.
var sample = map[string]string{"code": "482913", "minutes": "5", "enterprise": "示例电子有限公司", "school": "一职专", "days": "30", "student": "卢*",
	"link": "https://example.cn/i/abc", "role": "人事专员", "reason": "营业执照不清晰", "mobile": "139****8000"}

func values(t acts.Text) map[string]string {
	v := map[string]string{}
	for _, p := range t.Params {
		v[p.Name] = sample[p.Name]
	}
	return v
}

func TestTextsAreWellFormed(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, text := range acts.Texts() {
		if seen[text.Kind] || text.Label == "" || text.Why == "" || text.Life <= 0 || text.Tries < 2 {
			t.Errorf("%+v", text)
		}
		seen[text.Kind] = true
		var named []string
		for _, m := range regexp.MustCompile(`\{([a-z]+)\}`).FindAllStringSubmatch(text.Template, -1) {
			named = append(named, m[1])
		}
		params := slices.Sorted(maps.Keys(acts.TextParams()[text.Kind]))
		slices.Sort(named)
		if diff := cmp.Diff(params, named); diff != "" {
			t.Errorf("%s: parameters against its template (-want, +got)\n%s", text.Kind, diff)
		}
		fit, err := text.Fit(values(text))
		if err != nil {
			t.Errorf("%s: %v", text.Kind, err)
		}
		said := text.Say(fit)
		if strings.ContainsAny(said, "{}【】") || utf8.RuneCountInString(said) > 70 {
			t.Errorf("%s says %q", text.Kind, said)
		}
	}
}

func TestTextFitsItsParameters(t *testing.T) {
	t.Parallel()
	activation, _ := acts.TextOf("activation")
	good := values(activation)
	with := func(name, value string) map[string]string {
		v := map[string]string{}
		for k, w := range good {
			v[k] = w
		}
		v[name] = value
		return v
	}
	for name, bad := range map[string]map[string]string{
		"none": nil, "one missing": {"enterprise": "甲", "code": "1", "school": "乙", "link": "x"}, "one too many": with("role", "x"),
		"empty": with("code", ""), "blank": with("code", " \n\t"), "invisible": with("code", "\u200b\x00"), "long code": with("code", strings.Repeat("7", 17)),
	} {
		if fit, err := activation.Fit(bad); err == nil {
			t.Errorf("%s: %v", name, fit)
		} else if strings.Contains(err.Error(), "7777") || strings.Contains(err.Error(), good["code"]) {
			t.Errorf("%s: the error shows the value: %v", name, err)
		}
	}
	for value, want := range map[string]string{
		"甲\n乙 \t丙":              "甲 乙 丙",
		"【银行】甲":                 "银行甲",
		"\xff甲\x00":             "甲",
		strings.Repeat("长", 31): strings.Repeat("长", 29) + "…",
		strings.Repeat("长", 30): strings.Repeat("长", 30),
	} {
		fit, err := activation.Fit(with("enterprise", value))
		if err != nil || fit["enterprise"] != want {
			t.Errorf("%q is %q, want %q (%v)", value, fit["enterprise"], want, err)
		}
	}
}

func TestSaidOnce(t *testing.T) {
	t.Parallel()
	invitation, _ := acts.TextOf("invitation")
	fit, err := invitation.Fit(map[string]string{"enterprise": "{link}", "student": "{student}", "link": "L"})
	if err != nil {
		t.Fatal(err)
	}
	if said := invitation.Say(fit); said != "学生{student}推荐{link}入驻实习备案平台，请打开L完善企业信息。" {
		t.Error(said)
	}
}

func TestSMSIsAskedForOnce(t *testing.T) {
	t.Parallel()
	var heard []string
	now := time.Date(2046, 11, 26, 12, 0, 0, 0, internship.Zone)
	db := storetest.Start(t).Open(t, func(o *store.Options) {
		o.Now = func() time.Time { return now }
		o.OnSaved = func(collection, id string) { heard = append(heard, collection+" "+id) }
	})
	a := &acts.Acts{DB: db, Now: db.Now}
	s := store.SMS{ID: "sms_1", Kind: "code", Mobile: "13812345678", Params: map[string]string{"code": "482913", "minutes": "5"}}
	if err := a.SendSMS(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	s.Params = map[string]string{"code": "000000", "minutes": "5"}
	if err := a.SendSMS(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	row, err := db.SMS(t.Context(), "sms_1")
	if err == nil {
		err = db.OpenSMS(row)
	}
	if err != nil || row.Params["code"] != "482913" || !row.Expires.Equal(now.Add(5*time.Minute)) {
		t.Errorf("%+v %v", row, err)
	}
	if !slices.Contains(heard, "smses sms_1") {
		t.Errorf("nobody was told: %v", heard)
	}
	for name, bad := range map[string]store.SMS{
		"kind":   {ID: "sms_2", Kind: "gossip", Mobile: "13812345678"},
		"params": {ID: "sms_2", Kind: "code", Mobile: "13812345678"},
		"mobile": {ID: "sms_2", Kind: "code", Params: s.Params},
		"id":     {Kind: "code", Mobile: "13812345678", Params: s.Params},
	} {
		if err := a.SendSMS(t.Context(), bad); !errors.Is(err, internship.ErrInternal) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := db.SMS(t.Context(), "sms_2"); !errors.Is(err, internship.ErrNotFound) {
		t.Errorf("a bad one was kept: %v", err)
	}
}

// Nobody waits for a code that can't come; what else is told by SMS is kept.
func TestWithoutAProviderCodesAreRefused(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	a := &acts.Acts{DB: db, Now: db.Now, NoSMS: true}
	_, err := a.SendCode(t.Context(), internship.CodeRequestInput{Mobile: "13812345678", Purpose: internship.CodeForLogin, Ticket: "any"}, "192.0.2.1")
	if e, ok := errors.AsType[*internship.Error](err); !ok || !errors.Is(err, internship.ErrUnavailable) || !strings.Contains(e.Detail, "短信服务尚未配置") {
		t.Error(err)
	}
	recovered := store.SMS{ID: "sms_1", Kind: "recovered", Mobile: "13812345678", Params: map[string]string{"enterprise": "示例电子"}}
	if err := a.SendSMS(t.Context(), recovered); err != nil {
		t.Error(err)
	}
}
