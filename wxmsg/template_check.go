package wxmsg

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"text/template"
	"text/template/parse"
)

// Check compares the templates with what the program sends: kinds maps each
// kind of message to the variables it fills in. It returns nil or
// TemplatesError with every fault: kinds without a template and templates
// without a kind, unknown variables (also in branches not taken), texts that
// fail to execute, fixed values that WeChat would refuse. Call it at start.
func (s *Templates) Check(kinds map[string][]string) error {
	var problems TemplatesError
	names := slices.Sorted(maps.Keys(kinds))
	for _, kind := range s.Kinds() {
		if _, used := kinds[kind]; !used {
			names = append(names, kind)
		}
	}
	slices.Sort(names)
	for _, kind := range names {
		t, variables := s.kinds[kind], kinds[kind]
		_, used := kinds[kind]
		switch {
		case t == nil:
			problems = append(problems, fmt.Sprintf("模板 %s：模板文件中没有配置。", kind))
		case !used:
			problems = append(problems, fmt.Sprintf("模板 %s：程序不发送这种消息。", kind))
		default:
			for _, p := range t.check(variables) {
				problems = append(problems, fmt.Sprintf("模板 %s：%s。", kind, p))
			}
		}
	}
	return problems.orNil()
}

func (t *messageTemplate) check(variables []string) []string {
	var problems []string
	sample := make(map[string]string, len(variables))
	for _, v := range variables {
		sample[v] = "1"
	}
	look := func(what string, text *template.Template) {
		unknown := false
		for _, v := range variablesOf(text) {
			if !slices.Contains(variables, v) {
				unknown = true
				problems = append(problems, fmt.Sprintf("%s 用了没有的变量 %s", what, v))
			}
		}
		if unknown {
			return
		}
		if _, err := execute(text, sample); err != nil {
			problems = append(problems, fmt.Sprintf("%s 无法填写（%v）", what, err))
		}
	}
	for _, k := range t.keywords {
		look("关键词 "+k.key, k.value)
		if isFixed(k.value) {
			if err := Valid(k.kind, k.source); err != nil {
				problems = append(problems, fmt.Sprintf("关键词 %s 的固定文字 %q 会被微信拒绝：%v", k.key, k.source, err))
			}
		}
	}
	look("page", t.page)
	look("url", t.url)
	if page, err := execute(t.page, sample); err == nil {
		if err := checkPage(page); err != nil {
			problems = append(problems, err.Error())
		}
	}
	if link, err := execute(t.url, sample); err == nil {
		if err := checkURL(link); err != nil {
			problems = append(problems, err.Error())
		}
	}
	return problems
}

// isFixed reports whether a text has no actions.
func isFixed(t *template.Template) bool {
	if t == nil || t.Tree == nil {
		return false
	}
	for _, n := range t.Root.Nodes {
		if n.Type() != parse.NodeText {
			return false
		}
	}
	return true
}

// variablesOf lists the variables a text mentions anywhere, each once.
func variablesOf(t *template.Template) []string {
	if t == nil || t.Tree == nil {
		return nil
	}
	found := map[string]bool{}
	collect(t.Root, found)
	return slices.Sorted(maps.Keys(found))
}

// collect walks a parsed text; every .Name and $.Name is a variable, since the
// data is a flat map of strings.
func collect(n parse.Node, found map[string]bool) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, child := range n.Nodes {
				collect(child, found)
			}
		}
	case *parse.ActionNode:
		collect(n.Pipe, found)
	case *parse.PipeNode:
		if n != nil {
			for _, c := range n.Cmds {
				collect(c, found)
			}
		}
	case *parse.CommandNode:
		for _, a := range n.Args {
			collect(a, found)
		}
	case *parse.FieldNode:
		found[n.Ident[0]] = true
	case *parse.VariableNode:
		if n.Ident[0] == "$" && len(n.Ident) > 1 {
			found[n.Ident[1]] = true
		}
	case *parse.ChainNode:
		collect(n.Node, found)
	case *parse.IfNode:
		collectBranch(&n.BranchNode, found)
	case *parse.WithNode:
		collectBranch(&n.BranchNode, found)
	case *parse.RangeNode:
		collectBranch(&n.BranchNode, found)
	}
}

func collectBranch(b *parse.BranchNode, found map[string]bool) {
	collect(b.Pipe, found)
	collect(b.List, found)
	collect(b.ElseList, found)
}

// AccountTemplate is a template of the account's own library.
type AccountTemplate struct {
	ID      string
	Title   string
	Content string // with keywords as {{thing1.DATA}}
	Example string
}

var libraryKeyword = regexp.MustCompile(`\{\{\s*([A-Za-z0-9_]+)\.DATA\s*\}\}`)

// CheckAccount compares the templates with the account's library, as
// Client.Templates returns it: ids must exist, titles and keywords must agree.
// It returns nil or TemplatesError with every difference.
func (s *Templates) CheckAccount(library []AccountTemplate) error {
	var problems TemplatesError
	for _, kind := range s.Kinds() {
		t := s.kinds[kind]
		i := slices.IndexFunc(library, func(a AccountTemplate) bool { return a.ID == t.id })
		if i < 0 {
			problems = append(problems, fmt.Sprintf("模板 %s：账号的模板库中没有 %s。", kind, t.id))
			continue
		}
		for _, p := range t.compare(library[i]) {
			problems = append(problems, fmt.Sprintf("模板 %s：%s。", kind, p))
		}
	}
	return problems.orNil()
}

func (t *messageTemplate) compare(a AccountTemplate) []string {
	var problems []string
	if t.title != a.Title {
		problems = append(problems, fmt.Sprintf("标题为 %q，模板库中为 %q", t.title, a.Title))
	}
	var wanted []string
	for _, m := range libraryKeyword.FindAllStringSubmatch(a.Content, -1) {
		// Old templates still name first and remark, which are no longer shown.
		if m[1] != "first" && m[1] != "remark" {
			wanted = append(wanted, m[1])
		}
	}
	for _, k := range t.keywords {
		if !slices.Contains(wanted, k.key) {
			problems = append(problems, fmt.Sprintf("关键词 %s 不在模板库的模板中", k.key))
		}
	}
	for _, key := range wanted {
		if !slices.ContainsFunc(t.keywords, func(k keyword) bool { return k.key == key }) {
			problems = append(problems, fmt.Sprintf("缺少关键词 %s", key))
		}
	}
	return problems
}
