package server

import (
	"context"

	"bailiwick/authority"
	"bailiwick/iam"
)

// The AuthZEN Authorization API 1.0, section "Search APIs".
type (
	searchRequest struct {
		Subject  *authzenEntity  `json:"subject"`
		Action   *authzenAction  `json:"action,omitempty"`
		Resource *authzenEntity  `json:"resource"`
		Context  *authzenContext `json:"context,omitempty"`
		Page     *searchPage     `json:"page,omitempty"`
	}

	searchPage struct {
		Token string `json:"token,omitempty"`
		Limit int32  `json:"limit,omitempty"`
	}

	searchResponse[T any] struct {
		Page    foundPage     `json:"page"`
		Context searchContext `json:"context"`
		Results []T           `json:"results"`
	}

	foundPage struct {
		NextToken string `json:"next_token"`
		Count     int    `json:"count"`
		Total     int    `json:"total"`
	}

	searchContext struct {
		Revision int64 `json:"revision"`
	}

	foundEntity struct {
		Type string `json:"type"`
		ID   string `json:"id"`
	}

	foundAction struct {
		Name string `json:"name"`
	}
)

func (r *searchRequest) question(n needs) (authority.Question, authority.SearchPage, error) {
	single := evaluationRequest{Subject: r.Subject, Action: r.Action, Resource: r.Resource, Context: r.Context}
	q, err := single.question(n)
	page := value(r.Page)
	return q, authority.SearchPage{Token: page.Token, Limit: int(page.Limit)}, err
}

// searchSubjects finds who may do something. The id of the subject in the request, if any,
// means nothing.
func (a *api) searchSubjects(ctx context.Context, call iam.Call, in *searchRequest) (*searchResponse[foundEntity], error) {
	q, page, err := in.question(needs{action: true, resourceID: true})
	if err != nil {
		return nil, err
	}
	found, err := a.authority.SearchSubjects(ctx, call, q, page)
	return foundAnswer(found, err, func(p iam.Principal) foundEntity { return foundEntity{string(p.Type), p.ID} })
}

// searchResources finds on what a subject may do something. The id of the resource in the
// request, if any, means nothing.
func (a *api) searchResources(ctx context.Context, call iam.Call, in *searchRequest) (*searchResponse[foundEntity], error) {
	q, page, err := in.question(needs{subjectID: true, action: true})
	if err != nil {
		return nil, err
	}
	kind := q.Resource.Type
	q.Resource.ID = ""
	found, err := a.authority.SearchResources(ctx, call, q, page)
	return foundAnswer(found, err, func(id string) foundEntity { return foundEntity{kind, id} })
}

// searchActions finds what a subject may do to a resource.
func (a *api) searchActions(ctx context.Context, call iam.Call, in *searchRequest) (*searchResponse[foundAction], error) {
	in.Action = nil
	q, page, err := in.question(needs{subjectID: true, resourceID: true})
	if err != nil {
		return nil, err
	}
	found, err := a.authority.SearchActions(ctx, call, q, page)
	return foundAnswer(found, err, func(name string) foundAction { return foundAction{name} })
}

func foundAnswer[From, To any](found authority.Found[From], err error, convert func(From) To) (*searchResponse[To], error) {
	if err != nil {
		return nil, err
	}
	out := &searchResponse[To]{
		Page:    foundPage{NextToken: found.Next, Count: len(found.Results), Total: found.Total},
		Context: searchContext{found.Revision},
		Results: make([]To, len(found.Results)),
	}
	for i, r := range found.Results {
		out.Results[i] = convert(r)
	}
	return out, nil
}
