package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"bailiwick/iam"
)

// auditEraseCommand is the command line of "audit erase".
type auditEraseCommand struct {
	Organization string `placeholder:"ID" required:"" help:"Organization whose audit trail it is."`
	User         string `placeholder:"ID" required:"" help:"User, who must have been deleted."`
}

// Help returns the second part of the help text.
func (*auditEraseCommand) Help() string {
	return `Addresses, user agents, usernames and what was sent to change the user are removed from the trail; the chain
stays as it is and can be verified. What it cannot reach: earlier exports and backups. It is an event itself,
and can be done again.

The server is that of SCW_API_URL. It is for who runs it: the operator's token is read from
BAILIWICK_OPERATOR_TOKEN, and SCW_SECRET_KEY must not be set.

Example:

    bailiwick audit erase --organization 9f8e... --user 1a2b...`
}

func (c *auditEraseCommand) check(f *faults) {
	for flag, id := range map[string]*string{"organization": &c.Organization, "user": &c.User} {
		spelled, ok := iam.ParseUUID(*id)
		if !ok {
			f.wrong("--%s: want an id", flag)
		}
		*id = spelled
	}
}

func (c *auditEraseCommand) ask(ctx context.Context, r *remote, stdout io.Writer) (int, error) {
	if !r.operator {
		return 0, errors.New("it is for the operator: set BAILIWICK_OPERATOR_TOKEN, and unset SCW_SECRET_KEY")
	}
	if _, err := r.post(ctx, "/bailiwick/v1/organizations/"+c.Organization+"/erase-user", map[string]string{"user_id": c.User}); err != nil {
		return 0, fmt.Errorf("%w; what was begun goes on when the command is run again", err)
	}
	fmt.Fprintf(stdout, "personal data of user %s are erased from the audit trail of organization %s\n", c.User, c.Organization)
	return exitOK, nil
}
