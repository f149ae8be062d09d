package main

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/alecthomas/kong"

	"shixi/logs"
)

// configCmd prints the settings.
type configCmd struct {
	Explain bool `help:"Tell also what each setting is for, its default and the reason for it."`
}

// Run prints the table, and returns what is wrong with the settings and the files they name.
func (c *configCmd) Run(out *console, settings *loaded) error {
	show := printTable
	if c.Explain {
		show = printExplained
	}
	if err := show(out.stdout, settings); err != nil {
		return fmt.Errorf("print the settings: %w", err)
	}
	for _, warning := range settings.warnings {
		fmt.Fprintf(out.stderr, "wx: warning: %s\n", warning)
	}
	return errors.Join(settings.err(), readable(settings.values))
}

// readable reads the files that settings name, as a start would.
func readable(s *Settings) error {
	_, keys := partners(s)
	var templates error
	if s.Templates != "" {
		_, templates = loadTemplates(s.Templates)
	}
	var texts error
	if s.SMS.Templates != "" {
		_, texts = loadTextTemplates(s.SMS.Templates)
	}
	return errors.Join(keys, templates, texts)
}

func printTable(w io.Writer, settings *loaded) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SETTING\tVALUE\tFROM")
	for i := range settings.table {
		s := &settings.table[i]
		fmt.Fprintf(table, "%s\t%s\t%s\n", s.name, s.shown(), s.source)
	}
	return table.Flush()
}

func printExplained(w io.Writer, settings *loaded) error {
	for i := range settings.table {
		s := &settings.table[i]
		fallback := s.fallback
		if fallback == "" {
			fallback = "none"
		}
		_, err := fmt.Fprintf(w, "%s = %s (%s)\n    %s\n    Default: %s. %s\n\n", s.name, s.shown(), s.source, s.help, fallback, s.reason)
		if err != nil {
			return err
		}
	}
	return nil
}

// shown is the value as the operator may see it. One that can't be used is not repeated: it may be a secret that was
// meant for another setting.
func (s *setting) shown() string {
	switch {
	case s.broken:
		return "(unusable)"
	case s.text == "":
		return "-"
	case s.kind == "mongodb-uri", s.kind == "redis-url":
		return logs.Redact(s.text)
	case s.secret:
		return masked
	default:
		return s.text
	}
}

// settingHelp is the text of a flag or argument in the help. Those of settings already tell their environment variable.
func settingHelp(value *kong.Value) string { return value.Help }
