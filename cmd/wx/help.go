package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// allSettings is the end of the help of commands that use some settings only.
const allSettings = "All settings: wx config --explain"

// help prints the help of the program with all settings, that of a command with those it uses: the flags named in its tag
// `settings`, where a name that ends in a hyphen stands for all that begin so. A command without the tag uses all.
func help(options kong.HelpOptions, ctx *kong.Context) error {
	uses, some := usedSettings(ctx.Selected())
	for _, flag := range ctx.Model.Flags {
		if some && flag.Group != nil && flag.Group.Key == settingsGroup {
			flag.Hidden = !slices.ContainsFunc(uses, func(name string) bool { return isNamed(name, flag.Name) })
		}
	}
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
		return fmt.Errorf("print the help: %w", err)
	}
	if some {
		fmt.Fprintln(ctx.Stdout, "\n"+allSettings)
	}
	return nil
}

// usedSettings are those of a command or of the one that it is part of; some is false when it uses all.
func usedSettings(command *kong.Node) (names []string, some bool) {
	for ; command != nil; command = command.Parent {
		if command.Tag != nil && command.Tag.Has("settings") {
			return strings.Fields(command.Tag.Get("settings")), true
		}
	}
	return nil, false
}

func isNamed(name, flag string) bool {
	return name == flag || strings.HasSuffix(name, "-") && strings.HasPrefix(flag, name)
}
