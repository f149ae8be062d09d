package internship

import "slices"

// Industry is what an enterprise does (所属行业): a section of GB/T 4754-2017,
// or one of its classes that the regulation treats in its own way.
type Industry struct {
	// Code is a letter for a section, four digits for a class.
	Code string `json:"code"`
	Name string `json:"name"`
	// Barred ones may take no interns (《职业学校学生实习管理规定》 Art. 16 (5),
	// domain.md §3.1).
	Barred bool `json:"barred,omitempty"`
	// Flag says what a reviewer looks at; empty: nothing in particular.
	Flag string `json:"flag,omitempty"`
}

const (
	barredFlag = "按照《职业学校学生实习管理规定》，不得安排学生到营业性娱乐场所实习"
	agencyFlag = "按照《职业学校学生实习管理规定》，不得通过中介机构或有偿代理组织、安排和管理学生实习；请核实实习生由本单位使用"
)

// Industries lists what an enterprise may choose: the sections, and those
// classes. A place of entertainment that chose its section would pass unseen:
// the classes stand first, and reviewers have the certificate.
func Industries() []Industry {
	return []Industry{
		{Code: "6233", Name: "酒吧服务", Barred: true, Flag: barredFlag},
		{Code: "8051", Name: "洗浴服务", Barred: true, Flag: barredFlag},
		{Code: "9011", Name: "歌舞厅娱乐活动（含夜总会）", Barred: true, Flag: barredFlag},
		{Code: "9012", Name: "电子游艺厅娱乐活动", Barred: true, Flag: barredFlag},
		{Code: "9013", Name: "网吧活动", Barred: true, Flag: barredFlag},
		{Code: "7262", Name: "职业中介服务", Flag: agencyFlag},
		{Code: "7263", Name: "劳务派遣服务", Flag: agencyFlag},
		{Code: "A", Name: "农、林、牧、渔业"},
		{Code: "B", Name: "采矿业"},
		{Code: "C", Name: "制造业"},
		{Code: "D", Name: "电力、热力、燃气及水生产和供应业"},
		{Code: "E", Name: "建筑业"},
		{Code: "F", Name: "批发和零售业"},
		{Code: "G", Name: "交通运输、仓储和邮政业"},
		{Code: "H", Name: "住宿和餐饮业"},
		{Code: "I", Name: "信息传输、软件和信息技术服务业"},
		{Code: "J", Name: "金融业"},
		{Code: "K", Name: "房地产业"},
		{Code: "L", Name: "租赁和商务服务业"},
		{Code: "M", Name: "科学研究和技术服务业"},
		{Code: "N", Name: "水利、环境和公共设施管理业"},
		{Code: "O", Name: "居民服务、修理和其他服务业"},
		{Code: "P", Name: "教育"},
		{Code: "Q", Name: "卫生和社会工作"},
		{Code: "R", Name: "文化、体育和娱乐业"},
		{Code: "S", Name: "公共管理、社会保障和社会组织"},
		{Code: "T", Name: "国际组织"},
	}
}

// IndustryOf is the industry of a code.
func IndustryOf(code string) (Industry, bool) {
	return industryBy(func(i Industry) bool { return i.Code == code })
}

func industryBy(fits func(Industry) bool) (Industry, bool) {
	all := Industries()
	i := slices.IndexFunc(all, fits)
	if i < 0 {
		return Industry{}, false
	}
	return all[i], true
}

// ParseIndustry reads an industry by its code, or by its name as spreadsheets
// have it, and gives the code. The error is a FieldError: choice.
func ParseIndustry(s string) (string, error) {
	s = Clean(s)
	i, ok := industryBy(func(i Industry) bool { return i.Code == s || i.Name == s })
	if !ok {
		return "", FieldError{Code: "choice", Message: "请从列表中选择所属行业"}
	}
	return i.Code, nil
}

// CertificateKinds lists what an enterprise's certificate may be (证件类别); the
// manual's list has no values (domain.md §1.2).
func CertificateKinds() []string {
	return []string{"营业执照", "事业单位法人证书", "社会团体法人登记证书", "民办非企业单位登记证书", "统一社会信用代码证书", "组织机构代码证", "其他"}
}
