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
	org, err := organization(call, f.OrganizationID)
	if err != nil {
		return nil, "", err
	}
	f.OrganizationID = org
	if err := a.authorize(a.snapshot.Load(), call, call.Operation.Permission, collection()); err != nil {
		return nil, "", err
	}
	if f.Cursor, err = a.openCursor(f, pageToken); err != nil {
		return nil, "", err
	}
	if f.After.IsZero() {
		f.After = a.now().Add(-defaultEventWindow)
	}
	size := f.Size
	f.Size++ // one more tells whether there is a next page
	events, err := a.store.Read(ctx).Events(f)
	if err != nil || len(events) <= size {
		return events, "", err
	}
	events = events[:size]
	f.Cursor, f.Size = events[size-1].Sequence, size
	return events, a.sealCursor(f), nil
}

const cursorPurpose = "events page token"

// sealCursor makes a page token. The token is signed and bound to the organization and to
// the filter: a token that was made up, or made for another organization or another query,
// must not lead anywhere (forged page tokens have carried SQL into three products).
func (a *Authority) sealCursor(f iam.EventFilter) string {
	place := binary.BigEndian.AppendUint64(nil, uint64(f.Cursor))
	return base64.RawURLEncoding.EncodeToString(append(place, a.keyring.Sign(cursorPurpose, cursorMessage(f, place))...))
}

func (a *Authority) openCursor(f iam.EventFilter, token string) (int64, error) {
	if token == "" {
		return 0, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) <= 8 || !a.keyring.Verify(cursorPurpose, cursorMessage(f, raw[:8]), raw[8:]) {
		return 0, iam.Invalid("page_token", iam.ReasonConstraint, "value is not a token that this list gave for these filters")
	}
	return int64(binary.BigEndian.Uint64(raw[:8])), nil
}

// cursorMessage is what a token's signature covers: the place and everything of the filter
// but the place and the page size, which a client may change on its way.
func cursorMessage(f iam.EventFilter, place []byte) []byte {
	f.Cursor, f.Size = 0, 0
	digest := sha256.Sum256(fmt.Appendf(nil, "%q", fmt.Sprintf("%#v", f)))
	return append(digest[:], place...)
}
