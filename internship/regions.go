package internship

import (
	_ "embed" // for regionLines
	"errors"
	"slices"
	"strings"
	"sync"
)

// RegionsEdition is the day as of which the regions are.
const RegionsEdition = "2023-06-30"

// regionLines are the codes of GB/T 2260 for the mainland, with the development
// zones of the statistical codes. Hong Kong, Macau and Taiwan can't be chosen:
// they have no cities and counties there, and what is registered in them has
// no unified social credit code.
//
//go:embed regions.txt
var regionLines string

// Region is a province, a city or a county.
type Region struct {
	// Code has six digits: a province ends in 0000, a city in 00.
	Code string `json:"code"`
	Name string `json:"name"`
	// Parts are the cities of a province or the counties of a city. 东莞,
	// 中山, 儋州 and 嘉峪关 are cities without counties. Municipalities have
	// their districts under a city named 市辖区 (in 重庆 also 县), and counties
	// directly under a province (济源, 仙桃, 石河子 …) are under one named
	// 省直辖县级行政区划 or 自治区直辖县级行政区划.
	Parts []Region `json:"parts,omitempty"`
}

// regionIndex is the table by code; it never changes.
type regionIndex struct {
	provinces []Region
	names     map[string]string
}

var regionTable = sync.OnceValue(func() regionIndex {
	x := regionIndex{names: map[string]string{}}
	for line := range strings.Lines(regionLines) {
		code, name, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || code == "#" {
			continue
		}
		x.names[code] = name
		r := Region{Code: code, Name: name}
		switch {
		case strings.HasSuffix(code, "0000"):
			x.provinces = append(x.provinces, r)
		case strings.HasSuffix(code, "00"):
			province := &x.provinces[len(x.provinces)-1]
			province.Parts = append(province.Parts, r)
		default:
			province := &x.provinces[len(x.provinces)-1]
			city := &province.Parts[len(province.Parts)-1]
			city.Parts = append(city.Parts, r)
		}
	}
	return x
})

// Regions lists the provinces with their cities and counties, by code. The
// caller must not change it.
func Regions() []Region { return regionTable().provinces }

// regionOf finds a code among regions.
func regionOf(regions []Region, code string) (Region, bool) {
	i := slices.IndexFunc(regions, func(r Region) bool { return r.Code == code })
	if i < 0 {
		return Region{}, false
	}
	return regions[i], true
}

// RegionNames are the names of an address's three codes, in their order; a
// level that doesn't exist, or is none but on paper (市辖区), is empty.
type RegionNames struct{ Province, City, County string }

// String writes the names one after the other: 河南省濮阳市华龙区.
func (n RegionNames) String() string { return n.Province + n.City + n.County }

// ParseRegion checks the three codes against each other and gives their names.
// The county is empty where the city has none. The error is a FieldError of the
// field province, city or county: required, or choice when the code is unknown
// or belongs elsewhere.
func ParseRegion(province, city, county string) (RegionNames, error) {
	if province == "" {
		return RegionNames{}, FieldError{Field: "province", Code: "required", Message: "请选择省"}
	}
	p, ok := regionOf(Regions(), province)
	if !ok {
		return RegionNames{}, FieldError{Field: "province", Code: "choice", Message: "没有这个省，请重新选择"}
	}
	n := RegionNames{Province: p.Name}
	c, err := chooseRegion("city", "市", p, city)
	if err != nil {
		return n, err
	}
	if !onPaper(c.Name) {
		n.City = c.Name
	}
	d, err := chooseRegion("county", "县区", c, county)
	n.County = d.Name
	return n, err
}

// region notes what is wrong with an address's codes, unless the form already
// refused a code.
func (q *inquiry) region(path string, a Address) {
	_, err := ParseRegion(a.Province, a.City, a.County)
	if f, ok := errors.AsType[FieldError](err); ok && !q.refused(path+"province") && !q.refused(path+"city") {
		q.note(path+f.Field, f)
	}
}

// chooseRegion finds a part of a region by the code chosen for it.
func chooseRegion(field, label string, of Region, code string) (Region, error) {
	if code == "" && len(of.Parts) == 0 {
		return Region{}, nil
	}
	if code == "" {
		return Region{}, FieldError{Field: field, Code: "required", Message: "请选择" + label}
	}
	if part, ok := regionOf(of.Parts, code); ok {
		return part, nil
	}
	switch {
	case len(of.Parts) == 0:
		return Region{}, FieldError{Field: field, Code: "choice", Message: of.Name + "不设县区，请不要选择"}
	case regionTable().names[code] == "":
		return Region{}, FieldError{Field: field, Code: "choice", Message: "没有这个" + label + "，请重新选择"}
	case onPaper(of.Name):
		return Region{}, FieldError{Field: field, Code: "choice", Message: "所选" + label + "与上级不符，请重新选择"}
	}
	return Region{}, FieldError{Field: field, Code: "choice", Message: "所选" + label + "不在" + of.Name + "，请重新选择"}
}

// onPaper tells cities that the table has for its order only, and nobody's
// address names.
func onPaper(name string) bool {
	return name == "市辖区" || name == "县" || strings.HasSuffix(name, "直辖县级行政区划")
}
