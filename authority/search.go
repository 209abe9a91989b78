package authority

import (
	"context"
	"fmt"
	"strings"

	"bailiwick/iam"
	"bailiwick/pdp"
)

// Found is a page of a search.
type Found[T any] struct {
	Results  []T
	Next     string // token of the next page; empty at the end
	Total    int
	Revision int64
}

// SearchPage is which page of a search is asked for.
type SearchPage struct {
	Token string
	Limit int // 0: the default
}

func (p SearchPage) limit() (int, error) {
	switch {
	case p.Limit == 0:
		return DefaultGranteePageSize, nil
	case p.Limit < 0 || p.Limit > MaxGranteePageSize:
		return 0, iam.Invalid("page.limit", iam.ReasonConstraint, fmt.Sprintf("value must be between 1 and %d", MaxGranteePageSize))
	}
	return p.Limit, nil
}

// SearchSubjects returns the subjects of a type that would be allowed what the question asks
// (AuthZEN 1.0 section 8.4). What it returns, Evaluate allows. A type that has no subjects
// finds none.
func (a *Authority) SearchSubjects(ctx context.Context, call iam.Call, q Question, page SearchPage) (Found[iam.Principal], error) {
	x, err := a.inquire(call)
	if err != nil {
		return Found[iam.Principal]{}, err
	}
	found := Found[iam.Principal]{Revision: x.state.Revision()}
	kind := iam.PrincipalType(q.SubjectType)
	if kind != iam.TypeUser && kind != iam.TypeApplication {
		return found, nil
	}
	org, err := x.organization(q.Resource.OrganizationID)
	if err != nil {
		return found, err
	}
	number, known, err := a.permission(&q)
	if err != nil || !known {
		return found, err
	}
	var all []iam.Principal
	for _, p := range x.state.WhoMay(pdp.WhoQuestion{Organization: org, Permission: number, Project: q.Resource.ProjectID}, kind) {
		q.SubjectID, q.Resource.OrganizationID = p.ID, org
		request, reason, err := x.request(ctx, &q)
		if err != nil {
			return found, err
		}
		if reason == "" && x.state.Decide(&request).Allowed {
			all = append(all, p)
		}
	}
	q.SubjectID = ""
	return paged(a, "subject search", org, q, all, page, found)
}

// SearchActions returns the actions on a resource that the subject would be allowed
// (AuthZEN 1.0 section 8.6), as permissions; as bare actions if the question names the
// resource's type by its alias. An unknown subject or type finds none.
func (a *Authority) SearchActions(ctx context.Context, call iam.Call, q Question, page SearchPage) (Found[string], error) {
	x, err := a.inquire(call)
	if err != nil {
		return Found[string]{}, err
	}
	found := Found[string]{Revision: x.state.Revision()}
	service, name, alias := a.catalog.Alias(q.Resource.Type)
	if !alias {
		service, name, _ = strings.Cut(q.Resource.Type, ":")
	}
	resource, ok := a.catalog.Resource(service, name)
	if !ok {
		return found, nil
	}
	var all []string
	for _, action := range resource.Actions {
		q.Action = service + ":" + name + ":" + action
		request, reason, err := x.request(ctx, &q)
		if err != nil {
			return found, err
		}
		if reason != "" || !x.state.Decide(&request).Allowed {
			continue
		}
		if alias {
			all = append(all, action)
		} else {
			all = append(all, q.Action)
		}
	}
	q.Action = ""
	return paged(a, "action search", x.own, q, all, page, found)
}

// paged cuts the page of a search out of its results.
func paged[T any](a *Authority, purpose string, org iam.OrganizationID, q Question, all []T, page SearchPage, found Found[T]) (Found[T], error) {
	limit, err := page.limit()
	if err != nil {
		return found, err
	}
	q = *q.withTexts()
	// fmt prints maps in the order of their keys, so equal questions are equal texts.
	bound := fmt.Sprintf("%q %q %q %q %+v %v %q %v %v %v", org, q.SubjectType, q.SubjectID, q.Action,
		[]string{q.Resource.Type, q.Resource.ID, string(q.Resource.ProjectID), deref(q.Resource.Name), deref(q.Resource.Locality)},
		q.IP, deref(q.UserAgent), q.SubjectProperties, q.ActionProperties, q.ResourceProperties)
	found.Total = len(all)
	found.Results, found.Next, err = pageByToken(a.pages(purpose, bound), all, page.Token, limit)
	return found, err
}
