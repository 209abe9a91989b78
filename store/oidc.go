package store

import "bailiwick/iam"

// OIDCSubject is who a user is at an OpenID provider.
type OIDCSubject struct {
	OrganizationID iam.OrganizationID
	UserID         iam.UserID
	Issuer         string
	Subject        string
}

// InsertOIDCSubject stores who a user is at a provider; ErrDuplicate if the user is somebody else
// there, or somebody else of the organization is that.
func (t *Tx) InsertOIDCSubject(s OIDCSubject) error {
	_, err := t.exec("INSERT INTO oidc_subjects (organization_id, user_id, issuer, subject, created_at) VALUES ($1, $2, $3, $4, $5)",
		string(s.OrganizationID), string(s.UserID), s.Issuer, s.Subject, micros(t.Now))
	return err
}

// OIDCSubjects returns what an organization knows of a provider: who a user is there, and which
// user a subject is; neither, one or two.
func (t *Tx) OIDCSubjects(s OIDCSubject) ([]OIDCSubject, error) {
	return collect(t, func(row scanner) (s OIDCSubject, err error) {
		return s, row.Scan(&s.OrganizationID, &s.UserID, &s.Issuer, &s.Subject)
	}, `SELECT organization_id, user_id, issuer, subject FROM oidc_subjects
		WHERE organization_id = $1 AND issuer = $2 AND (user_id = $3 OR subject = $4) ORDER BY user_id`,
		string(s.OrganizationID), s.Issuer, string(s.UserID), s.Subject)
}

// DeleteOIDCSubjects forgets who a user is at all providers.
func (t *Tx) DeleteOIDCSubjects(organization iam.OrganizationID, user iam.UserID) error {
	_, err := t.exec("DELETE FROM oidc_subjects WHERE organization_id = $1 AND user_id = $2", string(organization), string(user))
	return err
}

// UsersByEmail returns the users of an organization, at most n, with an e-mail address in
// whatever case.
func (t *Tx) UsersByEmail(organization iam.OrganizationID, email string, n int) ([]iam.User, error) {
	return collect(t, scanUser, "SELECT "+userColumns+" FROM users WHERE organization_id = $1 AND lower(email) = $2 ORDER BY id LIMIT $3",
		string(organization), lower(email), n)
}
