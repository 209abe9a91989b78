package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// commands is the command line. Every value is text here and is checked later, so that
// the faults of all of them come out together.
type commands struct {
	Serve         serveCommand         `cmd:"" help:"Run the server."`
	Can           canCommand           `cmd:"" help:"Ask a running server whether somebody may do something."`
	Explain       explainCommand       `cmd:"" help:"Ask why somebody may do something or not, and what would allow it."`
	WhoCan        whoCanCommand        `cmd:"" help:"List who may do something."`
	WhatCan       whatCanCommand       `cmd:"" help:"List what somebody may do."`
	Keys          apiKeysCommand       `cmd:"" help:"List API keys of a running server."`
	Audit         auditCommand         `cmd:"" help:"Export and verify the audit trail."`
	Backup        backupCommand        `cmd:"" help:"Write a backup of an installation."`
	Restore       restoreCommand       `cmd:"" help:"Put a backup into an empty database, or in place of one."`
	Move          moveCommand          `cmd:"" help:"Move an installation to another database."`
	MigrateLegacy migrateLegacyCommand `cmd:"" help:"Bring roles and project keys from before IAM into groups, policies and applications."`
	Version       versionCommand       `cmd:"" help:"Print the version."`

	HashPasswords   hashPasswordsCommand   `cmd:"" hidden:"" help:"Hash passwords for a server, which starts this itself."`
	RotateMasterKey rotateMasterKeyCommand `cmd:"" help:"Replace the master key of an installation."`
}

const variablePrefix = "BAILIWICK_"

// notSettings are the names in credentials.env that begin like a setting. They are for
// clients. Somebody who has loaded the file into a shell must be able to start the server
// from it, so they are no unknown variables.
func notSettings() []string {
	return []string{variablePrefix + "OWNER_PASSWORD", variablePrefix + "OPERATOR_TOKEN"}
}

// variable returns the name of the environment variable of a flag.
func variable(flag string) string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// parse fills the commands from arguments and environment. It returns the name of the
// chosen command, or "" when it has printed the help that was asked for; and all faults.
func parse(c *commands, args, environ []string, stdout io.Writer) (chosen string, faults []string) {
	variables := settingVariables(environ)
	helped := false
	var settings []string // the flags of the server; those of questions have no variables
	parser, err := kong.New(c,
		kong.Name("bailiwick"),
		kong.Description("Bailiwick, an identity and access management server that speaks the Scaleway IAM API."),
		kong.Writers(stdout, stdout),
		kong.Exit(func(int) { helped = true }),
		kong.ValueFormatter(func(value *kong.Value) string { return describeFlag(value, settings) }),
		kong.ConfigureHelp(kong.HelpOptions{WrapUpperBound: 100}),
		kong.Resolvers(kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
			if value := variables[variable(flag.Name)]; value != "" && slices.Contains(settings, flag.Name) {
				return value, nil
			}
			return nil, nil
		})),
	)
	if err != nil {
		return "", []string{err.Error()}
	}
	settings = settingFlags(parser.Model.Node)
	args, faults = sift(args, flagNames(parser.Model.Node), switchNames(parser.Model.Node))
	command, err := parser.Parse(args)
	switch {
	case helped:
		return "", nil
	case err != nil:
		return "", append(faults, usageFault(err))
	}
	chosen, _, _ = strings.Cut(command.Command(), " <") // without the names of its arguments
	if chosen == "serve" {
		faults = append(faults, variableFaults(variables, settings)...)
	}
	return chosen, faults
}

func usageFault(err error) string {
	if cause := errors.Unwrap(err); cause != nil {
		err = cause
	}
	return err.Error() + ` (see "bailiwick --help")`
}

// settingVariables returns the variables that begin with the prefix.
func settingVariables(environ []string) map[string]string {
	variables := make(map[string]string)
	for _, entry := range environ {
		if name, value, _ := strings.Cut(entry, "="); strings.HasPrefix(name, variablePrefix) {
			variables[name] = value
		}
	}
	return variables
}

// variableFaults refuses variables that no flag reads, because a misspelt one would leave
// the server with a default that its operator believes to have changed, and empty ones,
// because an empty BAILIWICK_DATABASE (a secret that did not arrive) would start a new,
// empty installation beside the real one.
func variableFaults(variables map[string]string, flags []string) []string {
	var faults []string
	for name, value := range variables {
		switch {
		case slices.Contains(notSettings(), name):
		case !slices.ContainsFunc(flags, func(flag string) bool { return variable(flag) == name }):
			faults = append(faults, fmt.Sprintf("unknown environment variable %s", name))
		case value == "":
			faults = append(faults, fmt.Sprintf("environment variable %s is empty: give it a value or unset it", name))
		}
	}
	slices.Sort(faults)
	return faults
}

// flagNames returns the long names of all flags of all commands.
func flagNames(node *kong.Node) []string {
	var names []string
	for _, flag := range node.Flags {
		names = append(names, flag.Name)
	}
	for _, child := range node.Children {
		names = append(names, flagNames(child)...)
	}
	return names
}

// switchNames returns the long names of the flags that need no value.
func switchNames(node *kong.Node) []string {
	var names []string
	for _, flag := range node.Flags {
		if flag.IsBool() {
			names = append(names, flag.Name)
		}
	}
	for _, child := range node.Children {
		names = append(names, switchNames(child)...)
	}
	return names
}

// settingFlags returns the names of the flags of the server, each of which a variable sets, too.
func settingFlags(node *kong.Node) []string {
	for _, child := range node.Children {
		if child.Name == "serve" {
			return flagNames(child)
		}
	}
	return nil
}

// sift takes faulty flags out of the arguments, because the parser would stop at the first
// one and hide the rest: unknown ones, ones without a value, and ones with an empty value,
// which are refused for the reason that empty variables are.
func sift(args, known, switches []string) (rest, faults []string) {
	for i := 0; i < len(args); i++ {
		name, value, joined := strings.Cut(strings.TrimPrefix(args[i], "--"), "=")
		if !strings.HasPrefix(args[i], "--") || !joined && slices.Contains(switches, name) {
			rest = append(rest, args[i])
			continue
		}
		// No value begins with a hyphen, except that one alone is standard output, so the next
		// argument is the value if it does not.
		separate := !joined && i+1 < len(args) && (args[i+1] == "-" || !strings.HasPrefix(args[i+1], "-"))
		if separate {
			i++
			value = args[i]
		}
		switch {
		case !slices.Contains(known, name):
			faults = append(faults, fmt.Sprintf("unknown flag --%s", name))
		case value == "":
			faults = append(faults, fmt.Sprintf("flag --%s has no value: give it one or leave it out", name))
		default:
			rest = append(rest, "--"+name+"="+value)
		}
	}
	return rest, faults
}

// describeFlag adds the variable and the default to the help text of a flag.
func describeFlag(value *kong.Value, settings []string) string {
	switch {
	case value.Flag == nil || value.Name == "help":
		return value.Help
	case !slices.Contains(settings, value.Name) && value.HasDefault:
		return fmt.Sprintf("%s (default %s)", value.Help, value.Default)
	case !slices.Contains(settings, value.Name):
		return value.Help
	}
	text := fmt.Sprintf("%s ($%s", value.Help, variable(value.Name))
	if value.HasDefault && value.Default != "" {
		text += ", default " + value.Default
	}
	return text + ")"
}
