package authority

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"bailiwick/iam"
	"bailiwick/pdp"
	"bailiwick/store"
)

// Restored leaves an event in every organization that its state was taken from a backup. With
// endSessions it also ends all sessions and throws the keys away that sign their tokens:
// sessions that were ended after the backup was made would live again otherwise.
func (a *Authority) Restored(ctx context.Context, madeAt time.Time, revision int64, endSessions bool) error {
	body, err := json.Marshal(map[string]any{"made_at": madeAt, "revision": revision, "end_sessions": endSessions})
	if err != nil {
		return err
	}
	return a.commit(ctx, func(tx *store.Tx, _ *pdp.Snapshot) error {
		if endSessions {
			if err := endAllSessions(tx); err != nil {
				return err
			}
		}
		var organizations []iam.Organization
		if err := tx.EachOrganization(func(o iam.Organization) error { organizations = append(organizations, o); return nil }); err != nil {
			return err
		}
		for _, o := range organizations {
			err := tx.AppendEvent(iam.Event{
				OrganizationID: o.ID, Principal: iam.Operator().Principal,
				Product: "bailiwick", Service: "bailiwick.v1.Api", Method: "RestoreBackup", Body: body, StatusCode: 200,
				Resources: []iam.EventResource{{ID: string(o.ID), Type: iam.ResourceOrganization, Name: o.Name, Action: iam.ActionUpdated, CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt}},
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func endAllSessions(tx *store.Tx) error {
	var sessions []iam.Session
	if err := tx.EachSession(func(s iam.Session) error { sessions = append(sessions, s); return nil }); err != nil {
		return err
	}
	for _, s := range sessions {
		if err := tx.DeleteSession(s.OrganizationID, s.ID); err != nil {
			return err
		}
	}
	keys, err := tx.SigningKeys()
	for _, k := range keys {
		err = errors.Join(err, tx.DeleteSigningKey(k.ID))
	}
	return err
}
