package authority

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"bailiwick/iam"
	"bailiwick/store"
)

// defaultEventWindow is how far back a list of events goes if the caller does not say.
const defaultEventWindow = time.Hour

// ListEvents returns events of the organization, newest first unless the filter says
// otherwise, and the token of the next page, empty on the last one. Events of the last hour
// are listed if the filter has no beginning.
func (a *Authority) ListEvents(ctx context.Context, call iam.Call, f iam.EventFilter, pageToken string) ([]iam.Event, string, error) {
	org, err := a.mayList(call, f.OrganizationID)
	if err != nil {
		return nil, "", err
	}
	f.OrganizationID = org
	if err := errors.Join(checkWindow("recorded_before", f.After, f.Before), a.checkEventProject(ctx, org, f.ProjectID)); err != nil {
		return nil, "", err
	}
	bound := f
	bound.Cursor, bound.Size, bound.After, bound.Before = 0, 0, f.After.UTC(), f.Before.UTC()
	return eventPage(a, bound, f.Size, f.After, pageToken, func(from place, size int) ([]iam.Event, error) {
		f.Cursor, f.After, f.Size = from.sequence, from.after, size
		return a.store.Read(ctx).Events(f)
	}, func(e iam.Event) int64 { return e.Sequence })
}

// ListAuthenticationEvents returns attempts to log in to the organization, as ListEvents does.
func (a *Authority) ListAuthenticationEvents(ctx context.Context, call iam.Call, f iam.AuthenticationEventFilter, pageToken string) ([]iam.AuthenticationEvent, string, error) {
	org, err := a.mayList(call, f.OrganizationID)
	if err != nil {
		return nil, "", err
	}
	f.OrganizationID = org
	if err := checkWindow("recorded_before", f.After, f.Before); err != nil {
		return nil, "", err
	}
	bound := f
	bound.Cursor, bound.Size, bound.After, bound.Before = 0, 0, f.After.UTC(), f.Before.UTC()
	return eventPage(a, bound, f.Size, f.After, pageToken, func(from place, size int) ([]iam.AuthenticationEvent, error) {
		f.Cursor, f.After, f.Size = from.sequence, from.after, size
		return a.store.Read(ctx).AuthenticationEvents(f)
	}, func(e iam.AuthenticationEvent) int64 { return e.Sequence })
}

// checkWindow refuses a window whose end, the named argument, lies before its beginning: its empty
// answer would look like a time in which nothing happened.
func checkWindow(argument string, after, before time.Time) error {
	if after.IsZero() || before.IsZero() || !before.Before(after) {
		return nil
	}
	return iam.Invalid(argument, iam.ReasonConstraint, "value must not be before the beginning of the window")
}

// checkEventProject refuses a project that is not, and never was, one of the organization: of a
// deleted one there are events, or were until they were removed.
func (a *Authority) checkEventProject(ctx context.Context, org iam.OrganizationID, id iam.ProjectID) error {
	if id == "" {
		return nil
	}
	tx := a.store.Read(ctx)
	_, err := tx.Project(org, id)
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	events, err := tx.Events(iam.EventFilter{OrganizationID: org, ProjectID: id, Size: 1})
	if err == nil && len(events) == 0 {
		err = iam.NotFound("project", string(id))
	}
	return err
}

// eventPage returns a page of a list of events and the token of the next one. filter is everything
// that the client asked for but the page size, which it may change on its way.
func eventPage[E, F any](a *Authority, filter F, size int, after time.Time, pageToken string, read func(place, int) ([]E, error), sequence func(E) int64) ([]E, string, error) {
	if size < 1 || size > iam.MaxEventPageSize {
		return nil, "", iam.Invalid("page_size", iam.ReasonConstraint, fmt.Sprintf("value must be between 1 and %d", iam.MaxEventPageSize))
	}
	from := place{after: a.now().Add(-defaultEventWindow)}
	if !after.IsZero() {
		from.after = after
	}
	var err error
	if pageToken != "" {
		if from, err = a.openPlace(filter, pageToken); err != nil {
			return nil, "", err
		}
	}
	events, err := read(from, size+1) // one more tells whether there is a next page
	if err != nil || len(events) <= size {
		return events, "", err
	}
	events = events[:size]
	from.sequence = sequence(events[size-1])
	return events, a.sealPlace(filter, from), nil
}

// place is where a list of events goes on: behind an event, in a window that began with the
// first page. Without the window in it, the oldest events would fall out of a default window
// while a client pages towards them.
type place struct {
	sequence int64
	after    time.Time // in microseconds
}

// placeLength is the length of an encoded place.
const placeLength = 16

func (p place) encode() []byte {
	text := binary.BigEndian.AppendUint64(nil, uint64(p.sequence))
	return binary.BigEndian.AppendUint64(text, uint64(p.after.UnixMicro()))
}

const placePurpose = "events page token"

// sealPlace makes a page token. The token is signed and bound to the organization and to
// the filter: a token that was made up, or made for another organization or another query,
// must not lead anywhere (forged page tokens have carried SQL into three products).
func (a *Authority) sealPlace(filter any, p place) string {
	text := p.encode()
	return base64.RawURLEncoding.EncodeToString(append(text, a.keyring.Sign(placePurpose, placeMessage(filter, text))...))
}

func (a *Authority) openPlace(filter any, token string) (place, error) {
	raw, err := decodeKept(token)
	if err != nil || len(raw) < placeLength || !a.keyring.Verify(placePurpose, placeMessage(filter, raw[:placeLength]), raw[placeLength:]) {
		return place{}, iam.Invalid("page_token", iam.ReasonConstraint, "value is not a token that this list gave for these filters")
	}
	return place{
		sequence: int64(binary.BigEndian.Uint64(raw)),
		after:    time.UnixMicro(int64(binary.BigEndian.Uint64(raw[8:]))).UTC(),
	}, nil
}

// placeMessage is what a token's signature covers: the place and the filter, of which the type
// is a part, so that a token of one list is none of another.
func placeMessage(filter any, place []byte) []byte {
	digest := sha256.Sum256(fmt.Appendf(nil, "%q", fmt.Sprintf("%#v", filter)))
	return append(digest[:], place...)
}
