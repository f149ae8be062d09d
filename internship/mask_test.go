package internship

import (
	"strings"
	"testing"
)

func TestMasks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mask       func(string) string
		text, want string
	}{
		{MaskMobile, "13800138000", "138****8000"},
		{MaskMobile, "0371-67890123", "037******0123"},
		{MaskMobile, "1380013", "*******"},
		{MaskMobile, "1380013800", "**********"},
		{MaskMobile, "", ""},
		{MaskIDNumber, "410199200411080014", "410***********0014"},
		{MaskIDNumber, "41019920050315001X", "410***********001X"},
		{MaskIDNumber, "E12345678", "*********"},
		{MaskIDNumber, "", ""},
		{MaskName, "卢强", "卢*"},
		{MaskName, "欧阳小明", "欧***"},
		{MaskName, "\U00020BB7", "*"},
		{MaskName, "\U00020BB7田", "\U00020BB7*"},
		{MaskName, "", ""},
	} {
		if got := c.mask(c.text); got != c.want {
			t.Errorf("mask of %q = %q; want %q", c.text, got, c.want)
		}
	}
}

func FuzzMasks(f *testing.F) {
	for _, text := range append([]string{"13800138000", "41019920050315001X", "欧阳小明", "a@x.cn"}, hostile...) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if shown := shown(MaskMobile(text)); shown > maskHead+maskTail {
			t.Errorf("MaskMobile(%q) shows %d characters", text, shown)
		}
		if shown := shown(MaskIDNumber(text)); shown > maskHead+maskTail {
			t.Errorf("MaskIDNumber(%q) shows %d characters", text, shown)
		}
		if shown := shown(MaskName(text)); shown > 1 {
			t.Errorf("MaskName(%q) shows %d characters", text, shown)
		}
		for name, mask := range map[string]func(string) string{"mobile": MaskMobile, "id": MaskIDNumber, "name": MaskName} {
			if got, want := len([]rune(mask(text))), len([]rune(text)); got != want {
				t.Errorf("%s mask of %q has %d characters of %d", name, text, got, want)
			}
		}
	})
}

// shown counts the characters that a mask leaves readable.
func shown(masked string) int {
	return len([]rune(strings.ReplaceAll(masked, "*", "")))
}
