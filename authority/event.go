package authority

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"

	"bailiwick/iam"
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
	if f.Size < 1 || f.Size > iam.MaxEventPageSize {
		return nil, "", iam.Invalid("page_size", iam.ReasonConstraint, fmt.Sprintf("value must be between 1 and %d", iam.MaxEventPageSize))
	}
	from := place{after: a.now().Add(-defaultEventWindow)}
	if !f.After.IsZero() {
		from.after = f.After
	}
	if pageToken != "" {
		if from, err = a.openPlace(f, pageToken); err != nil {
			return nil, "", err
		}
	}
	query := f
	query.Cursor, query.After = from.sequence, from.after
	query.Size++ // one more tells whether there is a next page
	events, err := a.store.Read(ctx).Events(query)
	if err != nil || len(events) <= f.Size {
		return events, "", err
	}
	events = events[:f.Size]
	from.sequence = events[f.Size-1].Sequence
	return events, a.sealPlace(f, from), nil
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
func (a *Authority) sealPlace(f iam.EventFilter, p place) string {
	text := p.encode()
	return base64.RawURLEncoding.EncodeToString(append(text, a.keyring.Sign(placePurpose, placeMessage(f, text))...))
}

func (a *Authority) openPlace(f iam.EventFilter, token string) (place, error) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) < placeLength || !a.keyring.Verify(placePurpose, placeMessage(f, raw[:placeLength]), raw[placeLength:]) {
		return place{}, iam.Invalid("page_token", iam.ReasonConstraint, "value is not a token that this list gave for these filters")
	}
	return place{
		sequence: int64(binary.BigEndian.Uint64(raw)),
		after:    time.UnixMicro(int64(binary.BigEndian.Uint64(raw[8:]))).UTC(),
	}, nil
}

// placeMessage is what a token's signature covers: the place and everything of the filter as
// the client gave it but the page size, which it may change on its way.
func placeMessage(f iam.EventFilter, place []byte) []byte {
	f.Cursor, f.Size = 0, 0
	f.After, f.Before = f.After.UTC(), f.Before.UTC()
	digest := sha256.Sum256(fmt.Appendf(nil, "%q", fmt.Sprintf("%#v", f)))
	return append(digest[:], place...)
}
