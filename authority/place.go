package authority

import (
	"context"

	"bailiwick/iam"
	"bailiwick/store"
)

// Places returns the organizations, besides its own, in which the account behind the session of a
// page is a guest: those to which [Authority.SwitchOrganization] may lead. Who is no owner has no
// account, and so no place elsewhere.
func (a *Authority) Places(ctx context.Context, s PageSession) (all []iam.Organization, err error) {
	if !s.User.IsOwner() {
		return nil, nil
	}
	err = a.store.View(ctx, func(tx *store.Tx) error {
		all = nil
		guests, err := tx.GuestsOf(accountOf(s.User), maxPlaces)
		if err != nil {
			return err
		}
		for _, g := range guests {
			org, err := tx.Organization(g.OrganizationID)
			if err != nil {
				return err
			}
			if !g.Pending() && !org.Closed() {
				all = append(all, org)
			}
		}
		return nil
	})
	return only(all, err)
}
