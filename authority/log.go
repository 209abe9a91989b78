package authority

import (
	"context"

	"bailiwick/iam"
	"bailiwick/store"
)

// ListLogs returns a page of the organization's IAM log, and the number of its entries. The
// entries are events of the audit trail in the older form.
func (a *Authority) ListLogs(ctx context.Context, call iam.Call, f iam.LogFilter) ([]iam.Log, int, error) {
	org, err := a.mayList(call, f.OrganizationID)
	if err != nil {
		return nil, 0, err
	}
	f.OrganizationID = org
	if err := checkWindow("created_before", f.After, f.Before); err != nil {
		return nil, 0, err
	}
	return listed(ctx, a, func(tx *store.Tx) ([]iam.Log, int, error) { return tx.Logs(f) })
}

// GetLog returns one entry of the IAM log.
func (a *Authority) GetLog(ctx context.Context, call iam.Call, id iam.LogID) (iam.Log, error) {
	return get(ctx, a, call, func(tx *store.Tx, org iam.OrganizationID) (iam.Log, error) { return tx.Log(org, id) },
		func(iam.Log) object { return object{kind: "log", id: string(id)} })
}
