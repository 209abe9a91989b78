package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"bailiwick/client"
)

// apiKeysCommand is the command line of "keys".
type apiKeysCommand struct {
	Expiring keysExpiringCommand `cmd:"" help:"List the API keys that expire soon."`
	Unused   keysUnusedCommand   `cmd:"" help:"List the API keys that nobody uses."`
}

// keysExpiringCommand is the command line of "keys expiring".
type keysExpiringCommand struct {
	Within       string `default:"30d" placeholder:"DAYS" help:"How soon, such as 30d or 12h."`
	Organization string `placeholder:"ALIAS|ID" help:"Organization; without it that of SCW_DEFAULT_ORGANIZATION_ID, else the caller's."`
	output
}

// Help returns the second part of the help text.
func (*keysExpiringCommand) Help() string {
	return `Keys that have expired already are not listed. The exit status is 0 whether there are any.

` + environmentHelp + `

Examples:

    bailiwick keys expiring
    bailiwick keys expiring --within 7d -o json`
}

// parseDays reads a number of days or hours.
func parseDays(text string) (time.Duration, bool) {
	number, days := strings.CutSuffix(text, "d")
	if !days {
		d, err := time.ParseDuration(text)
		return d, err == nil && d > 0
	}
	var n int
	if _, err := fmt.Sscanf(number+"d", "%dd", &n); err != nil || fmt.Sprint(n) != number || n < 1 || n > 36500 {
		return 0, false
	}
	return time.Duration(n) * 24 * time.Hour, true
}

func (c *keysExpiringCommand) check(f *faults) {
	if _, ok := parseDays(c.Within); !ok {
		f.wrong("--within: want days or hours such as 30d or 12h, not %q", c.Within)
	}
	c.output.check(f)
}

// expiringKey is a key of the answer.
type expiringKey struct {
	AccessKey     string    `json:"access_key"`
	UserID        string    `json:"user_id,omitempty"`
	ApplicationID string    `json:"application_id,omitempty"`
	Description   string    `json:"description"`
	ExpiresAt     time.Time `json:"expires_at"`
}

func (k expiringKey) bearer() string { return bearer(k.UserID, k.ApplicationID) }

// bearer names the bearer of a key as the command line takes it.
func bearer(user, application string) string {
	if user != "" {
		return client.TypeUser + ":" + user
	}
	return client.TypeApplication + ":" + application
}

func (c *keysExpiringCommand) ask(ctx context.Context, r *remote, stdout io.Writer) (int, error) {
	organization, err := r.findOrganization(ctx, c.Organization)
	if err != nil {
		return 0, err
	}
	within, _ := parseDays(c.Within)
	now := time.Now()
	query := url.Values{"expired": {"false"}, "order_by": {"expires_at_asc"}}
	if organization != "" {
		query.Set("organization_id", organization)
	}
	all, err := list[expiringKey](ctx, r, "/iam/v1alpha1/api-keys", "api_keys", query)
	if err != nil {
		return 0, fmt.Errorf("cannot list API keys: %w", err)
	}
	soon := []expiringKey{}
	for _, k := range all {
		if !k.ExpiresAt.IsZero() && k.ExpiresAt.Before(now.Add(within)) {
			soon = append(soon, k)
		}
	}
	if c.Output == "json" {
		return exitOK, printJSON(stdout, soon)
	}
	t := newTable(stdout)
	t.row("ACCESS KEY", "BEARER", "EXPIRES", "LEFT", "DESCRIPTION")
	for _, k := range soon {
		t.row(k.AccessKey, k.bearer(), k.ExpiresAt.UTC().Format(time.RFC3339), left(k.ExpiresAt.Sub(now)), k.Description)
	}
	return exitOK, t.Flush()
}

// left says in whole days, or hours on the last day, how long something lasts.
func left(d time.Duration) string {
	if d >= 24*time.Hour {
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	}
	return fmt.Sprintf("%dh", d/time.Hour)
}
