package handlers

import (
	"context"
	"net/http"

	"shixi/acts"
	"shixi/internship"
)

// Definitions are the forms, states and choices that clients would otherwise
// have to repeat.
type Definitions struct {
	Forms      []FormDefinition             `json:"forms" doc:"各表单的字段及限制"`
	States     map[string][]StateDefinition `json:"states" doc:"各对象的状态：enterprise、position、placement"`
	Roles      []Choice                     `json:"roles" doc:"角色"`
	Messages   []Choice                     `json:"messages" doc:"消息种类"`
	Files      []internship.FileKind        `json:"files" doc:"可上传的文件：类别、媒体类型与最大字节数"`
	Industries []Industry                   `json:"industries" doc:"所属行业（GB/T 4754-2017）：门类，以及实习管理规定另有要求的小类"`
	// Declaration is what publishing a position asks for.
	Declaration Declaration `json:"declaration" doc:"发布岗位时须逐项确认的合规声明"`
}

// FormDefinition is one form.
type FormDefinition struct {
	Name   string            `json:"name" doc:"表单" example:"position"`
	Label  string            `json:"label" doc:"表单名称" example:"实习岗位"`
	Fields []FieldDefinition `json:"fields" doc:"字段，按填写顺序"`
}

// FieldDefinition is one field of a form.
type FieldDefinition struct {
	Name     string   `json:"name" doc:"JSON 路径" example:"name"`
	Label    string   `json:"label" doc:"字段名称" example:"岗位名称"`
	Required bool     `json:"required,omitempty" doc:"必填" example:"true"`
	Later    bool     `json:"later,omitempty" doc:"保存草稿时可不填，发布前必填" example:"false"`
	Least    int      `json:"least,omitempty" doc:"整数的最小值" example:"1"`
	Greatest int      `json:"greatest,omitempty" doc:"整数的最大值；不出现时为文字" example:"2000"`
	Max      int      `json:"max" doc:"最多字数；列表为每项的字数，整数为 0" example:"50"`
	Min      int      `json:"min,omitempty" doc:"最少字数" example:"8"`
	Choices  []string `json:"choices,omitempty" doc:"可选的值" example:"[\"月结\",\"周结\",\"日结\"]"`
	Pattern  string   `json:"pattern,omitempty" doc:"正则表达式" example:"^[0-9]{6}$"`
	Lines    bool     `json:"lines,omitempty" doc:"可以多行" example:"false"`
	Most     int      `json:"most,omitempty" doc:"列表最多几项" example:"20"`
	Verb     string   `json:"verb,omitempty" doc:"要求用户做什么；不出现时，有可选值的为选择，其余为填写" example:"上传"`
	Help     string   `json:"help,omitempty" doc:"填写提示" example:"与营业执照一致"`
}

// StateDefinition is one state.
type StateDefinition struct {
	Name  string `json:"name" doc:"状态" example:"recruiting"`
	Label string `json:"label" doc:"状态名称" example:"发布中"`
	Final bool   `json:"final" doc:"终止状态" example:"false"`
}

// Choice is a value with its Chinese name.
type Choice struct {
	Name  string `json:"name" doc:"值" example:"hr"`
	Label string `json:"label" doc:"名称" example:"人事专员"`
}

// Industry is one to choose from.
type Industry struct {
	Code   string `json:"code" doc:"代码" example:"C"`
	Name   string `json:"name" doc:"名称" example:"制造业"`
	Barred bool   `json:"barred,omitempty" doc:"按规定不得接收实习生，不能发布岗位" example:"false"`
	Flag   string `json:"flag,omitempty" doc:"审核时留意的事项" example:"不得安排学生到营业性娱乐场所实习"`
}

type conditional struct {
	IfNoneMatch string `header:"If-None-Match" doc:"上次得到的 ETag；未变时回答 304"`
}

type definitionsAnswer struct {
	Status       int
	ETag         string `header:"ETag"`
	CacheControl string `header:"Cache-Control"`
	Body         *Definitions
}

// definitions answers with what only a new version of the program changes.
func (a *App) definitions(_ context.Context, in *conditional) (*definitionsAnswer, error) {
	d := define(a.acts.FileLimits)
	out := &definitionsAnswer{Status: http.StatusOK, ETag: etagOf(encode(d)), CacheControl: "public, max-age=300", Body: d}
	if matches(in.IfNoneMatch, out.ETag) {
		out.Status, out.Body = http.StatusNotModified, nil
	}
	return out, nil
}

func define(limits internship.FileLimits) *Definitions {
	d := &Definitions{Declaration: declare(), States: map[string][]StateDefinition{}}
	for _, f := range internship.Forms() {
		form := FormDefinition{Name: f.Name, Label: f.Label, Fields: make([]FieldDefinition, len(f.Fields))}
		for i, field := range f.Fields {
			form.Fields[i] = FieldDefinition(field)
		}
		d.Forms = append(d.Forms, form)
	}
	for _, name := range []string{"enterprise", "position", "placement"} {
		for _, s := range machine(name).States {
			d.States[name] = append(d.States[name], StateDefinition(s))
		}
	}
	for _, r := range roles() {
		d.Roles = append(d.Roles, Choice{string(r), r.Label()})
	}
	for _, r := range acts.PushRules() {
		d.Messages = append(d.Messages, Choice{r.Kind, r.Label})
	}
	for _, k := range internship.FileKinds() {
		within, _ := limits.Kind(k.Name)
		d.Files = append(d.Files, within)
	}
	for _, i := range internship.Industries() {
		d.Industries = append(d.Industries, Industry(i))
	}
	return d
}

func clientDocs() map[string]doc {
	unchanged := map[int]also{http.StatusNotModified: {Says: "与 If-None-Match 所指的相同"}}
	return map[string]doc{
		"definitions": {Tag: tagClient, Summary: "表单、状态与选项", Says: "客户端据此显示表单和名称。带 If-None-Match 时，未变则回答 304。", Also: unchanged},
		"regions": {Tag: tagClient, Summary: "省、市、县区", Says: "注册地址的三级代码与名称。直辖市的区在名为「市辖区」的市之下；由省直接管理的县级市（济源、仙桃、石河子等）在名为" +
			"「省直辖县级行政区划」或「自治区直辖县级行政区划」的市之下；东莞、中山、儋州、嘉峪关不设县区。约 130 KB，支持 gzip（约 30 KB）和 If-None-Match。", Also: unchanged},
		"helpTopics": {Tag: tagClient, Summary: "帮助文本的目录", Says: "操作说明、注册须知、隐私说明等。登录页和注册页的链接指向它们。平台设置了疑难问题咨询方式的，一并给出。", Also: unchanged},
		"helpText": {Tag: tagClient, Summary: "一篇帮助文本", Says: "正文为 Markdown。版本日期随内容变更。", Body: HelpText{}, Also: unchanged,
			Errors: []*internship.Error{internship.ErrNotFound}},
	}
}
