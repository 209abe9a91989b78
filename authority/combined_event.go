package authority

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"bailiwick/iam"
	"bailiwick/store"
)

// feeds are the places in the three lists of which the combined feed is made: the sequence of
// the last entry that was shown of each.
type feeds struct {
	api, login, system int64
	after              time.Time // in microseconds
}

// feedsLength is the length of encoded places.
const feedsLength = 32

func (p feeds) encode() []byte {
	var text []byte
	for _, n := range []int64{p.api, p.login, p.system, p.after.UnixMicro()} {
		text = binary.BigEndian.AppendUint64(text, uint64(n))
	}
	return text
}

const feedsPurpose = "combined events page token"

// openFeeds reads a page token, which is signed and bound to organization and filter as that
// of one list is (see sealPlace).
func (a *Authority) openFeeds(filter any, token string) (p feeds, err error) {
	raw, err := decodeKept(token)
	if err != nil || len(raw) < feedsLength || !a.keyring.Verify(feedsPurpose, placeMessage(filter, raw[:feedsLength]), raw[feedsLength:]) {
		return p, iam.Invalid("page_token", iam.ReasonConstraint, "value is not a token that this list gave for these filters")
	}
	number := func(i int) int64 { return int64(binary.BigEndian.Uint64(raw[8*i:])) }
	return feeds{number(0), number(1), number(2), time.UnixMicro(number(3)).UTC()}, nil
}

func (a *Authority) sealFeeds(filter any, p feeds) string {
	text := p.encode()
	return base64.RawURLEncoding.EncodeToString(append(text, a.keyring.Sign(feedsPurpose, placeMessage(filter, text))...))
}

// ListCombinedEvents returns events of all kinds in one order of time, as ListEvents does.
// Entries of the same moment stand in the order API, login, system.
func (a *Authority) ListCombinedEvents(ctx context.Context, call iam.Call, f iam.CombinedEventFilter, pageToken string) (page []iam.CombinedEvent, next string, err error) {
	if f.OrganizationID, err = a.mayList(call, f.OrganizationID); err != nil {
		return nil, "", err
	}
	if f.Size < 1 || f.Size > iam.MaxEventPageSize {
		return nil, "", iam.Invalid("page_size", iam.ReasonConstraint, fmt.Sprintf("value must be between 1 and %d", iam.MaxEventPageSize))
	}
	if err := errors.Join(checkWindow("recorded_before", f.After, f.Before), a.checkEventProject(ctx, f.OrganizationID, f.ProjectID)); err != nil {
		return nil, "", err
	}
	bound := f
	bound.Size, bound.After, bound.Before = 0, f.After.UTC(), f.Before.UTC()
	from := feeds{after: a.now().Add(-defaultEventWindow)}
	if !f.After.IsZero() {
		from.after = f.After
	}
	if pageToken != "" {
		if from, err = a.openFeeds(bound, pageToken); err != nil {
			return nil, "", err
		}
	}
	f.After = from.after
	var lists eventLists
	err = a.store.View(ctx, func(tx *store.Tx) error { // one state: nothing of it may be missed between two reads
		lists, err = readLists(tx, f, from)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	if !f.Ascending {
		lists.shut(&from)
	}
	for len(page) < f.Size {
		e, ok := lists.next(&from, f.Ascending)
		if !ok {
			return page, "", nil
		}
		page = append(page, e)
	}
	if lists.empty() {
		return page, "", nil
	}
	return page, a.sealFeeds(bound, from), nil
}

// eventLists are what is still to be merged of each list.
type eventLists struct {
	api    []iam.Event
	login  []iam.AuthenticationEvent
	system []iam.SystemEvent
}

// readLists reads as much of each list as a page can hold, and one more. Logins have no
// project, and touch users only.
func readLists(tx *store.Tx, f iam.CombinedEventFilter, from feeds) (l eventLists, err error) {
	size := f.Size + 1
	if l.api, err = tx.Events(iam.EventFilter{
		OrganizationID: f.OrganizationID, ProjectID: f.ProjectID, ResourceType: f.ResourceType,
		After: f.After, Before: f.Before, Ascending: f.Ascending, Size: size, Cursor: from.api,
	}); err != nil {
		return l, err
	}
	if l.system, err = tx.SystemEvents(iam.SystemEventFilter{
		OrganizationID: f.OrganizationID, ProjectID: f.ProjectID, ResourceType: f.ResourceType,
		After: f.After, Before: f.Before, Ascending: f.Ascending, Size: size, Cursor: from.system,
	}); err != nil || f.ProjectID != "" || f.ResourceType != "" && f.ResourceType != iam.ResourceUser {
		return l, err
	}
	l.login, err = tx.AuthenticationEvents(iam.AuthenticationEventFilter{
		OrganizationID: f.OrganizationID, After: f.After, Before: f.Before, Ascending: f.Ascending, Size: size, Cursor: from.login,
	})
	return l, err
}

func (l *eventLists) empty() bool { return len(l.api)+len(l.login)+len(l.system) == 0 }

// shut gives each list that has no place yet the place above its newest entry. A feed that
// goes back in time must not meet, on a later page, what came after its first one.
func (l *eventLists) shut(from *feeds) {
	first := func(place *int64, newest int64) {
		if *place == 0 {
			*place = newest + 1
		}
	}
	var api, login, system int64
	if len(l.api) > 0 {
		api = l.api[0].Sequence
	}
	if len(l.login) > 0 {
		login = l.login[0].Sequence
	}
	if len(l.system) > 0 {
		system = l.system[0].Sequence
	}
	first(&from.api, api)
	first(&from.login, login)
	first(&from.system, system)
}

// next takes the entry that comes next out of its list and moves the place there.
func (l *eventLists) next(from *feeds, ascending bool) (e iam.CombinedEvent, ok bool) {
	comes := func(at time.Time) bool {
		return !ok || at.Before(e.RecordedAt()) && ascending || at.After(e.RecordedAt()) && !ascending
	}
	if len(l.api) > 0 {
		e, ok = iam.CombinedEvent{API: &l.api[0]}, true
	}
	if len(l.login) > 0 && comes(l.login[0].RecordedAt) {
		e, ok = iam.CombinedEvent{Login: &l.login[0]}, true
	}
	if len(l.system) > 0 && comes(l.system[0].RecordedAt) {
		e, ok = iam.CombinedEvent{System: &l.system[0]}, true
	}
	switch {
	case e.API != nil:
		l.api, from.api = l.api[1:], e.API.Sequence
	case e.Login != nil:
		l.login, from.login = l.login[1:], e.Login.Sequence
	case e.System != nil:
		l.system, from.system = l.system[1:], e.System.Sequence
	}
	return e, ok
}
