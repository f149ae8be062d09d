package internship

import (
	"iter"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text is the address as one line: the names of its regions and the detail. A
// detail that repeats the names is not given twice.
func (a Address) Text() string {
	n, _ := ParseRegion(a.Province, a.City, a.County) // what is wrong is left out
	detail := a.Detail
	for _, name := range []string{n.Province, n.City, n.County} {
		detail = strings.TrimPrefix(detail, name)
	}
	return n.String() + detail
}

// Warning says in a sentence that the detail names another province or another
// city than the regions chosen (G-08); empty when it doesn't, or when nothing
// is chosen. It is a hint and no refusal: names of places are in names of
// streets and houses too, so it looks only for names that begin the detail or
// stand complete with what belongs to them:
//
//   - a province's full name, or short name with 省, 市 or 自治区, anywhere
//   - a province's short name at the beginning, before one of its cities, or of
//     a municipality's districts
//   - a city's full name at the beginning, or anywhere before one of its counties
//   - a city's short name at the beginning, before one of its counties
//
// and never where a street, a house or an authority follows that has the name
// (北京路, 上海市场, 河南省驻京办事处).
func (a Address) Warning() string {
	province, ok := regionOf(Regions(), a.Province)
	if !ok {
		return ""
	}
	detail := squeeze(a.Detail)
	for _, p := range Regions() {
		if p.Code != province.Code && namesProvince(detail, p) {
			return disagree(p.Name, province.Name)
		}
	}
	city := a.city(province)
	detail = trimOwn(detail, province, city)
	for _, p := range Regions() {
		for _, c := range cities(p) {
			switch {
			case c.Code == city.Code || !namesCity(detail, c):
			case p.Code != province.Code:
				return disagree(p.Name+c.Name, province.Name)
			case city.Name != "":
				return disagree(c.Name, city.Name)
			}
		}
	}
	return ""
}

// city is the city chosen, or the county directly under the province; without
// a name in a municipality.
func (a Address) city(province Region) Region {
	all := cities(province)
	if c, ok := regionOf(all, a.City); ok {
		return c
	}
	c, _ := regionOf(all, a.County)
	return c
}

// cities are what an address names after the province: its cities, and the
// counties directly under it. A municipality has none.
func cities(province Region) (all []Region) {
	for _, c := range province.Parts {
		switch {
		case !onPaper(c.Name):
			all = append(all, c)
		case strings.HasSuffix(province.Name, "省") || strings.HasSuffix(province.Name, "自治区"):
			all = append(all, c.Parts...)
		}
	}
	return all
}

func disagree(written, chosen string) string {
	return "详细地址中写的是" + written + "，与所选的" + chosen + "不一致，请核对"
}

// squeeze takes white space of any width out of a detail.
func squeeze(detail string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, detail)
}

// trimOwn takes the names of the regions chosen off the beginning.
func trimOwn(detail string, province, city Region) string {
	for _, r := range []Region{province, city} {
		for _, name := range []string{r.Name, shortName(r.Name)} {
			if rest, ok := strings.CutPrefix(detail, name); ok && !hasAny(rest, afterStreets()) {
				detail = rest
				break
			}
		}
	}
	for _, county := range city.Parts {
		if rest, ok := strings.CutPrefix(detail, county.Name); ok {
			return rest
		}
	}
	return detail
}

// namesProvince looks for a province in a detail.
func namesProvince(detail string, p Region) bool {
	short := shortName(p.Name)
	for _, full := range []string{p.Name, short + "省", short + "自治区"} {
		for rest := range following(detail, full) {
			if !hasAny(rest, afterNames()) || beginsPart(rest, p) { // 河南省驻马店市, and not 河南省驻京办事处
				return true
			}
		}
	}
	rest, ok := strings.CutPrefix(detail, short)
	if !ok {
		return false
	}
	parts := cities(p)
	if len(parts) == 0 {
		parts = p.Parts[0].Parts
	}
	return slices.ContainsFunc(parts, func(r Region) bool { return begins(rest, r) })
}

// beginsPart tells a detail that begins with the full name of one of a region's
// parts, or of theirs.
func beginsPart(detail string, of Region) bool {
	return slices.ContainsFunc(of.Parts, func(r Region) bool { return strings.HasPrefix(detail, r.Name) || beginsPart(detail, r) })
}

// begins tells a detail that begins with a region's full name, or its short
// name if that isn't a street's.
func begins(detail string, r Region) bool {
	if strings.HasPrefix(detail, r.Name) {
		return true
	}
	short := shortName(r.Name)
	rest, ok := strings.CutPrefix(detail, short)
	return ok && utf8.RuneCountInString(short) > 1 && !hasAny(rest, afterStreets())
}

// namesCity looks for a city in a detail.
func namesCity(detail string, c Region) bool {
	rest, ok := strings.CutPrefix(detail, c.Name)
	if ok && !hasAny(rest, afterNames()) {
		return true
	}
	rest, ok = strings.CutPrefix(detail, shortName(c.Name))
	if ok && beginsPart(rest, c) {
		return true
	}
	for rest := range following(detail, c.Name) {
		if beginsPart(rest, c) {
			return true
		}
	}
	return false
}

// following yields what follows each occurrence of a name.
func following(detail, name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for found := true; found; {
			_, detail, found = strings.Cut(detail, name)
			if found && !yield(detail) {
				return
			}
		}
	}
}

// shortName is a name as people say it: 河南, 内蒙古, 广西, 濮阳, 海淀.
func shortName(name string) string {
	for _, suffix := range []string{"省", "壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "特别行政区", "新区", "地区", "市", "区", "县", "盟"} {
		if short, ok := strings.CutSuffix(name, suffix); ok && utf8.RuneCountInString(short) > 1 {
			return short
		}
	}
	return name
}

func hasAny(s string, beginnings []string) bool {
	return slices.ContainsFunc(beginnings, func(b string) bool { return strings.HasPrefix(s, b) })
}

// afterStreets are what follows a place's name in a street's.
func afterStreets() []string {
	return []string{"路", "街", "大道", "大街", "道", "巷", "胡同", "弄", "里", "东路", "西路", "南路", "北路", "中路", "东街", "西街", "南街", "北街"}
}

// afterNames are what follows it there, in a house's, a market's or an
// office's name, and where the name only seems to be one (市政, 市民, 省委).
func afterNames() []string {
	return append([]string{"驻", "场", "政", "民", "委", "府", "级", "商会", "会馆", "同乡会", "办事处", "联络处", "大厦", "大楼", "宾馆", "饭店",
		"酒店", "广场", "商场", "商城", "花园", "小区", "新村", "村", "桥", "站"}, afterStreets()...)
}
