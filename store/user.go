package store

import (
	"errors"

	"bailiwick/iam"
)

const userColumns = `organization_id, id, type, status, email, username, first_name, last_name, phone_number,
	locale, tags, mfa, locked, account_root_id, created_at, updated_at, last_login_at, email_verified`

func scanUser(row scanner) (u iam.User, err error) {
	err = row.Scan(&u.OrganizationID, &u.ID, &u.Type, &u.Status, &u.Email, &u.Username, &u.FirstName, &u.LastName,
		&u.PhoneNumber, &u.Locale, listOf[string]{&u.Tags}, &u.MFA, &u.Locked, &u.AccountRootID,
		instant{&u.CreatedAt}, instant{&u.UpdatedAt}, instant{&u.LastLoginAt}, &u.EmailVerified)
	return u, err
}

func userValues(u iam.User) []any {
	return []any{string(u.OrganizationID), string(u.ID), string(u.Type), string(u.Status), u.Email, u.Username,
		u.FirstName, u.LastName, u.PhoneNumber, u.Locale, encodeList(u.Tags), u.MFA, u.Locked, u.AccountRootID,
		micros(u.CreatedAt), micros(u.UpdatedAt), micros(u.LastLoginAt), u.EmailVerified}
}

// InsertUser stores a new user; ErrDuplicate if the username is taken. passwordHash is an
// argon2id PHC string, or empty.
func (t *Tx) InsertUser(u iam.User, passwordHash string) error {
	t.change(u.OrganizationID, KindUser, string(u.ID))
	return t.insert(u.OrganizationID, "users", "INSERT INTO users ("+userColumns+`, password_hash)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
		append(userValues(u), passwordHash)...)
}

// UpdateUser stores a user that exists, its password apart; ErrDuplicate if the username is
// taken.
func (t *Tx) UpdateUser(u iam.User) error {
	t.change(u.OrganizationID, KindUser, string(u.ID))
	return touched(t.exec(`UPDATE users SET type = $3, status = $4, email = $5, username = $6, first_name = $7,
		last_name = $8, phone_number = $9, locale = $10, tags = $11, mfa = $12, locked = $13, account_root_id = $14,
		created_at = $15, updated_at = $16, last_login_at = $17, email_verified = $18
		WHERE organization_id = $1 AND id = $2`, userValues(u)...))
}

// SetUserPassword stores the hash of a user's password.
func (t *Tx) SetUserPassword(organization iam.OrganizationID, id iam.UserID, passwordHash string) error {
	return touched(t.exec("UPDATE users SET password_hash = $3 WHERE organization_id = $1 AND id = $2",
		string(organization), string(id), passwordHash))
}

// DeleteUser deletes a user that exists and its group memberships.
func (t *Tx) DeleteUser(organization iam.OrganizationID, id iam.UserID) error {
	t.change(organization, KindUser, string(id))
	if err := errors.Join(t.leaveGroups(organization, id.Principal()), t.forgetSetUses(organization, id.Principal())); err != nil {
		return err
	}
	return t.remove(organization, "users", "DELETE FROM users WHERE organization_id = $1 AND id = $2", string(organization), string(id))
}

// User returns one user of an organization, or ErrNotFound.
func (t *Tx) User(organization iam.OrganizationID, id iam.UserID) (iam.User, error) {
	return one(t.row("SELECT "+userColumns+" FROM users WHERE organization_id = $1 AND id = $2",
		string(organization), string(id)), scanUser)
}

// OrganizationOf returns the organization of a user or an application, or ErrNotFound. It is
// for the operator only, who names principals without their organization.
func (t *Tx) OrganizationOf(p iam.Principal) (iam.OrganizationID, error) {
	var text constant
	switch p.Type {
	case iam.TypeUser:
		text = "SELECT organization_id FROM users WHERE id = $1"
	case iam.TypeApplication:
		text = "SELECT organization_id FROM applications WHERE id = $1"
	default:
		return "", ErrNotFound
	}
	return one(t.row(text, p.ID), func(row scanner) (id iam.OrganizationID, err error) {
		err = row.Scan(&id)
		return id, err
	})
}

// Users returns a page of an organization's users, and their number.
func (t *Tx) Users(f iam.UserFilter) ([]iam.User, int, error) {
	w := inOrganization(f.OrganizationID)
	whereIn(&w, "id IN (?)", f.UserIDs)
	w.whereSearch(f.Search, "username", "email", "first_name", "last_name")
	w.whereBool("mfa = ?", f.MFA)
	w.whereTag(f.Tag)
	whereText(&w, "type = ?", f.Type)
	return list(t, listQuery{
		table: "users", columns: userColumns, filter: w, key: "id", counter: "users", order: f.Order, page: f.Page,
		orders: map[string]string{
			"created_at": "created_at", "updated_at": "updated_at", "email": "lower(email);email",
			"last_login": "last_login_at", "username": "lower(username);username",
		},
	}, scanUser)
}

// CountUsers returns how many users an organization has.
func (t *Tx) CountUsers(organization iam.OrganizationID) (int, error) {
	return t.counted(organization, "users")
}

// EachUser gives every user of every organization to yield.
func (t *Tx) EachUser(yield func(iam.User) error) error {
	return eachObject(t, KindUser, scanUser, yield, "SELECT "+userColumns+" FROM users")
}
