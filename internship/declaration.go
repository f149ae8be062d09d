package internship

import (
	"slices"
	"strings"
	"time"
)

// Declaration is 合规声明: what an enterprise promises for a position when it
// publishes it (domain.md §3.1). A text never changes; another one is a new
// version.
type Declaration struct {
	Version string
	Label   string
	// Basis is the regulation.
	Basis string
	Items []DeclarationItem
}

// DeclarationItem is one promise.
type DeclarationItem struct {
	// Code is stable over versions.
	Code string
	Text string
}

// Declarations lists every version there has been, oldest first; the last one
// is asked for now.
func Declarations() []Declaration {
	return []Declaration{{
		Version: "2026-1", Label: "岗位合规声明", Basis: "《职业学校学生实习管理规定》（教职成〔2021〕4 号）",
		Items: []DeclarationItem{
			{"truthful", "岗位内容、工作生活条件和实习报酬等信息真实，不作虚假或引人误解的描述"},
			{"no_agent", "不通过中介机构或有偿代理组织安排和管理学生实习"},
			{"no_fee", "不向学生收取押金、培训费、管理费、实习材料费、就业服务费等任何费用或从实习报酬中提成，不要求学生提供担保"},
			{"no_holding", "不扣押学生的居民身份证、学生证和其他证件"},
			{"no_barred_place", "不安排学生到酒吧、夜总会、歌厅、洗浴中心、电子游戏厅、网吧等场所实习"},
			{"no_heavy_labour", "不安排学生从事Ⅲ级强度及以上的体力劳动和其他有害身心健康的实习"},
			{"no_danger", "不安排学生从事高空、井下、放射性、有毒、易燃易爆以及其他具有较高安全风险的实习"},
			{"protected", "遵守未成年工和女职工劳动保护的规定，已如实标明未成年人或女性禁忌从事的劳动"},
			{"hours", "实习时间每日不超过 8 小时、每周不超过 40 小时，未经事先备案不安排夜班和加班"},
			{"rest", "保障学生在休息日和法定节假日休息休假"},
			{"pay", "以货币形式按月足额直接向学生支付实习报酬，不以实物或代金券代替，不经第三方支付"},
			{"agreement", "实习开始前与学校、学生签订三方协议，未签订协议不安排学生实习"},
			{"insurance", "学生实习期间有学生实习责任保险，保险费不向学生收取"},
		},
	}}
}

// CurrentDeclaration is the one that publishing asks for.
func CurrentDeclaration() Declaration {
	all := Declarations()
	return all[len(all)-1]
}

// Codes are those of all promises.
func (d Declaration) Codes() []string {
	codes := make([]string, len(d.Items))
	for i, item := range d.Items {
		codes[i] = item.Code
	}
	return codes
}

// Declared is a declaration that was made: who promised what, when, for which
// edition of the position.
type Declared struct {
	Version string    `bson:"version"`
	Codes   []string  `bson:"codes"`
	Edition int       `bson:"edition"`
	By      Actor     `bson:"by"`
	At      time.Time `bson:"at"`
}

// DeclarationInput is 合规声明 as it is given.
type DeclarationInput struct {
	Version  string   `json:"version" doc:"声明的版本，见 /api/v1/forms 的 declaration" example:"2026-1"`
	Accepted []string `json:"accepted" doc:"逐项确认的声明，须为全部" example:"[\"truthful\",\"no_agent\"]"`
}

// PublicationInput is what publishing a position asks for.
type PublicationInput struct {
	// Edition is the one that the person saw; 0: not said.
	Edition     int              `json:"edition,omitempty" doc:"页面上看到的岗位版本；填写后，岗位在此期间被他人修改过的不予发布" example:"2"`
	Declaration DeclarationInput `json:"declaration" doc:"合规声明"`
}

// maxEdition is above the edition of any position.
const maxEdition = 1_000_000

// PublicationForm is the form of a publication.
func PublicationForm() Form {
	current := CurrentDeclaration()
	return Form{Name: "publication", Label: "发布岗位", Fields: []Field{
		{Name: "edition", Label: "岗位版本", Least: 1, Greatest: maxEdition},
		{Name: "declaration.version", Label: "声明版本", Required: true, Max: codeMax},
		{Name: "declaration.accepted", Label: "声明内容", Required: true, Max: codeMax, Most: len(current.Items),
			Choices: current.Codes(), Help: "请阅读并逐项确认合规声明"},
	}}
}

// Parse checks that the current declaration was made whole, for the edition that
// was seen. Errors: ErrInvalid
// with each wrong field, ErrDeclarationOld for another version.
func (in PublicationInput) Parse() (Declared, error) {
	current := CurrentDeclaration()
	d := Declared{Version: Clean(in.Declaration.Version), Codes: in.Declaration.Accepted, Edition: in.Edition}
	values := map[string]string{"declaration.version": d.Version, "edition": Number(in.Edition)}
	SetEntries(values, "declaration.accepted", d.Codes)
	var q inquiry
	q.form(PublicationForm(), values)
	if q.wrong != nil {
		return d, q.err()
	}
	if d.Version != current.Version {
		return d, ErrDeclarationOld
	}
	var open []string
	for _, item := range current.Items {
		if !slices.Contains(d.Codes, item.Code) {
			open = append(open, item.Text)
		}
	}
	if open != nil {
		q.note("declaration.accepted", FieldError{Code: "required", Message: "请逐项确认合规声明：" + strings.Join(open, "；")})
	}
	return d, q.err()
}
