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
	"bailiwick/iam"
)

// auditCommand is the command line of "audit".
type auditCommand struct {
	Export auditExportCommand `cmd:"" help:"Write an organization's audit trail to a file, with what proves it."`
	Verify auditVerifyCommand `cmd:"" help:"Verify an exported audit trail, without a server."`
}

// auditExportCommand is the command line of "audit export".
type auditExportCommand struct {
	Organization string `placeholder:"ALIAS|ID" help:"Organization; without it that of SCW_DEFAULT_ORGANIZATION_ID, else the caller's."`
	Out          string `placeholder:"FILE" help:"File to write; it must not exist. - is standard output." required:""`
}

// Help returns the second part of the help text.
func (*auditExportCommand) Help() string {
	return `The file has one JSON object a line: the entries of both chains, those of events and those of
attempts to log in, each chain with a signed end.

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
}

// Help returns the second part of the help text.
func (*auditVerifyCommand) Help() string {
	return `The exit status is 0 if the trail is whole and as it was written, 1 if it is not, 2 if it cannot be
read. The first bad entry is told, and whether it was edited, is missing, stands in another place or
a second time, or whether the end was cut off.

Example:

    bailiwick audit verify audit.jsonl --checkpoints checkpoints.jsonl`
}

// exitBad is the status of "audit verify" when the trail is bad.
const exitBad = 1

func (c *auditVerifyCommand) faults() []string {
	var f faults
	if c.File == "" {
		f.wrong("want a file of \"bailiwick audit export\", or - for standard input")
	}
	return f
}

func (c *auditVerifyCommand) run(stdout, stderr io.Writer) int {
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

func (c *auditVerifyCommand) verify(stderr io.Writer) (audit.Report, error) {
	v := audit.Verification{Key: c.Key}
	if c.Checkpoints != "" {
		text, err := os.ReadFile(c.Checkpoints)
		if err != nil {
			return audit.Report{}, pathCause(err)
		}
		if v.Checkpoints, err = audit.ReadCheckpoints(text); err != nil {
			return audit.Report{}, fmt.Errorf("%s: %w", c.Checkpoints, err)
		}
	}
	file := os.Stdin
	if c.File != "-" {
		var err error
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
