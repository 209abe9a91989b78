package authority

import (
	"context"
	"fmt"

	"bailiwick/audit"
	"bailiwick/iam"
	"bailiwick/store"
)

// AuditPage is a part of an organization's audit trail in the form of an export.
type AuditPage struct {
	// Begin is the line that begins the chain; empty unless the page does.
	Begin string
	// Lines are the entries, in order, without their line feeds.
	Lines []string
	// End is the signed line that ends the chain; empty unless the page does.
	End string
	// Last is the sequence of the last entry, behind which the next page begins.
	Last int64
}

// MaxAuditPage is how many entries a page may have.
const MaxAuditPage = 1000

// AuditEntries returns entries of a chain behind a sequence, at most n, from 1 to
// [MaxAuditPage]. 0 begins with the oldest entry that is kept.
func (a *Authority) AuditEntries(ctx context.Context, call iam.Call, organization iam.OrganizationID, chain iam.Chain, after int64, n int) (page AuditPage, err error) {
	org, err := a.mayList(call, organization)
	if err != nil {
		return page, err
	}
	var v iam.Validator
	if chain != iam.ChainEvents && chain != iam.ChainAuthentications {
		v.Constraint("chain", fmt.Sprintf("value must be %s or %s", iam.ChainEvents, iam.ChainAuthentications))
	}
	if n < 1 || n > MaxAuditPage {
		v.Constraint("page_size", fmt.Sprintf("value must be between 1 and %d", MaxAuditPage))
	}
	if after < 0 {
		v.Constraint("after_sequence", "value must not be negative")
	}
	if err := v.Err(); err != nil {
		return page, err
	}
	err = a.store.View(ctx, func(tx *store.Tx) (err error) {
		page, err = a.auditPage(tx, org, chain, after, n)
		return err
	})
	return only(page, err)
}

func (a *Authority) auditPage(tx *store.Tx, org iam.OrganizationID, chain iam.Chain, after int64, n int) (page AuditPage, err error) {
	anchor, err := tx.Anchor(org, chain)
	if err != nil {
		return page, err
	}
	head, err := tx.Head(org, chain)
	if err != nil {
		return page, err
	}
	switch {
	case after == 0:
		page.Begin = text(audit.AppendBegin(nil, anchor))
		after = anchor.Sequence
	case after < anchor.Sequence:
		// The entries between were removed while the client paged: what it has is not a chain.
		return page, iam.Invalid("after_sequence", iam.ReasonConstraint, fmt.Sprintf("entries up to %d are no longer kept: begin again", anchor.Sequence))
	case after > head.Sequence:
		return page, iam.Invalid("after_sequence", iam.ReasonConstraint, fmt.Sprintf("the last entry is %d", head.Sequence))
	}
	page.Last = after
	err = auditEntries(tx, org, chain, after, n, func(e *audit.Entry) error {
		page.Last = e.Sequence()
		page.Lines = append(page.Lines, text(audit.AppendEntry(nil, e)))
		return nil
	})
	if page.Last == head.Sequence {
		page.End = text(audit.AppendEnd(nil, a.sign(iam.Checkpoint, head, tx)))
	}
	return page, err
}

// auditEntries gives entries of either chain to yield, in order.
func auditEntries(tx *store.Tx, org iam.OrganizationID, chain iam.Chain, after int64, n int, yield func(*audit.Entry) error) error {
	if chain == iam.ChainAuthentications {
		entries, err := tx.AuthenticationEntries(org, after, n)
		for i := 0; i < len(entries) && err == nil; i++ {
			err = yield(&audit.Entry{Chain: chain, Authentication: entries[i]})
		}
		return err
	}
	entries, err := tx.EventEntries(org, after, n)
	for i := 0; i < len(entries) && err == nil; i++ {
		err = yield(&audit.Entry{Chain: chain, Event: entries[i]})
	}
	return err
}

// sign makes a statement of a place in a chain.
func (a *Authority) sign(kind iam.StatementKind, s iam.Statement, tx *store.Tx) iam.Statement {
	s.RecordedAt, s.Key = tx.Now, a.keyring.AuditKey()
	s.Signature = a.keyring.SignAudit(s.Signed(kind))
	return s
}

// text is a line without its line feed.
func text(line []byte) string { return string(line[:len(line)-1]) }

// AuditKey returns the public key that checkpoints and anchors are signed with (Ed25519), in
// base64url without padding.
func (a *Authority) AuditKey() string { return a.keyring.AuditKey() }
