package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"

	"shixi/logs"
)

// setting is one line of the table that the tags of [Settings] make, and how it was set in this run.
type setting struct {
	name     string // of the environment variable
	kind     string
	help     string
	fallback string // the default
	reason   string // for the default
	secret   bool
	target   reflect.Value
	flag     *kong.Value

	text   string // as given, "" when unset
	source string // where it came from
	broken bool   // what was given can't be used
}

// Where a value came from.
const (
	fromDefault     = "default"
	fromEnvironment = "environment"
	fromFlag        = "flag"
	fromFile        = "file" // followed by the variable that names it
)

// loaded are the settings of one run, with what is wrong about them.
type loaded struct {
	values   *Settings
	table    []setting
	problems []string // each names the setting and says what to do; never holds a value
	warnings []string // the same, for what works but should not stay so
}

// settingsError tells all problems at once.
type settingsError struct{ problems []string }

// Error lists the problems.
func (e *settingsError) Error() string {
	return "the settings don't fit:\n  - " + strings.Join(e.problems, "\n  - ") +
		"\n(wx config shows them all, wx config --explain what each is for)"
}

// err is a *settingsError, or nil when there is no problem.
func (l *loaded) err() error {
	if len(l.problems) == 0 {
		return nil
	}
	return &settingsError{l.problems}
}

// redactor hides this run's secrets in text meant for the operator.
func (l *loaded) redactor() *logs.Redactor { return logs.NewRedactor(l.secrets()...) }

// givenFlags holds the text of the settings that were given as flags.
type givenFlags map[*kong.Value]string

// Decode takes the text of a flag as it is. It is judged later, with that from other sources and all at once.
func (g givenFlags) Decode(ctx *kong.DecodeContext, _ reflect.Value) error {
	token := ctx.Scan.Pop()
	if !token.IsValue() {
		return errors.New("expects a value; write --name=value when it begins with a hyphen")
	}
	g[ctx.Value] = token.String()
	return nil
}

// settingMappers makes kong hand the flags of all settings to given.
func settingMappers(given givenFlags) []kong.Option {
	var options []kong.Option
	for kind := range settingKinds {
		options = append(options, kong.NamedMapper(kind, given))
	}
	return options
}

// settingsTable reads the table off the grammar, and takes environment and defaults out of kong's hands: it would read
// the process's environment, stop at the first wrong value, and repeat that value in its message.
func settingsTable(parser *kong.Kong) []setting {
	var table []setting
	for _, flag := range parser.Model.Flags {
		if len(flag.Tag.Envs) == 0 {
			continue
		}
		table = append(table, setting{
			name:     flag.Tag.Envs[0],
			kind:     flag.Tag.Type,
			help:     flag.Help,
			fallback: flag.Default,
			reason:   flag.Tag.Get("reason"),
			secret:   flag.Tag.Has("secret"),
			target:   flag.Target,
			flag:     flag.Value,
		})
		flag.Tag.Envs, flag.Envs, flag.HasDefault = nil, nil, false
		flag.PlaceHolder = "…"
		flag.Help = fmt.Sprintf("%s (%s)", flag.Help, table[len(table)-1].describe())
	}
	return table
}

// describe is the part of a flag's help that tells the environment variables and the default.
func (s *setting) describe() string {
	text := s.name
	if s.secret {
		text += " or " + s.name + "_FILE"
	}
	if s.fallback != "" {
		text += "; default " + s.fallback
	}
	return text
}

// loadSettings reads the settings from getenv alone, for what runs the program inside another, as tests do.
func loadSettings(getenv func(string) string) (*Settings, error) {
	var grammar struct {
		Settings Settings `embed:""`
	}
	given := givenFlags{}
	parser, err := kong.New(&grammar, settingMappers(given)...)
	if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	l := load(&grammar.Settings, settingsTable(parser), given, getenv)
	return l.values, l.err()
}

// load gives each setting its value and checks all of them.
func load(values *Settings, table []setting, given givenFlags, getenv func(string) string) *loaded {
	l := &loaded{values: values, table: table}
	for i := range l.table {
		s := &l.table[i]
		l.find(s, given, getenv)
		s.target.SetZero()
		if s.text == "" || s.broken {
			continue
		}
		value, err := settingKinds[s.kind](s.text)
		if err != nil {
			l.problem(s, err.Error())
			continue
		}
		s.target.Set(reflect.ValueOf(value))
	}
	l.check()
	return l
}

func (l *loaded) problem(s *setting, text string) {
	s.broken = true
	l.problems = append(l.problems, s.name+" "+text)
}

// find takes the text of a setting from where it was given.
func (l *loaded) find(s *setting, given givenFlags, getenv func(string) string) {
	env, path := getenv(s.name), ""
	if s.secret {
		path = getenv(s.name + "_FILE")
	}
	flag, isFlag := given[s.flag]
	switch {
	case env != "" && path != "":
		s.text = env
		l.problem(s, "and "+s.name+"_FILE are both set: unset one of them")
	case isFlag:
		s.text, s.source = flag, fromFlag
		if s.secret && flag != "" {
			l.warnings = append(l.warnings, s.name+" was given as a flag, which everybody on this machine can read: use "+s.name+"_FILE")
		}
	case env != "":
		s.text, s.source = env, fromEnvironment
	case path != "":
		s.source = fromFile + " of " + s.name + "_FILE"
		l.read(s, path)
	}
	if s.text == "" && !s.broken {
		s.text, s.source = s.fallback, fromDefault
	}
}

// largestSecretFile is far more than any secret needs.
const largestSecretFile = 64 << 10

// read takes a secret from a file, without the line break that editors put at the end. The path is not repeated: people
// do put the secret itself into the variable.
func (l *loaded) read(s *setting, path string) {
	file := s.name + "_FILE"
	text, mode, err := readFile(path, largestSecretFile)
	if err != nil {
		l.problems = append(l.problems, file+" names a file that can't be used: "+err.Error())
		s.broken = true
		return
	}
	s.text = strings.TrimRight(text, "\r\n")
	if openToOthers(path, mode) {
		l.warnings = append(l.warnings, file+" names a file that other users of this machine can read or change: chmod 600 it")
	}
}

// readFile reads a regular file of at most so many bytes. Its errors don't hold the path.
func readFile(path string, most int64) (text string, mode fs.FileMode, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", 0, withoutPath(err)
	}
	if !info.Mode().IsRegular() {
		return "", 0, errors.New("it is not a regular file")
	}
	if info.Size() > most {
		return "", 0, fmt.Errorf("it is larger than %d KiB", most>>10)
	}
	file, err := os.Open(path)
	if err != nil {
		return "", 0, withoutPath(err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, most))
	if err != nil {
		return "", 0, withoutPath(err)
	}
	return string(content), info.Mode(), nil
}

func withoutPath(err error) error {
	var of *fs.PathError
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}

// openToOthers tells whether a file's permissions let users in who are neither its owner nor in its group, or let the
// group write. Files under /run/secrets are left out: there a container runtime shows them to one container, with
// permissions that nobody chooses.
func openToOthers(path string, mode fs.FileMode) bool {
	return mode.Perm()&0o027 != 0 && !strings.HasPrefix(path, "/run/secrets/")
}
