package wxsim

import (
	"cmp"
	"fmt"
	"net/url"
	"strconv"
)

// preset is a fault that /sim offers.
type preset struct {
	Key   string
	Label string
	path  string
	fault Fault
}

func presets() []preset {
	return []preset{
		{"quota", "45009 当日额度用完", PathTemplateSend, Fault{Errcode: errDailyQuota}},
		{"minute", "45011 每分钟频率超限", PathTemplateSend, Fault{Errcode: errMinuteQuota}},
		{"token", "40001 凭证失效", PathTemplateSend, Fault{Errcode: errCredential}},
		{"busy", "-1 系统繁忙", PathTemplateSend, Fault{Errcode: errBusy}},
		{"hang", "超时（没有应答）", PathTemplateSend, Fault{Hang: true}},
		{"lost", "丢失应答（已送达，连接中断）", PathTemplateSend, Fault{ResetAfter: true}},
		{"html", "502 网关页面（HTML）", PathTemplateSend, Fault{HTML: true}},
		{"cut", "应答不完整（JSON 截断）", PathTemplateSend, Fault{Truncate: true}},
		{"fetch", "取不到凭证（40164 IP 不在白名单）", PathStableToken, Fault{Errcode: 40164}},
	}
}

// armPreset arms what the fault form asks for: one of the presets, for 1 to
// 1000 calls.
func (s *Sim) armPreset(form url.Values) (said string, err error) {
	times, err := strconv.Atoi(cmp.Or(form.Get("times"), "1"))
	if err != nil || times < 1 || times > 1000 {
		return "failed", nil //nolint:nilerr // a wrong number is told on the page
	}
	for _, p := range presets() {
		if p.Key == form.Get("fault") {
			p.fault.Times = times
			s.Fault(p.path, p.fault)
			return "armed", nil
		}
	}
	return "failed", nil
}

// describe tells an armed fault in a line.
func describe(f ArmedFault) string {
	left := "直到清除"
	if f.Left >= 0 {
		left = fmt.Sprintf("还有 %d 次", f.Left)
	}
	return f.Path + "：" + effect(f.Fault) + "，" + left
}

func effect(f Fault) string {
	switch {
	case f.ResetBefore:
		return "连接被重置（未处理）"
	case f.Hang, f.HangAfter:
		return "没有应答"
	case f.HTML:
		return "网关页面（HTML）"
	case f.Errcode != 0:
		return fmt.Sprintf("errcode %d", f.Errcode)
	case f.ResetAfter:
		return "丢失应答（已处理）"
	case f.Truncate:
		return "应答不完整"
	case f.Status != 0:
		return fmt.Sprintf("HTTP %d", f.Status)
	}
	return fmt.Sprintf("慢 %s", f.Latency)
}
