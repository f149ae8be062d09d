// Package docs_test prints the documents that follow from the code, and fails
// when a document no longer says what the code does. `go test ./docs -update`
// writes them anew.
package docs_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"shixi/acts"
	"shixi/internship"
)

var update = flag.Bool("update", false, "write the documents anew")

func check(t *testing.T, file, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(file)
	if err != nil || string(got) != want {
		t.Errorf("%s is not what the code says (%v): run go test ./docs -update and read the difference", file, err)
	}
}

const printed = "<!-- Printed by go test ./docs -update; do not edit. -->\n\n"

func TestStates(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("# States\n\n" + printed + "One table per aggregate: which act leads from which state to which, who may do it, what else must hold and what it causes.\n")
	for _, m := range internship.Machines() {
		label := map[string]string{"": "–"}
		fmt.Fprintf(&b, "\n## %s %s\n\nStates:", m.Label, m.Name)
		for i, s := range m.States {
			label[s.Name] = s.Label
			sep := " "
			if i > 0 {
				sep = " · "
			}
			fmt.Fprintf(&b, "%s%s `%s`", sep, s.Label, s.Name)
			if s.Final {
				b.WriteString(" (final)")
			}
		}
		b.WriteString("\n\n| from | act | who | to | needs | event |\n|---|---|---|---|---|---|\n")
		for _, tr := range m.Transitions {
			b.WriteString(transition(tr, label))
		}
	}
	check(t, "states.md", b.String())
}

func transition(tr internship.Transition, label map[string]string) string {
	from := []string{}
	for _, f := range tr.From {
		from = append(from, label[f])
	}
	who := []string{}
	for _, k := range tr.By {
		who = append(who, k.Label())
	}
	to, needs := label[tr.To], tr.Needs
	if tr.To == "" {
		to = "stays"
	}
	if tr.Undoes != "" {
		needs = strings.TrimPrefix(needs+"; undoes `"+tr.Undoes+"`", "; ")
	}
	event := ""
	if tr.Emits != "" {
		event = "`" + string(tr.Emits) + "`"
	}
	start := strings.Join(from, " / ")
	if start == "" {
		start = "–"
	}
	return fmt.Sprintf("| %s | %s `%s` | %s | %s | %s | %s |\n", start, tr.Label, tr.Name, strings.Join(who, " / "), to, needs, event)
}

func TestReactions(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("# Reactions\n\n" + printed + "What an event causes in other documents. Each is a job of its own, idempotent, tried until it is done.\n\n| event | reaction | does |\n|---|---|---|\n")
	for _, r := range acts.Reactions() {
		kinds := []string{}
		for _, k := range r.On {
			kinds = append(kinds, "`"+string(k)+"`")
		}
		fmt.Fprintf(&b, "| %s | `%s` | %s |\n", strings.Join(kinds, ", "), r.Name, r.Does)
	}
	check(t, "reactions.md", b.String())
}

func TestPushes(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("# Messages\n\n" + printed + "Who is told of an event. Whoever caused it is not told. Every message is a 服务号 template message and an in-app notice.\n\n| event | kind | to | urgency | notice |\n|---|---|---|---|---|\n")
	for _, r := range acts.PushRules() {
		roles := []string{}
		for _, role := range r.To {
			roles = append(roles, role.Label())
		}
		if r.Self {
			roles = append(roles, "the account itself, even when it did it")
		}
		event := "`" + string(r.On) + "`"
		if r.When.Says != "" {
			event += " " + r.When.Says
		}
		for i, k := range r.MootBy {
			event += map[bool]string{true: "; not sent any more after ", false: ", "}[i == 0] + "`" + string(k) + "`"
		}
		fmt.Fprintf(&b, "| %s | %s `%s` | %s | %s | %s<br>%s |\n", event, r.Label, r.Kind, strings.Join(roles, ", "), r.Urgency, r.Text, r.Many)
	}
	b.WriteString(texts())
	check(t, "pushes.md", b.String())
}

// texts is the table of text messages.
func texts() string {
	var b strings.Builder
	b.WriteString("\n## Text messages (SMS)\n\nWhat somebody asked for, so quiet hours don't hold them. A message leaves at most once, within its life, in as many calls as are said; a lost answer is not repeated. The text is what the provider's template must say and what the console shows; a parameter marked … is cut when it is longer, one marked ! must be in the provider's template.\n\n| kind | sent when | text | parameters (characters at most) | life | calls |\n|---|---|---|---|---|---|\n")
	for _, t := range acts.Texts() {
		params := []string{}
		for _, p := range t.Params {
			params = append(params, fmt.Sprintf("`%s` %d%s%s", p.Name, p.Most, map[bool]string{true: "…"}[p.Cut], map[bool]string{true: "!"}[p.Needed]))
		}
		fmt.Fprintf(&b, "| %s `%s` | %s | %s | %s | %s | %d |\n", t.Label, t.Kind, t.Why, t.Template, strings.Join(params, ", "), hours(t.Life), t.Tries)
	}
	return b.String()
}

func hours(d time.Duration) string {
	if d < time.Hour {
		return fmt.Sprintf("%d min", int(d.Minutes()))
	}
	return fmt.Sprintf("%d h", int(d.Hours()))
}

func TestErrors(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("# Errors\n\n" + printed + "Every refusal a user or partner can meet: the number is the HTTP status and a running number; code and number never change their meaning.\n\n| number | code | title | sentence |\n|---|---|---|---|\n")
	for _, e := range internship.Catalogue() {
		fmt.Fprintf(&b, "| %d | `%s` | %s | %s |\n", e.Number, e.Code, e.Title, e.Detail)
	}
	b.WriteString("\nWrong fields carry one of these codes: `required`, `too_long`, `format`, `check_digit`, `range`, `choice`, `type`, `date`, `unknown`.\n")
	check(t, "errors.md", b.String())
}
