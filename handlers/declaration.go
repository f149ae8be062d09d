package handlers

import "shixi/internship"

// Declaration is a text of promises in one version.
type Declaration struct {
	Version string   `json:"version" doc:"版本" example:"2026-1"`
	Label   string   `json:"label" doc:"名称" example:"岗位合规声明"`
	Basis   string   `json:"basis" doc:"依据" example:"《职业学校学生实习管理规定》（教职成〔2021〕4 号）"`
	Items   []Choice `json:"items" doc:"逐项内容：name 为提交的代码，label 为显示的文字"`
}

// declare is the declaration that publishing asks for.
func declare() Declaration {
	current := internship.CurrentDeclaration()
	out := Declaration{Version: current.Version, Label: current.Label, Basis: current.Basis}
	for _, item := range current.Items {
		out.Items = append(out.Items, Choice{item.Code, item.Text})
	}
	return out
}
