package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"bailiwick/client"
)

type (
	wirePrincipal struct {
		Type string `json:"type"`
		ID   string `json:"id"`
	}

	wireContext struct {
		IP        netip.Addr `json:"ip,omitzero"`
		UserAgent string     `json:"user_agent,omitempty"`
		Time      time.Time  `json:"time,omitzero"`
	}

	wireResource struct {
		Type       string            `json:"type"`
		ID         string            `json:"id"`
		Properties map[string]string `json:"properties,omitempty"`
	}

	explainQuestion struct {
		Subject wirePrincipal `json:"subject"`
		Action  struct {
			Name string `json:"name"`
		} `json:"action"`
		Resource wireResource `json:"resource"`
		Context  wireContext  `json:"context,omitzero"`
	}

	explainAnswer struct {
		Decision   *bool          `json:"decision"`
		DecisionID string         `json:"decision_id"`
		Revision   int64          `json:"revision"`
		Reasons    []string       `json:"reasons"`
		Chains     []explainChain `json:"chains"`
		Missing    []string       `json:"missing"`
		WouldAllow []struct {
			Change     string `json:"change"`
			AlsoGrants int    `json:"also_grants"`
		} `json:"would_allow"`
	}

	explainChain struct {
		By        string         `json:"by"`
		Principal *wirePrincipal `json:"principal"`
		Policy    *named         `json:"policy"`
		Rule      *struct {
			Index int `json:"index"`
		} `json:"rule"`
		PermissionSet string `json:"permission_set"`
		Scope         *struct {
			OrganizationID string   `json:"organization_id"`
			ProjectIDs     []string `json:"project_ids"`
		} `json:"scope"`
		Condition *struct {
			Expression string            `json:"expression"`
			Result     *bool             `json:"result"`
			Values     map[string]string `json:"values"`
			Error      string            `json:"error"`
		} `json:"condition"`
		Outcome  string `json:"outcome"`
		FailedAt string `json:"failed_at"`
	}

	whoCanQuestion struct {
		Permission     string      `json:"permission"`
		OrganizationID string      `json:"organization_id,omitempty"`
		ProjectID      string      `json:"project_id,omitempty"`
		Context        wireContext `json:"context,omitzero"`
		PageToken      string      `json:"page_token,omitempty"`
		PageSize       int         `json:"page_size"`
	}

	whoCanAnswer struct {
		Revision    int64     `json:"revision"`
		Total       int       `json:"total"`
		Yes         []grantee `json:"yes"`
		Conditional []grantee `json:"conditional"`
	}

	grantee struct {
		Type      string       `json:"type"`
		ID        string       `json:"id"`
		Name      string       `json:"name"`
		Via       []granteeVia `json:"via"`
		Condition string       `json:"condition,omitempty"`
	}

	granteeVia struct {
		By            string `json:"by"`
		GroupID       string `json:"group_id,omitempty"`
		PolicyID      string `json:"policy_id,omitempty"`
		RuleID        string `json:"rule_id,omitempty"`
		PermissionSet string `json:"permission_set,omitempty"`
		Condition     string `json:"condition,omitempty"`
	}

	whatCanQuestion struct {
		Principal      wirePrincipal `json:"principal"`
		OrganizationID string        `json:"organization_id,omitempty"`
		ProjectID      string        `json:"project_id,omitempty"`
	}

	whatCanAnswer struct {
		Revision int64 `json:"revision"`
		Scopes   []struct {
			OrganizationID string   `json:"organization_id"`
			ProjectID      string   `json:"project_id"`
			PermissionSets []string `json:"permission_sets"`
			Permissions    []struct {
				Name        string `json:"name"`
				Conditional bool   `json:"conditional"`
				Condition   string `json:"condition"`
			} `json:"permissions"`
		} `json:"scopes"`
	}
)

func toWireContext(c client.Context) wireContext { return wireContext{c.IP, c.UserAgent, c.Time} }

// check asks whether an access is allowed.
func (r *remote) check(ctx context.Context, q client.Question) (client.Decision, error) {
	return r.client.Check(ctx, q)
}

// explain asks why an access is allowed or not. It returns the answer also as it came.
func (r *remote) explain(ctx context.Context, q client.Question) (explainAnswer, []byte, error) {
	asked := explainQuestion{
		Subject:  wirePrincipal(q.Subject),
		Resource: wireResource{Type: q.Resource.Type, ID: q.Resource.ID, Properties: map[string]string{}},
		Context:  toWireContext(q.Context),
	}
	asked.Action.Name = q.Action
	if asked.Resource.ID == "" {
		asked.Resource.ID = client.Collection
	}
	for name, value := range map[string]string{"organization_id": string(q.Resource.Organization), "project_id": string(q.Resource.Project)} {
		if value != "" {
			asked.Resource.Properties[name] = value
		}
	}
	var answer explainAnswer
	raw, err := r.answer(ctx, "/bailiwick/v1/explain", asked, &answer)
	switch {
	case err != nil:
		return explainAnswer{}, nil, err
	case answer.Decision == nil || answer.DecisionID == "" || answer.Revision <= 0:
		return explainAnswer{}, nil, errors.New("the answer has no decision, decision_id or revision")
	}
	return answer, raw, nil
}

const (
	whoCanPage  = 1000 // the most that the server gives at once
	whoCanTries = 5
)

// whoCan asks who may use a permission, page by page. All pages must be of one revision:
// somebody who got or lost the right between two of them would be missing or there twice.
func (r *remote) whoCan(ctx context.Context, q whoCanQuestion) (whoCanAnswer, error) {
	for range whoCanTries {
		all, whole, err := r.whoCanPages(ctx, q)
		if err != nil || whole {
			return all, err
		}
	}
	return whoCanAnswer{}, errors.New("the organization changes faster than the list can be read, try again")
}

func (r *remote) whoCanPages(ctx context.Context, q whoCanQuestion) (all whoCanAnswer, whole bool, err error) {
	q.PageSize = whoCanPage
	all = whoCanAnswer{Yes: []grantee{}, Conditional: []grantee{}}
	for {
		var page struct {
			whoCanAnswer
			Next string `json:"next_page_token"`
		}
		if _, err := r.answer(ctx, "/bailiwick/v1/who-can", q, &page); err != nil {
			return whoCanAnswer{}, false, err
		}
		switch {
		case page.Revision <= 0:
			return whoCanAnswer{}, false, errors.New("the answer has no revision")
		case all.Revision != 0 && page.Revision != all.Revision:
			return whoCanAnswer{}, false, nil
		}
		all.Revision, all.Total = page.Revision, page.Total
		all.Yes, all.Conditional = append(all.Yes, page.Yes...), append(all.Conditional, page.Conditional...)
		got := len(all.Yes) + len(all.Conditional)
		switch {
		case page.Next == "" && got == all.Total:
			return all, true, nil
		case page.Next == "" || got >= all.Total:
			return whoCanAnswer{}, false, fmt.Errorf("the server speaks of %d principals and lists %d", all.Total, got)
		}
		q.PageToken = page.Next
	}
}

// whatCan asks what a principal may do. It returns the answer also as it came.
func (r *remote) whatCan(ctx context.Context, q whatCanQuestion) (whatCanAnswer, []byte, error) {
	var answer whatCanAnswer
	raw, err := r.answer(ctx, "/bailiwick/v1/what-can", q, &answer)
	if err == nil && answer.Revision <= 0 {
		err = errors.New("the answer has no revision")
	}
	if err != nil {
		return whatCanAnswer{}, nil, err
	}
	return answer, raw, nil
}

// answer posts a question and reads the answer.
func (r *remote) answer(ctx context.Context, path string, q, answer any) ([]byte, error) {
	raw, err := r.post(ctx, path, q)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, answer); err != nil {
		return nil, fmt.Errorf("the answer cannot be understood: %w", err)
	}
	return raw, nil
}
