package handlers

import "shixi/internship"

// RegionTable is what an address is chosen from.
type RegionTable struct {
	Edition   string   `json:"edition" doc:"数据截止日期" example:"2023-06-30"`
	Provinces []Region `json:"provinces" doc:"省、自治区、直辖市，不含港澳台"`
}

// Region is a province, a city or a county.
type Region struct {
	Code  string   `json:"code" doc:"代码（GB/T 2260）" example:"410000"`
	Name  string   `json:"name" doc:"名称" example:"河南省"`
	Parts []Region `json:"parts,omitempty" doc:"下一级；没有的市不选县区" example:"[]"`
}

func regions() (RegionTable, error) {
	return RegionTable{Edition: internship.RegionsEdition, Provinces: renderRegions(internship.Regions())}, nil
}

func renderRegions(regions []internship.Region) []Region {
	if len(regions) == 0 {
		return nil
	}
	out := make([]Region, len(regions))
	for i, r := range regions {
		out[i] = Region{Code: r.Code, Name: r.Name, Parts: renderRegions(r.Parts)}
	}
	return out
}
