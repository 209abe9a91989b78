package authority

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"bailiwick/audit"
	"bailiwick/iam"
	"bailiwick/identity"
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
	if !slices.Contains(iam.Chains(), chain) {
		v.Constraint("chain", fmt.Sprintf("value must be one of %s", iam.Chains()))
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
		page, err = auditPage(a.keyring, tx, org, chain, after, n)
		return err
	})
	return only(page, err)
}

func auditPage(keyring *identity.Keyring, tx *store.Tx, org iam.OrganizationID, chain iam.Chain, after int64, n int) (page AuditPage, err error) {
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
	if page.Last >= head.Sequence { // an entry behind the end was put there past the server: the end tells
		page.End = text(audit.AppendEnd(nil, sign(keyring, iam.Checkpoint, head, tx)))
	}
	return page, err
}

// auditEntries gives entries of any chain to yield, in order.
func auditEntries(tx *store.Tx, org iam.OrganizationID, chain iam.Chain, after int64, n int, yield func(*audit.Entry) error) error {
	switch chain {
	case iam.ChainAuthentications:
		entries, err := tx.AuthenticationEntries(org, after, n)
		return yieldEach(entries, err, yield, func(e iam.AuthenticationEntry) audit.Entry {
			return audit.Entry{Chain: chain, Authentication: e}
		})
	case iam.ChainSystem:
		entries, err := tx.SystemEntries(org, after, n)
		return yieldEach(entries, err, yield, func(e iam.SystemEntry) audit.Entry { return audit.Entry{Chain: chain, System: e} })
	default:
		entries, err := tx.EventEntries(org, after, n)
		return yieldEach(entries, err, yield, func(e iam.EventEntry) audit.Entry { return audit.Entry{Chain: chain, Event: e} })
	}
}

// yieldEach gives entries to yield, if there was no error.
func yieldEach[E any](entries []E, err error, yield func(*audit.Entry) error, as func(E) audit.Entry) error {
	for i := 0; i < len(entries) && err == nil; i++ {
		entry := as(entries[i])
		err = yield(&entry)
	}
	return err
}

// sign makes a statement of a place in a chain.
func (a *Authority) sign(kind iam.StatementKind, s iam.Statement, tx *store.Tx) iam.Statement {
	return sign(a.keyring, kind, s, tx)
}

func sign(keyring *identity.Keyring, kind iam.StatementKind, s iam.Statement, tx *store.Tx) iam.Statement {
	s.RecordedAt, s.Key = tx.Now, keyring.AuditKey()
	s.Signature = keyring.SignAudit(s.Signed(kind))
	return s
}

// VerifyTrails verifies the audit trail of an organization, or of all of them, straight from a
// store, and tells yield what came of each: a *[audit.Fault] if it is bad. given is the keyring of
// the master key: what the trail's statements must be signed with is derived from that, and no
// other key will do. A server may run on the store meanwhile.
func VerifyTrails(ctx context.Context, s *store.Store, given *identity.Keyring, only iam.OrganizationID, kept []iam.Statement, yield func(iam.Organization, audit.Report, error)) error {
	tx := s.Read(ctx)
	keyring, err := unwrapKeyring(tx, given)
	if err != nil {
		return err
	}
	bound, err := tx.Fact(store.FactKeyFingerprint)
	if err != nil {
		return err
	}
	if bound != keyring.Fingerprint() {
		return errForeignKey
	}
	var organizations []iam.Organization
	if err := tx.EachOrganization(func(o iam.Organization) error {
		if only == "" || only == o.ID {
			organizations = append(organizations, o)
		}
		return nil
	}); err != nil {
		return err
	}
	if len(organizations) == 0 {
		return iam.NotFound("organization", string(only))
	}
	for _, o := range organizations {
		report, err := verifyTrail(ctx, s, keyring, o.ID, audit.Verification{Key: keyring.AuditKey(), Checkpoints: kept})
		if _, bad := errors.AsType[*audit.Fault](err); err != nil && !bad {
			return err
		}
		yield(o, report, err)
	}
	return nil
}

// verifyTrail verifies what an export would hold, as it is read.
func verifyTrail(ctx context.Context, s *store.Store, keyring *identity.Keyring, org iam.OrganizationID, v audit.Verification) (audit.Report, error) {
	r, w := io.Pipe()
	go func() {
		w.CloseWithError(s.View(ctx, func(tx *store.Tx) error { return writeTrail(keyring, tx, org, w) }))
	}()
	defer r.Close() // ends the writer, which a fault leaves behind
	return audit.VerifyFile(r, v)
}

// writeTrail writes an export.
func writeTrail(keyring *identity.Keyring, tx *store.Tx, org iam.OrganizationID, w io.Writer) error {
	for _, chain := range iam.Chains() {
		for after, ended := int64(0), false; !ended; {
			page, err := auditPage(keyring, tx, org, chain, after, MaxAuditPage)
			if err != nil {
				return err
			}
			lines := page.Lines
			if page.Begin != "" {
				lines = append([]string{page.Begin}, lines...)
			}
			if ended = page.End != "" || page.Last == after; page.End != "" {
				lines = append(lines, page.End)
			}
			if _, err := io.WriteString(w, strings.Join(lines, "\n")+"\n"); err != nil {
				return err
			}
			after = page.Last
		}
	}
	return nil
}

// text is a line without its line feed.
func text(line []byte) string { return string(line[:len(line)-1]) }

// AuditKey returns the public key that checkpoints and anchors are signed with (Ed25519), in
// base64url without padding.
func (a *Authority) AuditKey() string { return a.keyring.AuditKey() }
