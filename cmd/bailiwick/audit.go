package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"bailiwick/audit"
	"bailiwick/authority"
	"bailiwick/iam"
	"bailiwick/identity"
)

// auditCommand is the command line of "audit".
type auditCommand struct {
	Export auditExportCommand `cmd:"" help:"Write an organization's audit trail to a file, with what proves it."`
	Verify auditVerifyCommand `cmd:"" help:"Verify an exported audit trail, without a server."`
	Erase  auditEraseCommand  `cmd:"" help:"Erase the personal data of a deleted user from an audit trail."`
}

// auditExportCommand is the command line of "audit export".
type auditExportCommand struct {
	Organization string `placeholder:"ALIAS|ID" help:"Organization; without it that of SCW_DEFAULT_ORGANIZATION_ID, else the caller's."`
	Out          string `placeholder:"FILE" help:"File to write; it must not exist. - is standard output." required:""`
}

// Help returns the second part of the help text.
func (*auditExportCommand) Help() string {
	return `The file has one JSON object a line: the entries of the three chains, those of events, of
attempts to log in and of system events, each chain with a signed end.

` + environmentHelp + `

Example:

    bailiwick audit export --out audit.jsonl`
}

func (c *auditExportCommand) check(*faults) {}

func (c *auditExportCommand) ask(ctx context.Context, r *remote, stdout io.Writer) (int, error) {
	organization, err := r.findOrganization(ctx, c.Organization)
	if err != nil {
		return 0, err
	}
	if c.Out == "-" {
		return exitOK, exportAudit(ctx, r, organization, stdout)
	}
	// The trail is for its reader alone, and what an earlier export wrote is evidence.
	file, err := os.OpenFile(c.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, pathCause(err)
	}
	if err := errors.Join(exportAudit(ctx, r, organization, file), file.Sync(), file.Close()); err != nil {
		return 0, fmt.Errorf("%w; %s is not complete", err, c.Out)
	}
	return exitOK, nil
}

// exportPage is an answer of GET /bailiwick/v1/audit/entries.
type exportPage struct {
	Begin string   `json:"begin"`
	Lines []string `json:"lines"`
	End   string   `json:"end"`
	Last  int64    `json:"last_sequence"`
}

func exportAudit(ctx context.Context, r *remote, organization string, w io.Writer) error {
	for _, chain := range iam.Chains() {
		query := url.Values{"chain": {string(chain)}}
		if organization != "" {
			query.Set("organization_id", organization)
		}
		for ended := false; !ended; {
			text, err := r.get(ctx, "/bailiwick/v1/audit/entries", query)
			if err != nil {
				return err
			}
			var page exportPage
			if err := json.Unmarshal(text, &page); err != nil {
				return fmt.Errorf("the answer is no page of an audit trail: %w", err)
			}
			lines := page.Lines
			if page.Begin != "" {
				lines = append([]string{page.Begin}, lines...)
			}
			if ended = page.End != ""; ended {
				lines = append(lines, page.End)
			}
			if len(lines) == 0 {
				return errors.New("the answer is a page without entries and without an end")
			}
			if _, err := io.WriteString(w, strings.Join(lines, "\n")+"\n"); err != nil {
				return err
			}
			query.Set("after_sequence", strconv.FormatInt(page.Last, 10))
		}
	}
	return nil
}

// auditVerifyCommand is the command line of "audit verify".
type auditVerifyCommand struct {
	File        string `arg:"" optional:"" help:"File of \"audit export\"; - is standard input."`
	Key         string `placeholder:"KEY" help:"Public key that must have signed; x of /.well-known/bailiwick-audit-keys. Without it any one key will do."`
	Checkpoints string `placeholder:"FILE" help:"File of checkpoints that the server wrote: the chains must still go through them."`

	Data         string `placeholder:"DIR" help:"Data directory of a server, to verify the trails in its database in place of a file."`
	Database     string `placeholder:"URL" help:"The same for a postgres:// database; needs --master-key, or --data where the master key is."`
	MasterKey    string `placeholder:"FILE" help:"File of the master key. Without this flag DIR/master.key."`
	Organization string `placeholder:"ID" help:"The one organization of the database to verify; without it all."`
}

// Help returns the second part of the help text.
func (*auditVerifyCommand) Help() string {
	return `The exit status is 0 if the trail is whole and as it was written, 1 if it is not, 2 if it cannot be
read. The first bad entry is told, and whether it was edited, is missing, stands in another place or
a second time, or whether the end was cut off.

Example:

    bailiwick audit verify audit.jsonl --checkpoints checkpoints.jsonl
    bailiwick audit verify --data data`
}

// exitBad is the status of "audit verify" when the trail is bad.
const exitBad = 1

func (c *auditVerifyCommand) faults() []string {
	var f faults
	stored := c.Data != "" || c.Database != ""
	switch {
	case c.File == "" && !stored:
		f.wrong("want a file of \"bailiwick audit export\", or - for standard input, or --data or --database")
	case c.File != "" && (stored || c.MasterKey+c.Organization != ""):
		f.wrong("want a file, or a database, not both")
	case stored && c.Key != "":
		f.wrong("--key is for files: the key of a database is that of its master key")
	case stored && c.Data == "" && c.MasterKey == "":
		f.wrong("the trail of a database is verified with the master key, from which its signing key is derived: give --master-key, or --data where it is")
	}
	checkDatabase(c.Database, &f)
	return f
}

func (c *auditVerifyCommand) run(ctx context.Context, stdout, stderr io.Writer) int {
	if c.File == "" {
		return c.runStored(ctx, stdout, stderr)
	}
	report, err := c.verify(stderr)
	var fault *audit.Fault
	switch {
	case errors.As(err, &fault):
		fmt.Fprintln(stdout, "BAD: "+clean(fault.Error()))
		return exitBad
	case err != nil:
		fmt.Fprintln(stderr, "bailiwick: "+clean(err.Error()))
		return exitUsage
	}
	printReport(stdout, report, c.Key != "")
	return exitOK
}

// runStored verifies the trails in a database.
func (c *auditVerifyCommand) runStored(ctx context.Context, stdout, stderr io.Writer) int {
	bad, err := c.verifyStored(ctx, stdout)
	switch {
	case err != nil:
		fmt.Fprintln(stderr, "bailiwick: "+clean(err.Error()))
		return exitUsage
	case bad:
		return exitBad
	}
	return exitOK
}

func (c *auditVerifyCommand) verifyStored(ctx context.Context, stdout io.Writer) (bad bool, err error) {
	kept, err := c.kept()
	if err != nil {
		return false, err
	}
	i := installation{c.Data, c.Database, c.MasterKey}
	// OpenKeyring would make a key where there is none: it would be the wrong one.
	if _, err := os.Stat(i.masterKey()); err != nil {
		return false, fmt.Errorf("the master key is needed, from which the trail's signing key is derived: %w", err)
	}
	keyring, _, err := identity.OpenKeyring(i.masterKey())
	if err != nil {
		return false, err
	}
	s, err := openAsIs(ctx, i.database())
	if err != nil {
		return false, err
	}
	defer closing(&err, s.Close)
	err = authority.VerifyTrails(ctx, s, keyring, iam.OrganizationID(c.Organization), kept, func(o iam.Organization, report audit.Report, fault error) {
		if fault != nil {
			bad = true
			fmt.Fprintf(stdout, "BAD: organization %s: %s\n", clean(string(o.ID)), clean(fault.Error()))
			return
		}
		printReport(stdout, report, true)
	})
	return bad, err
}

// kept reads the file of checkpoints, if there is one.
func (c *auditVerifyCommand) kept() ([]iam.Statement, error) {
	if c.Checkpoints == "" {
		return nil, nil
	}
	text, err := os.ReadFile(c.Checkpoints)
	if err != nil {
		return nil, pathCause(err)
	}
	kept, err := audit.ReadCheckpoints(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Checkpoints, err)
	}
	return kept, nil
}

func (c *auditVerifyCommand) verify(stderr io.Writer) (audit.Report, error) {
	v := audit.Verification{Key: c.Key}
	var err error
	if v.Checkpoints, err = c.kept(); err != nil {
		return audit.Report{}, err
	}
	file := os.Stdin
	if c.File != "-" {
		if file, err = os.Open(c.File); err != nil {
			return audit.Report{}, pathCause(err)
		}
		defer file.Close()
	}
	draw, done := reading(stderr, file)
	defer done()
	v.Progress = draw
	return audit.VerifyFile(file, v)
}

// reading shows how much of a file has been read; each call of draw tells how much it is by now.
func reading(stderr io.Writer, file *os.File) (draw func(int64), done func()) {
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil, func() {}
	}
	p := newProgress(stderr, "verify", info.Size())
	return func(read int64) { p.add(read - p.done) }, p.end
}

func printReport(w io.Writer, r audit.Report, pinned bool) {
	t := newTable(w)
	t.row("CHAIN", "ENTRIES", "FROM", "TO", "ERASED", "UNTIL")
	for _, c := range r.Chains {
		until := ""
		if !c.End.RecordedAt.IsZero() {
			until = c.End.RecordedAt.Format(time.RFC3339)
		}
		from, to := "", ""
		if c.Entries > 0 {
			from, to = strconv.FormatInt(c.After+1, 10), strconv.FormatInt(c.After+c.Entries, 10)
		}
		t.row(string(c.Chain), strconv.FormatInt(c.Entries, 10), from, to, strconv.FormatInt(c.Erased, 10), until)
	}
	_ = t.Flush()
	fmt.Fprintf(w, "GOOD: organization %s, %d checkpoints compared, signed by %s\n", clean(string(r.OrganizationID)), r.Checkpoints, clean(r.Key))
	if !pinned && r.Key != "" {
		fmt.Fprintln(w, "The key was not compared: give --key, from a source other than the file, to be sure who signed.")
	}
}
