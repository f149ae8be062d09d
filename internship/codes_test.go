package internship

import (
	"strings"
	"testing"
)

// TestCodesAsTyped: a code is read as Chinese keyboards and copied messages
// write it, and nothing else passes for one.
func TestCodesAsTyped(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{"482913", " 482913 ", "482 913", "482-913", "４８２９１３", "４８２　９１３", "482–913"} {
		in := MobilePassInput{Mobile: "１３８ ００００ ００００", SMSCode: typed}
		if got, err := in.Parse(); err != nil || got.SMSCode != "482913" || got.Mobile != "13800000000" {
			t.Errorf("%q: %q, %v", typed, got.SMSCode, err)
		}
	}
	for _, typed := range []string{"", "48291", "4829130", "48291a", "482\u200b913", "四八二九一三", "４８２９１", "+48291"} {
		if got, err := (MobilePassInput{Mobile: "13800000000", SMSCode: typed}).Parse(); err == nil {
			t.Errorf("%q is taken as %q", typed, got.SMSCode)
		}
	}
	if _, err := (CodeRequestInput{Mobile: "13800000000", Purpose: CodeForLogin}).Parse(); err == nil || !strings.Contains(err.Error(), "ticket=required") || Of("", TicketField().check(""))[0].Message != "请先完成滑动验证" {
		t.Errorf("without a ticket: %v", err)
	}
	for _, typed := range []string{"K7QM-2XWD-OBTI", "k7qm2xwdobti", " K7QM 2XWD OBTI ", "Ｋ７ＱＭ－２ＸＷＤ－ＯＢＴＩ", "K7QM–2XWD—OBTI", "k7qm-2xwd-08t1"} {
		if got := CanonicalActivationCode(typed); got != "K7QM2XWDOBTI" {
			t.Errorf("%q: %q", typed, got)
		}
	}
}
