package authority

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"bailiwick/condition"
	"bailiwick/iam"
	"bailiwick/pdp"
	"bailiwick/store"
)

// WhoQuestion asks who may use a permission.
type WhoQuestion struct {
	Permission     string
	OrganizationID iam.OrganizationID
	ProjectID      iam.ProjectID // empty: organization level
	// What is known of the request. What is not known stays in the conditions of the answer.
	IP        netip.Addr
	UserAgent *string
	Time      time.Time
	PageToken string
	PageSize  int
}

// Grantee is a principal who may, with its name.
type Grantee struct {
	pdp.Grantee
	Name string
}

// WhoAnswer is a page of who may.
type WhoAnswer struct {
	Revision int64
	Total    int
	Grantees []Grantee // those without condition first, then by type and id
	Next     string    // token of the next page; empty on the last one
}

// Bounds of a page of grantees.
const (
	DefaultGranteePageSize = 100
	MaxGranteePageSize     = 1000
)

// WhoCan returns who may use a permission in a project or in the organization: everybody,
// counted, a page at a time.
func (a *Authority) WhoCan(ctx context.Context, call iam.Call, q WhoQuestion) (WhoAnswer, error) {
	x, err := a.inquire(call)
	if err != nil {
		return WhoAnswer{}, err
	}
	org, err := x.organization(q.OrganizationID)
	if err != nil {
		return WhoAnswer{}, err
	}
	number, ok := a.catalog.Number(q.Permission)
	if !ok {
		return WhoAnswer{}, iam.Invalid("permission", iam.ReasonUnknown, "unknown permission")
	}
	if q.PageSize < 1 || q.PageSize > MaxGranteePageSize {
		return WhoAnswer{}, iam.Invalid("page_size", iam.ReasonConstraint, fmt.Sprintf("value must be between 1 and %d", MaxGranteePageSize))
	}
	if q.ProjectID != "" && !x.state.HasProject(org, q.ProjectID) {
		return WhoAnswer{}, iam.NotFound(resourceProject, string(q.ProjectID))
	}
	known := condition.Input{IP: q.IP, UserAgent: q.UserAgent, Time: q.Time}
	pages := a.pages("who-can", fmt.Sprintf("%q %q %q %v %v %v", org, q.Permission, q.ProjectID, q.IP, deref(q.UserAgent), q.Time))
	from, err := pages.open(q.PageToken)
	if err != nil {
		return WhoAnswer{}, err
	}
	page, total := x.state.WhoCan(pdp.WhoQuestion{Organization: org, Permission: number, Project: q.ProjectID, Input: known}, from, q.PageSize)
	answer := WhoAnswer{Revision: x.state.Revision(), Total: total}
	if from+len(page) < total {
		answer.Next = pages.token(from + len(page))
	}
	names, err := principalNames(a.store.Read(ctx), org, page)
	if err != nil {
		return WhoAnswer{}, err
	}
	for _, g := range page {
		answer.Grantees = append(answer.Grantees, Grantee{g, names[g.Principal]})
	}
	return answer, nil
}

// principalNames reads the names of users and applications, a hundred at a time: a database
// that is another machine must not be asked for each. Who was deleted a moment ago has none.
func principalNames(tx *store.Tx, org iam.OrganizationID, list []pdp.Grantee) (map[iam.Principal]string, error) {
	var users []iam.UserID
	var applications []iam.ApplicationID
	for _, g := range list {
		if g.Principal.Type == iam.TypeUser {
			users = append(users, iam.UserID(g.Principal.ID))
		} else {
			applications = append(applications, iam.ApplicationID(g.Principal.ID))
		}
	}
	names, all, order := map[iam.Principal]string{}, iam.Page{Number: 1, Size: iam.MaxFilterValues}, iam.Order{Field: "created_at"}
	for ids := range slices.Chunk(users, iam.MaxFilterValues) {
		found, _, err := tx.Users(iam.UserFilter{OrganizationID: org, UserIDs: ids, Order: order, Page: all})
		if err != nil {
			return nil, err
		}
		for _, u := range found {
			names[u.ID.Principal()] = u.Username
		}
	}
	for ids := range slices.Chunk(applications, iam.MaxFilterValues) {
		found, _, err := tx.Applications(iam.ApplicationFilter{OrganizationID: org, ApplicationIDs: ids, Order: order, Page: all})
		if err != nil {
			return nil, err
		}
		for _, a := range found {
			names[a.ID.Principal()] = a.Name
		}
	}
	return names, nil
}

// organization returns the organization that an inquiry is about: the caller's own, or the
// one that the operator names.
func (x *inquiry) organization(named iam.OrganizationID) (iam.OrganizationID, error) {
	switch {
	case x.own != "" && (named == "" || named == x.own):
		return x.own, nil
	case x.own != "":
		return "", iam.NotFound("organization", string(named))
	case named == "":
		return "", iam.Invalid("organization_id", iam.ReasonRequired, "value is required")
	}
	if _, ok := x.state.Organization(named); !ok {
		return "", iam.NotFound("organization", string(named))
	}
	return named, nil
}

// WhatAnswer is what a principal may do.
type WhatAnswer struct {
	Revision       int64
	OrganizationID iam.OrganizationID
	Scopes         []pdp.ScopeRights
}

// WhatCan returns what a user or an application may do: everywhere in the organization and,
// beyond that, in single projects.
func (a *Authority) WhatCan(_ context.Context, call iam.Call, org iam.OrganizationID, p iam.Principal) (WhatAnswer, error) {
	x, err := a.inquire(call)
	if err != nil {
		return WhatAnswer{}, err
	}
	if org, err = x.organization(org); err != nil {
		return WhatAnswer{}, err
	}
	if _, ok := x.state.Principal(org, p); !ok {
		return WhatAnswer{}, iam.NotFound(string(p.Type), p.ID)
	}
	return WhatAnswer{x.state.Revision(), org, x.state.WhatCan(org, p)}, nil
}

// pages makes the tokens of the pages of one list. A token is a place in the list, signed and
// bound to what was asked, so that it leads nowhere else.
type pages struct {
	authority *Authority
	purpose   string
	digest    [sha256.Size]byte // of the question
}

func (a *Authority) pages(purpose, question string) pages {
	return pages{a, purpose, sha256.Sum256([]byte(question))}
}

// open returns the place that a token stands for; the empty token is the beginning.
func (p pages) open(token string) (int, error) {
	if token == "" {
		return 0, nil
	}
	raw, err := decodeKept(token)
	if err != nil || len(raw) <= 8 || !p.authority.keyring.Verify(p.purpose, append(p.digest[:], raw[:8]...), raw[8:]) {
		return 0, iam.Invalid("page_token", iam.ReasonConstraint, "value is not a token that this list gave for this question")
	}
	return int(binary.BigEndian.Uint64(raw)), nil // we wrote it, so it is a place in some list
}

// token returns the token of a place.
func (p pages) token(place int) string {
	raw := binary.BigEndian.AppendUint64(nil, uint64(place))
	return base64.RawURLEncoding.EncodeToString(append(raw, p.authority.keyring.Sign(p.purpose, append(p.digest[:], raw...))...))
}

// pageByToken cuts a page out of a list.
func pageByToken[T any](p pages, items []T, token string, size int) ([]T, string, error) {
	from, err := p.open(token)
	if err != nil {
		return nil, "", err
	}
	items = items[min(from, len(items)):]
	if len(items) <= size {
		return items, "", nil
	}
	return items[:size], p.token(from + size), nil
}

func deref(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
