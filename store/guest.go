package store

import (
	"encoding/hex"

	"bailiwick/iam"
)

const guestColumns = `organization_id, user_id, email, invited_by_type, invited_by_id, home_organization_id, home_user_id, created_at, expires_at`

func scanGuest(row scanner) (g iam.Guest, err error) {
	err = row.Scan(&g.OrganizationID, &g.UserID, &g.Email, &g.InvitedBy.Type, &g.InvitedBy.ID,
		&g.Home.OrganizationID, &g.Home.UserID, instant{&g.CreatedAt}, instant{&g.ExpiresAt})
	return g, err
}

// PutGuest stores a guest. tokenHash is the keyed hash of the invitation's token, by which the
// one before is void; nil once the invitation is accepted.
func (t *Tx) PutGuest(g iam.Guest, tokenHash []byte) error {
	_, err := t.exec("INSERT INTO guests ("+guestColumns+`, token_hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (organization_id, user_id) DO UPDATE SET invited_by_type = excluded.invited_by_type, invited_by_id = excluded.invited_by_id,
		home_organization_id = excluded.home_organization_id, home_user_id = excluded.home_user_id,
		created_at = excluded.created_at, expires_at = excluded.expires_at, token_hash = excluded.token_hash`,
		string(g.OrganizationID), string(g.UserID), g.Email, string(g.InvitedBy.Type), g.InvitedBy.ID,
		string(g.Home.OrganizationID), string(g.Home.UserID), micros(g.CreatedAt), micros(g.ExpiresAt), hex.EncodeToString(tokenHash))
	return err
}

// Guest returns what is known of a guest beside its user, or ErrNotFound.
func (t *Tx) Guest(organization iam.OrganizationID, user iam.UserID) (iam.Guest, error) {
	return one(t.row("SELECT "+guestColumns+" FROM guests WHERE organization_id = $1 AND user_id = $2", string(organization), string(user)), scanGuest)
}

// GuestByToken returns the guest of an organization whose invitation has a token, or ErrNotFound.
func (t *Tx) GuestByToken(organization iam.OrganizationID, hash []byte) (iam.Guest, error) {
	return one(t.row("SELECT "+guestColumns+" FROM guests WHERE organization_id = $1 AND token_hash = $2 AND token_hash <> ''",
		string(organization), hex.EncodeToString(hash)), scanGuest)
}

// GuestOf returns the place of an account in an organization, or ErrNotFound.
func (t *Tx) GuestOf(organization iam.OrganizationID, home iam.Account) (iam.Guest, error) {
	return one(t.row("SELECT "+guestColumns+" FROM guests WHERE organization_id = $1 AND home_organization_id = $2 AND home_user_id = $3 AND home_user_id <> ''",
		string(organization), string(home.OrganizationID), string(home.UserID)), scanGuest)
}

// GuestsOf returns the places of an account in all organizations, at most n.
func (t *Tx) GuestsOf(home iam.Account, n int) ([]iam.Guest, error) {
	return collect(t, scanGuest, "SELECT "+guestColumns+` FROM guests WHERE home_organization_id = $1 AND home_user_id = $2 AND home_user_id <> ''
		ORDER BY organization_id LIMIT $3`, string(home.OrganizationID), string(home.UserID), n)
}

// InvitationsTo returns the invitations to an address, in whatever case, that wait for their
// answer, at most n, oldest first.
func (t *Tx) InvitationsTo(email string, n int) ([]iam.Guest, error) {
	return collect(t, scanGuest, "SELECT "+guestColumns+` FROM guests WHERE lower(email) = $1 AND home_user_id = '' AND expires_at > $2
		ORDER BY created_at, organization_id LIMIT $3`, lower(email), micros(t.Now), n)
}

// ExpiredInvitations returns the invitations of all tenants whose time is over, at most n.
func (t *Tx) ExpiredInvitations(n int) ([]iam.Guest, error) {
	return collect(t, scanGuest, "SELECT "+guestColumns+" FROM guests WHERE home_user_id = '' AND expires_at <= $1 ORDER BY expires_at, organization_id LIMIT $2",
		micros(t.Now), n)
}

// DeleteGuest deletes what is known of a guest beside its user.
func (t *Tx) DeleteGuest(organization iam.OrganizationID, user iam.UserID) error {
	_, err := t.exec("DELETE FROM guests WHERE organization_id = $1 AND user_id = $2", string(organization), string(user))
	return err
}
