package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// migrateLegacyCommand is the command line of "migrate-legacy".
type migrateLegacyCommand struct {
	File         string `arg:"" help:"JSON file of users with their roles and of projects with their API keys."`
	DryRun       bool   `help:"Print what would be done, and do nothing."`
	Yes          bool   `help:"Do it without asking."`
	Secrets      string `default:"legacy-keys.jsonl" placeholder:"FILE" help:"New file for the secret keys of new API keys, mode 0600."`
	Organization string `placeholder:"ALIAS|ID" help:"Organization; without it that of SCW_DEFAULT_ORGANIZATION_ID, else the caller's."`
	output

	file legacyFile
}

// Help returns the second part of the help text.
func (*migrateLegacyCommand) Help() string {
	return `Users with the roles admin, editor and billing_admin come into the groups Administrators, Editors and Billing Administrators; the API keys of a project become keys of an application "Project - NAME (ID)" that may do everything in that project. What is there already is left as it is: a second run does nothing. docs/migrate-legacy.md has the form of the file.

` + environmentHelp + `

Examples:

    bailiwick migrate-legacy legacy.json --dry-run
    bailiwick migrate-legacy legacy.json --yes --secrets new-keys.jsonl`
}

func (c *migrateLegacyCommand) check(f *faults) {
	c.output.check(f)
	if c.Output == "json" && !c.DryRun && !c.Yes {
		f.wrong("--output json: nobody can be asked, give --yes or --dry-run")
	}
	if c.File != "" {
		c.file = readLegacy(c.File, f)
	}
}

func (c *migrateLegacyCommand) ask(ctx context.Context, r *remote, stdout io.Writer) (status int, err error) {
	if r.operator {
		return 0, errors.New("the operator is nobody in an organization: give the SCW_SECRET_KEY of an administrator")
	}
	organization, err := r.findOrganization(ctx, c.Organization)
	if err != nil {
		return 0, err
	}
	if organization == "" {
		return 0, errors.New("say which organization: --organization, or SCW_DEFAULT_ORGANIZATION_ID")
	}
	secrets := &secretFile{path: c.Secrets}
	plan, err := planLegacy(ctx, r, organization, c.file, secrets.keep)
	if err != nil {
		return 0, err
	}
	if c.Output == "json" {
		err = c.printPlan(stdout, plan.steps)
	} else {
		err = printPlanTable(stdout, plan.steps)
	}
	if err != nil || c.DryRun || len(plan.steps) == 0 {
		return exitOK, err
	}
	if !c.Yes && !agreed(os.Stdin, stdout) {
		_, err := fmt.Fprintln(stdout, "Nothing was done.")
		return exitDenied, err
	}
	return exitOK, c.carryOut(ctx, plan.steps, secrets, stdout)
}

func (c *migrateLegacyCommand) printPlan(w io.Writer, steps []legacyStep) error {
	if steps == nil {
		steps = []legacyStep{}
	}
	return printJSON(w, map[string]any{"steps": steps})
}

func printPlanTable(w io.Writer, steps []legacyStep) error {
	if len(steps) == 0 {
		_, err := fmt.Fprintln(w, "Everything is there already.")
		return err
	}
	t := newTable(w)
	t.row("STEP", "ACTION", "NAME", "DETAIL")
	for i, s := range steps {
		t.row(fmt.Sprint(i+1), s.Action, s.Name, s.Detail)
	}
	return t.Flush()
}

// agreed asks whether to go on.
func agreed(in io.Reader, out io.Writer) bool {
	fmt.Fprint(out, `Type "yes" to do this: `)
	line, _ := bufio.NewReader(in).ReadString('\n')
	return strings.TrimSpace(line) == "yes"
}

// carryOut makes the steps. The first that fails ends it; what was made stays, and the next run
// goes on from there.
func (c *migrateLegacyCommand) carryOut(ctx context.Context, steps []legacyStep, secrets *secretFile, stdout io.Writer) (err error) {
	if slices.ContainsFunc(steps, func(s legacyStep) bool { return s.Action == "create API key" }) {
		if err := secrets.open(); err != nil {
			return fmt.Errorf("nothing was done: %w", err)
		}
		defer func() { err = errors.Join(err, secrets.file.Close()) }()
	}
	for i, s := range steps {
		if err := s.make(ctx); err != nil {
			return fmt.Errorf("step %d of %d, %s %s: %w; run it again to go on", i+1, len(steps), s.Action, s.Name, err)
		}
		if c.Output != "json" {
			fmt.Fprintln(stdout, clean(fmt.Sprintf("done: step %d, %s %s", i+1, s.Action, s.Name)))
		}
	}
	if secrets.file != nil && c.Output != "json" {
		_, err = fmt.Fprintln(stdout, clean("the secret keys are in "+c.Secrets))
	}
	return err
}

// secretFile takes the secrets of new API keys, one JSON object a line.
type secretFile struct {
	path string
	file *os.File
}

// open makes the file. One that exists is not touched: it may hold the only copy of other secrets,
// and somebody else may have opened it for reading.
func (s *secretFile) open() (err error) {
	s.file, err = os.OpenFile(s.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("the file %q for the secret keys exists: move it away, or give another with --secrets", s.path)
	}
	return pathCause(err)
}

// keep writes a secret to the disk.
func (s *secretFile) keep(made legacySecret) error {
	line, err := json.Marshal(made)
	if err != nil {
		return err
	}
	if _, err := s.file.Write(append(line, '\n')); err != nil {
		return err
	}
	return s.file.Sync()
}
