package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"

	"shixi/handlers/partnerapi"
	"shixi/wxmsg/wxsim"
)

// demoClient calls the enterprise API as the mini-program does.
type demoClient struct {
	base, token string
	header      [2]string
}

// with is the client with one more header.
func (c *demoClient) with(name, value string) *demoClient {
	more := *c
	more.header = [2]string{name, value}
	return &more
}

// call makes one request; a refusal is a *partnerapi.Problem.
func (c *demoClient) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return err
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return c.send(req, out)
}

// send makes the request as who the client is.
func (c *demoClient) send(req *http.Request, out any) error {
	method, path := req.Method, req.URL.Path
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if c.header[0] != "" {
		req.Header.Set(c.header[0], c.header[1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 8<<20))
	if err != nil {
		return err
	}
	if res.StatusCode >= http.StatusBadRequest {
		p := &partnerapi.Problem{}
		if err := json.Unmarshal(text, p); err != nil {
			return fmt.Errorf("%s %s: status %d", method, path, res.StatusCode)
		}
		return fmt.Errorf("%s %s: %w", method, path, p)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(text, out)
}

// upload sends a file of a kind as a form does and gives its id.
func (c *demoClient) upload(ctx context.Context, path, kind, name string, content []byte) (string, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if err := form.WriteField("kind", kind); err != nil {
		return "", err
	}
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		return "", err
	}
	if _, err := part.Write(content); err != nil {
		return "", err
	}
	if err := form.Close(); err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, &body)
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	var file struct{ ID string }
	err = c.send(req, &file)
	return file.ID, err
}

// pageTitle opens a page and gives its title.
func pageTitle(ctx context.Context, address string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return "", err
	}
	_, rest, _ := strings.Cut(string(text), "<title>")
	title, _, ok := strings.Cut(rest, "</title>")
	if res.StatusCode != http.StatusOK || !ok {
		return "", fmt.Errorf("%s: status %d, no page", address, res.StatusCode)
	}
	return title, nil
}

// drawMessage draws a template message as the phone shows it.
func drawMessage(owner string, m wxsim.Message) string {
	lines := []string{"┌─ " + owner + "的微信 · 河南实习备案", "│ " + m.Title}
	for _, v := range m.Values {
		lines = append(lines, "│ "+v.Name+"："+v.Value)
	}
	if m.Page != "" {
		lines = append(lines, "│ 进入小程序查看 › "+m.Page)
	}
	return strings.Join(append(lines, "└─"), "\n")
}
