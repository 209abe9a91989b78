package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"time"
)

// keysUnusedCommand is the command line of "keys unused".
type keysUnusedCommand struct {
	For          string `default:"90d" placeholder:"DAYS" help:"For how long, such as 90d or 12h."`
	Organization string `placeholder:"ALIAS|ID" help:"Organization; without it that of SCW_DEFAULT_ORGANIZATION_ID, else the caller's."`
	output
}

// Help returns the second part of the help text.
func (*keysUnusedCommand) Help() string {
	return `A key is used by a call of the API, and by a decision about it that allows. Keys that are younger than that are not listed, those that have expired are. The exit status is 0 whether there are any.

` + environmentHelp + `

Examples:

    bailiwick keys unused
    bailiwick keys unused --for 180d -o json`
}

func (c *keysUnusedCommand) check(f *faults) {
	if _, ok := parseDays(c.For); !ok {
		f.wrong("--for: want days or hours such as 90d or 12h, not %q", c.For)
	}
	c.output.check(f)
}

// unusedKey is a key of the answer.
type unusedKey struct {
	AccessKey     string     `json:"access_key"`
	UserID        string     `json:"user_id,omitempty"`
	ApplicationID string     `json:"application_id,omitempty"`
	Description   string     `json:"name"`
	CreatedAt     time.Time  `json:"created_at"`
	LastUsedAt    *time.Time `json:"last_used_at"`
}

func (c *keysUnusedCommand) ask(ctx context.Context, r *remote, stdout io.Writer) (int, error) {
	organization, err := r.findOrganization(ctx, c.Organization)
	if err != nil {
		return 0, err
	}
	unused, _ := parseDays(c.For)
	query := url.Values{"kind": {"api_key"}, "unused_since": {time.Now().Add(-unused).UTC().Format(time.RFC3339Nano)}}
	if organization != "" {
		query.Set("organization_id", organization)
	}
	keys, err := list[unusedKey](ctx, r, "/bailiwick/v1/last-used", "last_used", query)
	if err != nil {
		return 0, fmt.Errorf("cannot list the last uses of API keys: %w", err)
	}
	if c.Output == "json" {
		if keys == nil {
			keys = []unusedKey{}
		}
		return exitOK, printJSON(stdout, keys)
	}
	t := newTable(stdout)
	t.row("ACCESS KEY", "BEARER", "CREATED", "LAST USED", "DESCRIPTION")
	for _, k := range keys {
		last := "never"
		if k.LastUsedAt != nil {
			last = k.LastUsedAt.UTC().Format(time.RFC3339)
		}
		t.row(k.AccessKey, bearer(k.UserID, k.ApplicationID), k.CreatedAt.UTC().Format(time.RFC3339), last, k.Description)
	}
	return exitOK, t.Flush()
}
