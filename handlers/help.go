package handlers

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"

	"shixi/internship"
)

// helpFiles are the texts behind the links of the log-in and registration
// screens (manual §2), and the privacy notice (domain.md §3.2, Art. 17). Each
// begins with its title and the day of its version; a text that changes gets a
// new day.
//
//go:embed help/*.md
var helpFiles embed.FS

// HelpTopic names a help text.
type HelpTopic struct {
	Name    string `json:"name" doc:"名称" example:"privacy"`
	Title   string `json:"title" doc:"标题" example:"隐私说明"`
	Version string `json:"version" format:"date" doc:"版本日期" example:"2026-11-24"`
}

// HelpTopics are all of them.
type HelpTopics struct {
	Topics  []HelpTopic `json:"topics" doc:"帮助文本"`
	Support string      `json:"support,omitempty" doc:"疑难问题向谁咨询，可直接显示；平台没有设置时不出现" example:"0371-12345678（工作日 9:00–17:00）"`
}

// HelpText is a help text.
type HelpText struct {
	HelpTopic
	Text string `json:"text" doc:"正文，Markdown：二级标题、列表、加粗" example:"## 收集什么，为什么"`
}

// readsHelp asks for one text.
type readsHelp struct {
	Name           string `path:"name" doc:"名称" example:"privacy"`
	IfNoneMatch    string `header:"If-None-Match" doc:"上次得到的 ETag；未变时回答 304"`
	AcceptEncoding string `header:"Accept-Encoding" doc:"含 gzip 时，回答以 gzip 压缩"`
}

// helpHead is how a text begins.
var helpHead = regexp.MustCompile(`^# ([^\n]+)\n\n版本 (\d{4}-\d{2}-\d{2})\n\n`)

// helpTexts reads the texts that are built in, in the order of their names.
func helpTexts() ([]HelpText, error) {
	files, err := fs.Glob(helpFiles, "help/*.md")
	if err != nil {
		return nil, err
	}
	texts := make([]HelpText, len(files))
	for i, file := range files {
		whole, err := fs.ReadFile(helpFiles, file)
		if err != nil {
			return nil, err
		}
		head := helpHead.FindStringSubmatch(string(whole))
		if head == nil {
			return nil, fmt.Errorf("handlers: %s begins without title and version", file)
		}
		texts[i] = HelpText{HelpTopic: HelpTopic{Name: strings.TrimSuffix(path.Base(file), ".md"), Title: head[1], Version: head[2]},
			Text: string(whole[len(head[0]):])}
	}
	return texts, nil
}

// helpRoutes serve the texts. What is built in is read when the first of them
// is asked for.
func (a *App) helpRoutes() {
	publish(a, "/api/v1/help", "helpTopics", func() (HelpTopics, error) {
		texts, err := helpTexts()
		all := HelpTopics{Support: a.options.Support}
		for _, t := range texts {
			all.Topics = append(all.Topics, t.HelpTopic)
		}
		return all, err
	})
	endpoint(a, access{}, http.MethodGet, "/api/v1/help/{name}", "helpText", a.helpText)
}

func (a *App) helpText(_ context.Context, in *readsHelp) (*publicationAnswer, error) {
	texts, err := helpTexts()
	if err != nil {
		return nil, err
	}
	for _, t := range texts {
		if t.Name == in.Name {
			p, err := newPublication(t)
			return p.answer(in.IfNoneMatch, in.AcceptEncoding), err
		}
	}
	return nil, internship.ErrNotFound.With("没有这篇帮助")
}
