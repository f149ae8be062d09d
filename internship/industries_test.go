package internship

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestIndustries(t *testing.T) {
	t.Parallel()
	var sections, barred, flagged strings.Builder
	seen := map[string]bool{}
	for _, i := range Industries() {
		if seen[i.Code] || seen[i.Name] || i.Name == "" {
			t.Errorf("%+v twice", i)
		}
		seen[i.Code], seen[i.Name] = true, true
		switch {
		case len(i.Code) == 1:
			sections.WriteString(i.Code)
		case i.Barred:
			barred.WriteString(i.Code + " ")
		case i.Flag != "":
			flagged.WriteString(i.Code + " ")
		}
		if i.Barred && i.Flag == "" || mixedWidth(i.Name+i.Flag) {
			t.Errorf("%+v", i)
		}
		if got, ok := IndustryOf(i.Code); !ok || got != i {
			t.Errorf("IndustryOf(%s) = %+v, %v", i.Code, got, ok)
		}
	}
	got := []string{sections.String(), barred.String(), flagged.String()}
	if diff := cmp.Diff([]string{"ABCDEFGHIJKLMNOPQRST", "6233 8051 9011 9012 9013 ", "7262 7263 "}, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseIndustry(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"C": "C", "\u3000制造业\n": "C", "9011": "9011", "网吧活动": "9013", "": "", "c": "", "制造": "", "9019": "", "901": "", "\x00": ""} {
		got, err := ParseIndustry(in)
		if f, _ := err.(FieldError); got != want || (want == "") != (f.Code == "choice") { //nolint:errorlint // a FieldError is promised
			t.Errorf("ParseIndustry(%q) = %q, %v", in, got, err)
		}
	}
}

// What the forms ask for is what the lists offer.
func TestFormsTakeListedValues(t *testing.T) {
	t.Parallel()
	in := RegistrationInput{EnterpriseInput: EnterpriseInput{CertificateKind: "许可证", Industry: "娱乐业"}}
	_, _, err := in.Parse(noon)
	refused, _ := errors.AsType[*Error](err)
	var wrong []string
	for _, f := range refused.Fields {
		if slices.Contains([]string{"certificateKind", "industry"}, f.Field) {
			wrong = append(wrong, f.Field+" "+f.Code)
		}
	}
	if diff := cmp.Diff([]string{"certificateKind choice", "industry choice"}, wrong); diff != "" {
		t.Error(diff)
	}
}
