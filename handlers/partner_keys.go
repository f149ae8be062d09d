package handlers

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"shixi/acts"
	"shixi/internship"
	"shixi/webhook"
)

const (
	// maxKeysFile bounds a key file, in bytes: thousands of schools fit.
	maxKeysFile = 1 << 20
	// minSecret is the least length of a secret, in bytes: as long as the
	// signature's hash, so that guessing it is no easier than forging.
	minSecret = 32
	// maxSecret bounds what is read of a secret's file.
	maxSecret = 4096
)

// keyID is how a key may be named. Without a colon, because keys' nonces and
// idempotency scopes are kept under "<id>:…".
var keyID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// keyKinds are the kinds of key and on whose side each one acts.
var keyKinds = map[string]internship.ActorKind{
	"school": internship.BySchool, "students": internship.ByStudent, "platform": internship.ByPlatform,
}

// PartnerKeys are the keys that open the partner API (design.md §6). They
// never change after LoadPartnerKeys and are safe for concurrent use.
type PartnerKeys struct {
	byID map[string]partnerKey
	// decoy takes the place of an unknown key's secret, so that an unknown
	// key costs and answers the same as a wrong signature.
	decoy string
}

// partnerKey is one key: who calls, and what proves it.
type partnerKey struct {
	partner acts.Partner
	// schoolCode is the 学校编号 of a school's key.
	schoolCode string
	secret     string
	// webhook is where its events are posted to; nil: nowhere.
	webhook *partnerWebhook
}

// KeyErrors are all the faults of a key file, one Chinese sentence each, in
// its order. They never repeat a secret.
type KeyErrors []string

// Error lists the sentences, one a line.
func (p KeyErrors) Error() string { return "合作方密钥文件有误：\n" + strings.Join(p, "\n") }

// LoadPartnerKeys reads keys from YAML, a list of:
//
//   - id: school-41001
//     kind: school            # school, students or platform
//     school: "41001"         # 学校编号, for the kind school only
//     secret_file: /run/secrets/school-41001
//     webhook:                # where its events are posted to; may be left out
//     url: https://hooks.example.com/shixi
//     secret_file: /run/secrets/school-41001-webhook
//     from: start
//
// secret may stand in place of secret_file; it has at least 32 characters. A
// school may have several keys, to change them without a pause.
//
// A webhook gets the events that its key may read, signed with its own secret
// or, without one, the key's. addresses says which url is permitted. from is
// where a webhook that is new begins: "end", the default, with what happens
// from then on; "start" with the first event; a number with the event after it,
// as for a webhook that moves from one key to another. Fails with KeyErrors
// that name every fault.
func LoadPartnerKeys(r io.Reader, addresses webhook.Rules) (*PartnerKeys, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxKeysFile+1))
	if err != nil {
		return nil, fmt.Errorf("partner keys: %w", err)
	}
	if len(text) > maxKeysFile {
		return nil, KeyErrors{fmt.Sprintf("文件超过 %d 字节。", maxKeysFile)}
	}
	entries, err := parseKeys(text)
	if err != nil {
		return nil, KeyErrors{"文件不是所要求的 YAML 列表" + lineOf(err) + "。"}
	}
	load := keyLoad{keys: &PartnerKeys{byID: map[string]partnerKey{}, decoy: rand.Text() + rand.Text()}, secrets: map[string]bool{}, addresses: addresses}
	for i, entry := range entries {
		load.add(i+1, entry)
	}
	if len(entries) == 0 {
		load.problems = append(load.problems, "文件中没有密钥。")
	}
	if len(load.problems) > 0 {
		return nil, load.problems
	}
	return load.keys, nil
}

// errKeysParser stands for a panic of the YAML parser, which some malformed
// files cause.
var errKeysParser = errors.New("yaml parser gave up")

// parseKeys reads plain values, to be checked by hand: the parser's own
// refusals stop at the first fault and quote the lines around it, secrets
// included.
func parseKeys(text []byte) (entries []map[string]any, err error) {
	defer func() {
		if recover() != nil {
			err = errKeysParser
		}
	}()
	err = yaml.Unmarshal(text, &entries)
	return entries, err
}

// lineOf says where the parser stopped, without its text.
func lineOf(err error) string {
	if e, ok := errors.AsType[yaml.Error](err); ok && e.GetToken() != nil && e.GetToken().Position != nil {
		return fmt.Sprintf("（第 %d 行）", e.GetToken().Position.Line)
	}
	return ""
}

// keyLoad collects keys and what is wrong with them.
type keyLoad struct {
	keys     *PartnerKeys
	secrets  map[string]bool
	problems KeyErrors
	// addresses says where webhooks may be.
	addresses webhook.Rules
}

// add checks one entry, the n-th from 1.
func (l *keyLoad) add(n int, entry map[string]any) {
	hook, hooked := entry["webhook"]
	delete(entry, "webhook")
	values, faults := texts(entry, "id", "kind", "school", "secret", "secret_file")
	id, kind := values["id"], keyKinds[values["kind"]]
	switch _, twice := l.keys.byID[id]; {
	case !keyID.MatchString(id):
		faults = append(faults, "id 应为 1 至 64 位字母、数字、下划线或连字符")
	case twice:
		faults = append(faults, "id 与另一项相同")
	}
	if kind == "" {
		faults = append(faults, "kind 应为 school、students 或 platform")
	}
	key := partnerKey{partner: acts.Partner{Kind: kind, Key: id}, schoolCode: values["school"]}
	switch {
	case kind != internship.BySchool && key.schoolCode != "":
		faults = append(faults, "只有 kind 为 school 的密钥才能填写 school")
	case kind == internship.BySchool && !validSchoolCode(key.schoolCode):
		faults = append(faults, "school 应为学校编号")
	case kind == internship.BySchool:
		key.partner.SchoolID = internship.SchoolID(key.schoolCode)
	}
	secret, fault := l.secret(values["secret"], values["secret_file"])
	if fault != "" {
		faults = append(faults, fault)
	}
	key.secret = secret
	l.secrets[secret] = true
	if hooked {
		var wrong []string
		key.webhook, wrong = l.webhook(hook)
		faults = append(faults, wrong...)
	}
	if keyID.MatchString(id) {
		l.keys.byID[id] = key
	}
	for _, f := range faults {
		l.problems = append(l.problems, fmt.Sprintf("第 %d 项：%s。", n, f))
	}
}

// texts takes the known settings of an entry; others, and values that are not
// text, are faults. A name as long as a secret is not repeated.
func texts(entry map[string]any, known ...string) (values map[string]string, faults []string) {
	values = map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(entry)) {
		text, isText := entry[name].(string)
		switch {
		case !slices.Contains(known, name):
			if len(name) >= minSecret/2 {
				name = name[:4] + "…"
			}
			faults = append(faults, fmt.Sprintf("没有名为 %q 的设置", name))
		case !isText:
			faults = append(faults, name+" 应为文本，数字请加引号")
		default:
			values[name] = text
		}
	}
	return values, faults
}

// validSchoolCode checks a 学校编号 by the form that schools are kept by.
func validSchoolCode(code string) bool {
	for _, wrong := range internship.SchoolForm().Check(map[string]string{"code": code, "name": "-"}) {
		if wrong.Field == "code" {
			return false
		}
	}
	return true
}

// secret is the secret that an entry gives or names, else what is wrong.
func (l *keyLoad) secret(given, file string) (secret, fault string) {
	switch {
	case given != "" && file != "":
		return "", "secret 和 secret_file 只能填写一个"
	case file != "":
		var err error
		if given, err = readSecret(file); err != nil {
			return "", "secret_file 所指的文件无法读取"
		}
	case given == "":
		return "", "缺少 secret 或 secret_file"
	}
	switch {
	case len(given) < minSecret:
		return "", fmt.Sprintf("密钥不足 %d 个字符", minSecret)
	case len(given) > maxSecret:
		return "", fmt.Sprintf("密钥超过 %d 个字符", maxSecret)
	case l.secrets[given]:
		return "", "密钥与另一项相同，每个合作方应各有密钥"
	}
	return given, ""
}

// readSecret reads a secret's file, without the line end that editors add.
func readSecret(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSecret+2))
	return strings.TrimRight(string(text), "\r\n"), err
}
