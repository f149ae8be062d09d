// Command wx is the whole product in one program: each of its commands is one way to run or tend the enterprise side of
// the internship filing. `wx help` lists them, `wx config --explain` tells every setting.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"syscall"
	_ "time/tzdata" // calendar days and quiet hours are in Asia/Shanghai, also on machines without zone files

	"github.com/alecthomas/kong"

	"shixi/logs"
)

// cli is the grammar. A command is a field with a tag `cmd:""`, whose type has a method Run that asks, in any order, for
// what it needs of: context.Context, which ends at SIGINT and SIGTERM; *Settings, checked; *slog.Logger; *console;
// *loaded, the settings unchecked. A problem with the settings fails only those commands that ask for *Settings or
// *slog.Logger. The tag `settings` names those of which its help tells, see help.
type cli struct {
	Settings Settings `embed:"" group:"settings"`

	Serve       serveCmd       `cmd:"" help:"Serve HTTP: the mini-program, the partners and WeChat's callbacks."`
	Worker      workerCmd      `cmd:"" help:"Serve the queue and the schedules: messages, reactions, sweepers."`
	Migrate     migrateCmd     `cmd:"" settings:"mongodb-uri keyset log-level" help:"Create the indexes that are missing in the database."`
	Jobs        jobsCmd        `cmd:"" settings:"mongodb-uri keyset log-level" help:"Show the reactions that need a person, or put one back to work."`
	SMS         smsCmd         `cmd:"" settings:"mongodb-uri keyset log-level" name:"sms" help:"Show the text messages that did not leave, or those to one mobile, or send one again."`
	Webhooks    webhooksCmd    `cmd:"" settings:"mongodb-uri keyset log-level" help:"Show the partners' webhooks, or put one back to work."`
	Quota       quotaCmd       `cmd:"" settings:"mongodb-uri redis-url keyset wx-api-base wx-oa- log-level" help:"Show how many messages WeChat still takes today, and let held ones leave."`
	Unionids    unionidsCmd    `cmd:"" settings:"mongodb-uri redis-url keyset wx-api-base wx-oa- wx-mp- log-level" help:"Ask WeChat for the unionids of followers who were bound before it told them."`
	Sim         simCmd         `cmd:"" settings:"wx-oa- wx-mp- wx-templates sms-provider sms-key- sms-app-id sms-templates log-level" help:"Run the simulated WeChat platform for the accounts of the settings."`
	Demo        demoCmd        `cmd:"" settings:"listen embedded- registry- intern-share certificate-mb document-mb worker-concurrency shutdown-grace log-level" help:"Show the main job on embedded engines and a simulated WeChat: a sign-up, the message on the phone, the answer."`
	Config      configCmd      `cmd:"" help:"Print every setting with its value and where it comes from, secrets masked, and check them."`
	Healthcheck healthcheckCmd `cmd:"" settings:"listen" help:"Ask the server on this machine whether it is ready, for use as a container's health check."`
	Keyset      keysetCmd      `cmd:"" settings:"" help:"Print a fresh keyset for the setting KEYSET."`
	Version     versionCmd     `cmd:"" settings:"" help:"Print the version."`
}

// settingsGroup is the key of the group of flags that are settings.
const settingsGroup = "settings"

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2 // an unknown command or flag, or settings that don't fit
)

// console is where a command talks to its operator.
type console struct {
	stdout, stderr io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr, os.Getenv))
}

// run is the whole program but for its process: it returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer, getenv func(string) string) int {
	if len(args) > 0 && args[0] == "help" {
		args = append(slices.Clone(args[1:]), "--help")
	}
	var grammar cli
	given := givenFlags{}
	helped := false
	parser, err := kong.New(&grammar, append(settingMappers(given),
		kong.Name("wx"),
		kong.Description("The enterprise side of the internship filing, with its WeChat messages."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { helped = true }),
		kong.Help(help),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true, ValueFormatter: settingHelp}),
		kong.ExplicitGroups([]kong.Group{{Key: settingsGroup, Title: "Settings, each also by the environment:"}}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(&console{stdout: stdout, stderr: stderr}),
	)...)
	if err != nil {
		return complain(stderr, fmt.Errorf("grammar: %w", err), exitFailed)
	}
	table := settingsTable(parser)
	parsed, err := parser.Parse(args)
	if helped {
		return exitOK
	}
	if err != nil {
		return complain(stderr, fmt.Errorf("%w (see wx --help)", err), exitUsage)
	}
	settings := load(&grammar.Settings, table, given, getenv)
	parsed.Bind(settings)
	if err := bindChecked(parsed, settings, stderr); err != nil {
		return complain(stderr, err, exitFailed)
	}
	return finish(stderr, parsed.Run(), settings.redactor())
}

// bindChecked offers the checked settings and the logger to commands that ask for them.
func bindChecked(parsed *kong.Context, settings *loaded, stderr io.Writer) error {
	logger := func() (*slog.Logger, error) {
		if err := settings.err(); err != nil {
			return nil, err
		}
		log := logs.New(stderr, settings.values.LogLevel, settings.secrets()...)
		for _, warning := range settings.warnings {
			log.Warn(warning)
		}
		return log, nil
	}
	checked := func() (*Settings, error) { return settings.values, settings.err() }
	if err := parsed.BindSingletonProvider(logger); err != nil {
		return fmt.Errorf("bind the logger: %w", err)
	}
	if err := parsed.BindSingletonProvider(checked); err != nil {
		return fmt.Errorf("bind the settings: %w", err)
	}
	return nil
}

// finish tells the operator how a command ended.
func finish(stderr io.Writer, err error, redactor *logs.Redactor) int {
	var wrong *settingsError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &wrong):
		return complain(stderr, wrong, exitUsage)
	default:
		return complain(stderr, errors.New(redactor.Redact(err.Error())), exitFailed)
	}
}

func complain(stderr io.Writer, err error, code int) int {
	fmt.Fprintf(stderr, "wx: %s\n", logs.Redact(err.Error()))
	return code
}
