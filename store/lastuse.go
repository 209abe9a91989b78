package store

import (
	"fmt"

	"bailiwick/iam"
)

// MarkUses stores times of use, each unless a later one is stored: of what several nodes tell the
// latest stays. What does not exist any more is left out.
//
// It takes the row of revisions first, without making a revision. Mutations hold that row to
// their end, so neither can wait for the other with half of its rows in hand.
func (t *Tx) MarkUses(uses []iam.LastUse) error {
	if _, err := t.exec("UPDATE revision SET value = value WHERE id = 1"); err != nil {
		return err
	}
	for _, u := range uses {
		var err error
		switch u.Kind {
		case iam.UseOfAPIKey:
			_, err = t.exec(`UPDATE api_keys SET called_at = CASE WHEN called_at < $3 THEN $3 ELSE called_at END,
				decided_at = CASE WHEN decided_at < $4 THEN $4 ELSE decided_at END WHERE organization_id = $1 AND access_key = $2`,
				string(u.OrganizationID), string(u.AccessKey), micros(u.CalledAt), micros(u.DecidedAt))
		case iam.UseOfUser:
			_, err = t.exec(`UPDATE users SET called_at = CASE WHEN called_at < $3 THEN $3 ELSE called_at END,
				decided_at = CASE WHEN decided_at < $4 THEN $4 ELSE decided_at END WHERE organization_id = $1 AND id = $2`,
				string(u.OrganizationID), u.Principal.ID, micros(u.CalledAt), micros(u.DecidedAt))
		case iam.UseOfApplication:
			_, err = t.exec(`UPDATE applications SET called_at = CASE WHEN called_at < $3 THEN $3 ELSE called_at END,
				decided_at = CASE WHEN decided_at < $4 THEN $4 ELSE decided_at END WHERE organization_id = $1 AND id = $2`,
				string(u.OrganizationID), u.Principal.ID, micros(u.CalledAt), micros(u.DecidedAt))
		case iam.UseOfPermissionSet:
			err = t.markSetUse(u)
		default:
			err = fmt.Errorf("there are no uses of kind %q", u.Kind)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// markSetUse inserts from the table of the principal: of one that is gone there is nothing to insert.
func (t *Tx) markSetUse(u iam.LastUse) error {
	text := constant(insertSetUse + " FROM applications WHERE organization_id = $1 AND id = $2" + laterSetUse)
	if u.Principal.Type == iam.TypeUser {
		text = insertSetUse + " FROM users WHERE organization_id = $1 AND id = $2" + laterSetUse
	}
	_, err := t.exec(text, string(u.OrganizationID), u.Principal.ID, string(u.Principal.Type), u.Name, micros(u.CalledAt), micros(u.DecidedAt))
	return err
}

const (
	insertSetUse = `INSERT INTO permission_set_uses (organization_id, principal_type, principal_id, permission_set, called_at, decided_at)
		SELECT organization_id, CAST($3 AS TEXT), id, CAST($4 AS TEXT), CAST($5 AS BIGINT), CAST($6 AS BIGINT)`
	laterSetUse = ` ON CONFLICT (organization_id, principal_type, principal_id, permission_set) DO UPDATE SET
		called_at = CASE WHEN permission_set_uses.called_at < excluded.called_at THEN excluded.called_at ELSE permission_set_uses.called_at END,
		decided_at = CASE WHEN permission_set_uses.decided_at < excluded.decided_at THEN excluded.decided_at ELSE permission_set_uses.decided_at END`
)

// forgetSetUses deletes what is known of the permission sets of a principal that is deleted.
func (t *Tx) forgetSetUses(organization iam.OrganizationID, p iam.Principal) error {
	_, err := t.exec("DELETE FROM permission_set_uses WHERE organization_id = $1 AND principal_type = $2 AND principal_id = $3",
		string(organization), string(p.Type), p.ID)
	return err
}

// unused adds that something exists since before a time and was not used since.
func (f *filter) unused(since iam.LastUseFilter) {
	f.whereTime("created_at < ? AND called_at < ? AND decided_at < ?", since.UnusedSince)
}

// LastUses returns a page of the last uses of API keys, users or applications, the oldest object
// first, and their number. What was never used is among them.
func (t *Tx) LastUses(f iam.LastUseFilter) ([]iam.LastUse, int, error) {
	w := inOrganization(f.OrganizationID)
	q := listQuery{orders: map[string]string{"created_at": "created_at"}, order: iam.Order{Field: "created_at"}, page: f.Page, key: "id"}
	kind := iam.TypeUser
	switch f.Kind {
	case iam.UseOfAPIKey:
		whereText(&w, "bearer_type = ?", f.PrincipalType)
		whereText(&w, "bearer_id = ?", f.PrincipalID)
		w.unused(f)
		q.table, q.counter, q.key, q.filter = "api_keys", "api_keys", "access_key", w
		q.columns = "organization_id, bearer_type, bearer_id, access_key, description, created_at, called_at, decided_at"
		return list(t, q, func(row scanner) (iam.LastUse, error) {
			u := iam.LastUse{Kind: f.Kind}
			err := row.Scan(&u.OrganizationID, &u.Principal.Type, &u.Principal.ID, &u.AccessKey, &u.Name,
				instant{&u.CreatedAt}, instant{&u.CalledAt}, instant{&u.DecidedAt})
			return u, err
		})
	case iam.UseOfUser:
		q.table, q.counter, q.columns = "users", "users", "organization_id, id, username, created_at, called_at, decided_at"
	case iam.UseOfApplication:
		kind = iam.TypeApplication
		q.table, q.counter, q.columns = "applications", "applications", "organization_id, id, name, created_at, called_at, decided_at"
	default:
		return nil, 0, fmt.Errorf("there is no list of uses of kind %q", f.Kind)
	}
	whereText(&w, "id = ?", f.PrincipalID)
	w.unused(f)
	q.filter = w
	return list(t, q, func(row scanner) (iam.LastUse, error) {
		u := iam.LastUse{Kind: f.Kind, Principal: iam.Principal{Type: kind}}
		err := row.Scan(&u.OrganizationID, &u.Principal.ID, &u.Name, instant{&u.CreatedAt}, instant{&u.CalledAt}, instant{&u.DecidedAt})
		return u, err
	})
}

// SetUses returns the last uses of the permission sets of a user or an application, by name. Sets
// that were never used are not among them; sets that it does not have any more are.
func (t *Tx) SetUses(organization iam.OrganizationID, p iam.Principal) ([]iam.LastUse, error) {
	return collect(t, func(row scanner) (iam.LastUse, error) {
		u := iam.LastUse{OrganizationID: organization, Kind: iam.UseOfPermissionSet, Principal: p}
		err := row.Scan(&u.Name, instant{&u.CalledAt}, instant{&u.DecidedAt})
		return u, err
	}, `SELECT permission_set, called_at, decided_at FROM permission_set_uses
		WHERE organization_id = $1 AND principal_type = $2 AND principal_id = $3 ORDER BY permission_set`,
		string(organization), string(p.Type), p.ID)
}
