package internship

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// The table is whole: each line a code of its own under its parents.
func TestRegionsTable(t *testing.T) {
	t.Parallel()
	var provinces, cities, counties int
	last := ""
	visit := func(r, parent Region, prefix int) {
		if len(r.Code) != 6 || strings.Trim(r.Code, "0123456789") != "" || !strings.HasPrefix(r.Code, parent.Code[:prefix]) || r.Code <= last {
			t.Errorf("%s %s after %s under %s", r.Code, r.Name, last, parent.Code)
		}
		if r.Name == "" || utf8.RuneCountInString(r.Name) > 20 || strings.ContainsAny(r.Name, " \t#") {
			t.Errorf("%s is called %q", r.Code, r.Name)
		}
		last = r.Code
	}
	for _, p := range Regions() {
		visit(p, Region{Code: "000000"}, 0)
		provinces++
		for _, c := range p.Parts {
			visit(c, p, 2)
			cities++
			for _, d := range c.Parts {
				visit(d, c, 4)
				counties++
			}
		}
	}
	if got := [3]int{provinces, cities, counties}; got != [3]int{31, 342, 2974} {
		t.Errorf("%v provinces, cities and counties", got)
	}
}

func TestParseRegion(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		codes [3]string
		want  string // the names, or field and code of the error
	}{
		{[3]string{"410000", "410900", "410902"}, "河南省濮阳市华龙区"},
		{[3]string{"420000", "420100", "420103"}, "湖北省武汉市江汉区"},
		{[3]string{"110000", "110100", "110105"}, "北京市朝阳区"},
		{[3]string{"500000", "500200", "500229"}, "重庆市城口县"},
		{[3]string{"410000", "419000", "419001"}, "河南省济源市"},
		{[3]string{"420000", "429000", "429021"}, "湖北省神农架林区"},
		{[3]string{"650000", "659000", "659001"}, "新疆维吾尔自治区石河子市"},
		{[3]string{"650000", "659000", "659012"}, "新疆维吾尔自治区白杨市"},
		{[3]string{"440000", "441900", ""}, "广东省东莞市"},
		{[3]string{"440000", "442000", ""}, "广东省中山市"},
		{[3]string{"460000", "460400", ""}, "海南省儋州市"},
		{[3]string{"620000", "620200", ""}, "甘肃省嘉峪关市"},
		{[3]string{"410000", "410100", "410172"}, "河南省郑州市郑州高新技术产业开发区"},
		{[3]string{"", "", ""}, "province required"},
		{[3]string{"990000", "410900", "410902"}, "province choice"},
		{[3]string{"410900", "410900", "410902"}, "province choice"},
		{[3]string{"41", "4109", "410902"}, "province choice"},
		{[3]string{"710000", "710100", "710101"}, "province choice"},
		{[3]string{"410000", "", ""}, "city required"},
		{[3]string{"410000", "420100", "420103"}, "city choice"},
		{[3]string{"410000", "410000", "410902"}, "city choice"},
		{[3]string{"410000", "410902", "410902"}, "city choice"},
		{[3]string{"410000", "419900", ""}, "city choice"},
		{[3]string{"410000", "410900", ""}, "county required"},
		{[3]string{"110000", "110100", ""}, "county required"},
		{[3]string{"410000", "410900", "410102"}, "county choice"},
		{[3]string{"410000", "419000", "410902"}, "county choice"},
		{[3]string{"410000", "410900", "410999"}, "county choice"},
		{[3]string{"410000", "410900", "410900"}, "county choice"},
		{[3]string{"440000", "441900", "441900"}, "county choice"},
		{[3]string{"410000", "410900", "市辖区"}, "county choice"},
	} {
		names, err := ParseRegion(tc.codes[0], tc.codes[1], tc.codes[2])
		got := names.String()
		if err != nil {
			f, ok := err.(FieldError) //nolint:errorlint // a FieldError is promised, not a chain
			if !ok || mixedWidth(f.Message) {
				t.Errorf("%v: error %#v", tc.codes, err)
			}
			got = f.Field + " " + f.Code
		}
		if got != tc.want {
			t.Errorf("%v: %s, want %s", tc.codes, got, tc.want)
		}
	}
}

func mixedWidth(sentence string) bool {
	return sentence == "" || strings.ContainsAny(sentence, ",.;:?!")
}

func TestParseRegionSays(t *testing.T) {
	t.Parallel()
	for want, codes := range map[string][3]string{
		"没有这个省，请重新选择":     {"990000", "", ""},
		"所选市不在河南省，请重新选择":  {"410000", "420100", ""},
		"没有这个市，请重新选择":     {"410000", "419900", ""},
		"所选县区不在濮阳市，请重新选择": {"410000", "410900", "410102"},
		"没有这个县区，请重新选择":    {"410000", "410900", "410999"},
		"所选县区与上级不符，请重新选择": {"110000", "110100", "410902"},
		"东莞市不设县区，请不要选择":   {"440000", "441900", "440103"},
		"请选择县区":           {"410000", "410900", ""},
		"请选择市":            {"410000", "", ""},
	} {
		_, err := ParseRegion(codes[0], codes[1], codes[2])
		if f, _ := err.(FieldError); f.Message != want { //nolint:errorlint // as above
			t.Errorf("%v: %q, want %q", codes, f.Message, want)
		}
	}
}

func TestAddressText(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ province, city, county, detail, want string }{
		{"410000", "410900", "410902", "任丘路街道 260 号", "河南省濮阳市华龙区任丘路街道 260 号"},
		{"410000", "410900", "410902", "河南省濮阳市华龙区任丘路", "河南省濮阳市华龙区任丘路"},
		{"410000", "410900", "410902", "华龙区任丘路", "河南省濮阳市华龙区任丘路"},
		{"110000", "110100", "110105", "建国路 1 号", "北京市朝阳区建国路 1 号"},
		{"440000", "441900", "", "南城街道", "广东省东莞市南城街道"},
		{"420000", "420100", "420103", "河南省濮阳市华龙区", "湖北省武汉市江汉区河南省濮阳市华龙区"},
		{"410000", "", "", "新华街", "河南省新华街"},
		{"", "", "", "新华街", "新华街"},
		{"", "", "", "", ""},
	} {
		if got := (Address{tc.province, tc.city, tc.county, tc.detail}).Text(); got != tc.want {
			t.Errorf("%+v: %s", tc, got)
		}
	}
}

func TestAddressWarning(t *testing.T) {
	t.Parallel()
	zhengzhou := Address{Province: "410000", City: "410100", County: "410105"}
	wuhan := Address{Province: "420000", City: "420100", County: "420103"}
	beijing := Address{Province: "110000", City: "110100", County: "110105"}
	hainanState := Address{Province: "630000", City: "632500", County: "632521"}
	jiyuan := Address{Province: "410000", City: "419000", County: "419001"}
	for _, tc := range []struct {
		chosen Address
		detail string
		want   string // what the warning names; empty: there is none
	}{
		// The manual's sample (§2.3).
		{wuhan, "河南省濮阳市华龙区任丘路街道任丘路与新华街交叉口东北角260号", "河南省"},
		// Another province.
		{zhengzhou, "北京市朝阳区建国路 1 号", "北京市"},
		{zhengzhou, " 北 京 市 建国路 1 号", "北京市"},
		{zhengzhou, "北京朝阳区建国路 1 号", "北京市"},
		{zhengzhou, "北京海淀中关村", "北京市"},
		{zhengzhou, "湖北武汉江汉区", "湖北省"},
		{zhengzhou, "广东深圳科技园", "广东省"},
		{zhengzhou, "广西壮族自治区南宁市", "广西壮族自治区"},
		{zhengzhou, "广西自治区南宁市", "广西壮族自治区"},
		{zhengzhou, "新疆石河子市北四路", "新疆维吾尔自治区"},
		{zhengzhou, "注册于山西省晋城市", "山西省"},
		{zhengzhou, "武汉市江汉区", "湖北省武汉市"},
		{zhengzhou, "武汉江汉区", "湖北省武汉市"},
		{beijing, "河南省郑州市金水区", "河南省"},
		{beijing, "河南省驻马店市驿城区", "河南省"},
		{beijing, "河南省民权县", "河南省"},
		{hainanState, "海南省海口市", "海南省"},
		// Another city of the province.
		{zhengzhou, "濮阳市华龙区任丘路", "濮阳市"},
		{zhengzhou, "河南省濮阳市华龙区任丘路", "濮阳市"},
		{zhengzhou, "河南濮阳市任丘路", "濮阳市"},
		{zhengzhou, "濮阳华龙区任丘路", "濮阳市"},
		{zhengzhou, "东侧濮阳市华龙区内", "濮阳市"},
		{zhengzhou, "济源市沁园路", "济源市"},
		{jiyuan, "郑州市金水区", "郑州市"},
		// What agrees, or says nothing of it.
		{zhengzhou, "", ""},
		{zhengzhou, "河南省郑州市金水区花园路 1 号", ""},
		{zhengzhou, "郑州金水区花园路 1 号", ""},
		{zhengzhou, "经三路 66 号", ""},
		{jiyuan, "济源市沁园路", ""},
		{jiyuan, "河南省济源市沁园路", ""},
		{hainanState, "海南州共和县恰卜恰镇", ""},
		{hainanState, "海南藏族自治州共和县恰卜恰镇", ""},
		{Address{Province: "120000", City: "120100", County: "120105"}, "河北区中山路", ""},
		{Address{Province: "150000", City: "150300", County: "150303"}, "海南区拉僧庙镇", ""},
		{Address{Province: "220000", City: "220200", County: "220204"}, "吉林市船营区", ""},
		{Address{Province: "500000", City: "500200", County: "500229"}, "重庆市城口县", ""},
		{Address{Province: "440000", City: "441900"}, "东莞市南城街道", ""},
		// Names of streets, houses, markets and authorities.
		{zhengzhou, "北京路 12 号", ""},
		{zhengzhou, "北京东路 12 号", ""},
		{zhengzhou, "上海路与南京路交叉口", ""},
		{zhengzhou, "上海市场 3 号", ""},
		{zhengzhou, "中山市场东门", ""},
		{zhengzhou, "台湾街 5 号", ""},
		{zhengzhou, "广州大道北", ""},
		{zhengzhou, "湖南街道办", ""},
		{zhengzhou, "北京朝阳路 1 号", ""},
		{zhengzhou, "湖北武汉路 1 号", ""},
		{zhengzhou, "山东庄村", ""},
		{zhengzhou, "上海宾馆东侧", ""},
		{zhengzhou, "湖北大厦 5 层", ""},
		{zhengzhou, "新天津市民广场", ""},
		{zhengzhou, "西湖北省委党校旁", ""},
		{zhengzhou, "大河南省道 103 旁", ""},
		{beijing, "河南省驻京办事处", ""},
		{beijing, "河南大厦", ""},
		{Address{}, "北京市朝阳区", ""},
		{Address{Province: "999999"}, "北京市朝阳区", ""},
		{Address{Province: "410000"}, "濮阳市华龙区", ""},
		{zhengzhou, "\xff河南省\xfe", ""},
		{zhengzhou, strings.Repeat("北京市场", 5000), ""},
	} {
		tc.chosen.Detail = tc.detail
		got := tc.chosen.Warning()
		if tc.want == "" && got != "" || !strings.Contains(got, "写的是"+tc.want) && tc.want != "" || got != "" && mixedWidth(got) {
			t.Errorf("%s %s: %q, want one naming %q", tc.chosen.City, tc.detail, got, tc.want)
		}
	}
}

// No address that repeats what was chosen is warned of, whatever is chosen.
func TestAddressWarningOfEveryRegion(t *testing.T) {
	t.Parallel()
	for _, p := range Regions() {
		for _, c := range p.Parts {
			for _, d := range append(slices.Clone(c.Parts[:min(2, len(c.Parts))]), Region{}) {
				names, _ := ParseRegion(p.Code, c.Code, d.Code)
				short := shortName(names.Province) + shortName(names.City) + names.County
				for _, detail := range []string{names.String() + "1 号", names.County + "1 号", short + "1 号"} {
					a := Address{Province: p.Code, City: c.Code, County: d.Code, Detail: detail}
					if got := a.Warning(); got != "" {
						t.Errorf("%s: %s", detail, got)
					}
				}
			}
		}
	}
}

// Every city of another province is warned of when it stands in full.
func TestAddressWarningFindsEveryCity(t *testing.T) {
	t.Parallel()
	for _, p := range Regions() {
		for _, c := range cities(p) {
			a := Address{Province: "110000", City: "110100", County: "110105", Detail: p.Name + c.Name + "1 号"}
			if p.Code != "110000" && !strings.Contains(a.Warning(), p.Name) {
				t.Errorf("%s: %q", a.Detail, a.Warning())
			}
		}
	}
}

func TestShortName(t *testing.T) {
	t.Parallel()
	got := map[string]string{}
	for _, name := range []string{"河南省", "内蒙古自治区", "广西壮族自治区", "新疆维吾尔自治区", "北京市", "濮阳市", "海淀区", "浦东新区", "阿里地区", "锡林郭勒盟", "城区", "赵县", ""} {
		got[name] = shortName(name)
	}
	want := map[string]string{"河南省": "河南", "内蒙古自治区": "内蒙古", "广西壮族自治区": "广西", "新疆维吾尔自治区": "新疆", "北京市": "北京", "濮阳市": "濮阳",
		"海淀区": "海淀", "浦东新区": "浦东", "阿里地区": "阿里", "锡林郭勒盟": "锡林郭勒", "城区": "城区", "赵县": "赵县", "": ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// FuzzAddress: whatever is typed, an address is written and compared without
// end, panic or half-width punctuation.
func FuzzAddress(f *testing.F) {
	f.Add("420000", "420100", "420103", "河南省濮阳市华龙区任丘路")
	f.Add("110000", "110100", "110105", "北京路\xff")
	f.Add("", "", "", "")
	f.Fuzz(func(t *testing.T, province, city, county, detail string) {
		names, err := ParseRegion(province, city, county)
		if err == nil && (names.Province == "" || names.City == "" && names.County == "") {
			t.Errorf("%q %q %q: %+v", province, city, county, names)
		}
		a := Address{Province: province, City: city, County: county, Detail: detail}
		if got := a.Warning(); strings.ContainsAny(got, ",.;:?!") {
			t.Error(got)
		}
		if !strings.HasPrefix(a.Text(), names.String()) {
			t.Error(a.Text())
		}
	})
}
