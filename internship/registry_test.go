package internship

import (
	"strings"
	"testing"
)

// What the registry writes otherwise, and means the same, is no difference;
// everything else is one, by its name.
func TestRegistryCompare(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		ours   Core
		theirs RegistryRecord
		want   string // the fields that differ
	}{
		"the same":             {Core{Name: "示例电子有限公司", LegalPerson: "张明"}, RegistryRecord{"示例电子有限公司", "张明", "存续"}, ""},
		"brackets":             {Core{Name: "示例（河南）有限公司", LegalPerson: "张明"}, RegistryRecord{"示例(河南)有限公司", "张明", "在业"}, ""},
		"brackets, reversed":   {Core{Name: "示例(河南)有限公司", LegalPerson: "张明"}, RegistryRecord{"示例（河南）有限公司", "张明", "在营（开业）企业"}, ""},
		"blanks":               {Core{Name: "示例 电子\u3000有限公司", LegalPerson: "张 明"}, RegistryRecord{"示例电子有限公司", "张明", "开业"}, ""},
		"letters":              {Core{Name: "abc示例公司", LegalPerson: "张明"}, RegistryRecord{"ＡＢＣ示例公司", "张明", "正常"}, ""},
		"middle dots":          {Core{Name: "示例", LegalPerson: "买买提·艾力"}, RegistryRecord{"示例", "买买提•艾力", "存续（在营、开业、在册）"}, ""},
		"status not told":      {Core{Name: "示例", LegalPerson: "张明"}, RegistryRecord{"示例", "张明", ""}, ""},
		"another name":         {Core{Name: "示例电子有限公司", LegalPerson: "张明"}, RegistryRecord{"示例电器有限公司", "张明", "存续"}, "name"},
		"a name within":        {Core{Name: "示例电子", LegalPerson: "张明"}, RegistryRecord{"示例电子有限公司", "张明", "存续"}, "name"},
		"brackets' content":    {Core{Name: "示例（河南）有限公司", LegalPerson: "张明"}, RegistryRecord{"示例有限公司", "张明", "存续"}, "name"},
		"another legal person": {Core{Name: "示例", LegalPerson: "张明"}, RegistryRecord{"示例", "李明", "存续"}, "legalPerson"},
		"deregistered":         {Core{Name: "示例", LegalPerson: "张明"}, RegistryRecord{"示例", "张明", "注销"}, "status"},
		"revoked":              {Core{Name: "示例", LegalPerson: "张明"}, RegistryRecord{"示例", "张明", "吊销，未注销"}, "status"},
		"everything":           {Core{Name: "甲", LegalPerson: "张明"}, RegistryRecord{"乙", "李明", "撤销"}, "name legalPerson status"},
		"nothing":              {Core{}, RegistryRecord{"乙", "李明", "存续"}, "name legalPerson"},
	} {
		check := tc.theirs.Compare(tc.ours)
		var fields []string
		for _, d := range check.Differences {
			fields = append(fields, d.Field)
		}
		outcome := RegistryMatch
		if tc.want != "" {
			outcome = RegistryMismatch
		}
		if got := strings.Join(fields, " "); got != tc.want || check.Outcome != outcome || check.Status != tc.theirs.Status {
			t.Errorf("%s: %s %q %q, want %q", name, check.Outcome, got, check.Status, tc.want)
		}
	}
}
