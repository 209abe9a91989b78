package store

import "bailiwick/iam"

const organizationColumns = `id, name, alias, owner_id, created_at, updated_at, closed_at,
	login_password_enabled, login_magic_code_enabled, login_oauth2_enabled, login_saml_enabled,
	enforce_password_renewal, grace_period_us, login_attempts_before_lock, max_login_session_us, max_api_key_us,
	mfa_required, password_inactivity_us`

func scanOrganization(row scanner) (o iam.Organization, err error) {
	s := &o.Security
	err = row.Scan(&o.ID, &o.Name, &o.Alias, &o.OwnerID,
		instant{&o.CreatedAt}, instant{&o.UpdatedAt}, instant{&o.ClosedAt},
		&o.LoginPasswordEnabled, &o.LoginMagicCodeEnabled, &o.LoginOAuth2Enabled, &o.LoginSAMLEnabled,
		&s.EnforcePasswordRenewal, duration{&s.GracePeriodDuration}, &s.LoginAttemptsBeforeLock,
		duration{&s.MaxLoginSessionDuration}, duration{&s.MaxAPIKeyDuration},
		&s.MFARequired, duration{&s.PasswordInactivity})
	return o, err
}

func organizationValues(o iam.Organization) []any {
	s := o.Security
	return []any{string(o.ID), o.Name, o.Alias, string(o.OwnerID),
		micros(o.CreatedAt), micros(o.UpdatedAt), micros(o.ClosedAt),
		o.LoginPasswordEnabled, o.LoginMagicCodeEnabled, o.LoginOAuth2Enabled, o.LoginSAMLEnabled,
		s.EnforcePasswordRenewal, s.GracePeriodDuration.Microseconds(), s.LoginAttemptsBeforeLock,
		s.MaxLoginSessionDuration.Microseconds(), s.MaxAPIKeyDuration.Microseconds(), s.MFARequired, s.PasswordInactivity.Microseconds()}
}

// InsertOrganization stores a new organization; ErrDuplicate if its id or alias is taken.
func (t *Tx) InsertOrganization(o iam.Organization) error {
	t.change(o.ID, KindOrganization, string(o.ID))
	_, err := t.exec(`INSERT INTO organizations (`+organizationColumns+`, event_sequence, event_recorded_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, 0, 0)`, organizationValues(o)...)
	return err
}

// UpdateOrganization stores an organization that exists.
func (t *Tx) UpdateOrganization(o iam.Organization) error {
	t.change(o.ID, KindOrganization, string(o.ID))
	return touched(t.exec(`UPDATE organizations SET name = $2, alias = $3, owner_id = $4, created_at = $5,
		updated_at = $6, closed_at = $7, login_password_enabled = $8, login_magic_code_enabled = $9,
		login_oauth2_enabled = $10, login_saml_enabled = $11, enforce_password_renewal = $12, grace_period_us = $13,
		login_attempts_before_lock = $14, max_login_session_us = $15, max_api_key_us = $16,
		mfa_required = $17, password_inactivity_us = $18
		WHERE id = $1`, organizationValues(o)...))
}

// Organization returns one organization, or ErrNotFound.
func (t *Tx) Organization(id iam.OrganizationID) (iam.Organization, error) {
	return one(t.row("SELECT "+organizationColumns+" FROM organizations WHERE id = $1", string(id)), scanOrganization)
}

// OrganizationByAlias returns the organization with an alias, or ErrNotFound.
func (t *Tx) OrganizationByAlias(alias string) (iam.Organization, error) {
	return one(t.row("SELECT "+organizationColumns+" FROM organizations WHERE alias = $1 AND alias <> ''", alias), scanOrganization)
}

// Organizations returns a page of all organizations, oldest first, and their number.
func (t *Tx) Organizations(page iam.Page) ([]iam.Organization, int, error) {
	return list(t, listQuery{
		table: "organizations", columns: organizationColumns, filter: filter{clauses: []string{"id <> ''"}},
		orders: map[string]string{"created_at": "created_at"}, order: iam.Order{Field: "created_at"}, key: "id", page: page,
	}, scanOrganization)
}

// EachOrganization gives every organization to yield.
func (t *Tx) EachOrganization(yield func(iam.Organization) error) error {
	return eachObject(t, KindOrganization, scanOrganization, yield, "SELECT "+organizationColumns+" FROM organizations")
}
