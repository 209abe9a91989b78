package server

import (
	"context"

	"bailiwick/authority"
	"bailiwick/iam"
)

// listAuditEntriesRequest is the query of GET /bailiwick/v1/audit/entries.
type listAuditEntriesRequest struct {
	OrganizationID string    `json:"-"`
	Chain          iam.Chain `json:"-"`
	AfterSequence  int64     `json:"-"`
	PageSize       *uint32   `json:"-"`
}

// auditEntriesPage is the answer: lines of an export, each as it stands in the file.
type auditEntriesPage struct {
	Begin        string   `json:"begin,omitempty"`
	Lines        []string `json:"lines"`
	End          string   `json:"end,omitempty"`
	LastSequence int64    `json:"last_sequence"`
}

func (a *api) listAuditEntries(ctx context.Context, call iam.Call, in *listAuditEntriesRequest) (*auditEntriesPage, error) {
	size, chain := authority.MaxAuditPage, in.Chain
	if in.PageSize != nil {
		size = int(*in.PageSize)
	}
	if chain == "" {
		chain = iam.ChainEvents
	}
	page, err := a.authority.AuditEntries(ctx, call, iam.OrganizationID(in.OrganizationID), chain, in.AfterSequence, size)
	return answer(page, err, func(p authority.AuditPage) *auditEntriesPage {
		return &auditEntriesPage{p.Begin, p.Lines, p.End, p.Last}
	})
}

// eraseUserRequest is the request of POST /bailiwick/v1/organizations/{organization_id}/erase-user.
type eraseUserRequest struct {
	OrganizationID string `json:"-"`
	UserID         string `json:"user_id"`
}

func (a *api) eraseUser(ctx context.Context, call iam.Call, in *eraseUserRequest) error {
	return a.authority.EraseUser(ctx, call, iam.OrganizationID(in.OrganizationID), iam.UserID(in.UserID))
}

// auditKeys is the answer of GET /.well-known/bailiwick-audit-keys: a JSON Web Key Set with the
// public key of the signed statements of the audit trail (RFC 8037 section 2).
type auditKeys struct {
	Keys []auditKey `json:"keys"`
}

type auditKey struct {
	Type      string `json:"kty"`
	Curve     string `json:"crv"`
	Algorithm string `json:"alg"`
	Use       string `json:"use"`
	X         string `json:"x"`
}

func (a *api) getAuditKeys(context.Context, iam.Call, *struct{}) (*auditKeys, error) {
	return &auditKeys{Keys: []auditKey{{Type: "OKP", Curve: "Ed25519", Algorithm: "EdDSA", Use: "sig", X: a.authority.AuditKey()}}}, nil
}
