package server

import (
	"context"

	"bailiwick/authority"
	"bailiwick/iam"
)

// The answer of POST /bailiwick/v1/explain.
type (
	explainResponse struct {
		Decision   bool              `json:"decision"`
		DecisionID string            `json:"decision_id"`
		Revision   int64             `json:"revision"`
		Reasons    []string          `json:"reasons"`
		Chains     []explainChain    `json:"chains"`
		Missing    []string          `json:"missing"`
		WouldAllow []explainAddition `json:"would_allow"`
	}

	// explainChain is one way from a principal to the permission. By is ownership or self
	// where no policy is needed.
	explainChain struct {
		By            string            `json:"by"`
		Principal     *chainPrincipal   `json:"principal"` // of the policy; null if it has none
		Group         *string           `json:"group,omitempty"`
		Policy        *chainPolicy      `json:"policy,omitempty"`
		Rule          *chainRule        `json:"rule,omitempty"`
		PermissionSet string            `json:"permission_set,omitempty"`
		Permission    string            `json:"permission"`
		Scope         *chainScope       `json:"scope,omitempty"`
		Condition     *explainCondition `json:"condition,omitempty"`
		Outcome       string            `json:"outcome"` // grants or fails
		FailedAt      string            `json:"failed_at,omitempty"`
	}

	chainPrincipal struct {
		Type string `json:"type"`
		ID   string `json:"id"`
	}

	chainPolicy struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}

	chainRule struct {
		ID    string `json:"id"`
		Index int    `json:"index"`
	}

	chainScope struct {
		OrganizationID string   `json:"organization_id,omitempty"`
		ProjectIDs     []string `json:"project_ids,omitempty"`
	}

	explainCondition struct {
		Expression string            `json:"expression"`
		Result     *bool             `json:"result"` // null: it could not be evaluated
		Values     map[string]string `json:"values"`
		Error      string            `json:"error,omitempty"`
	}

	explainAddition struct {
		Change        string `json:"change"`
		Kind          string `json:"kind"`
		GroupID       string `json:"group_id,omitempty"`
		PolicyID      string `json:"policy_id,omitempty"`
		PermissionSet string `json:"permission_set,omitempty"`
		ProjectID     string `json:"project_id,omitempty"`
		AlsoGrants    int    `json:"also_grants"`
	}
)

// explain answers one question with its proof. It is the same question as that of an access
// evaluation.
func (a *api) explain(ctx context.Context, call iam.Call, in *evaluationRequest) (*explainResponse, error) {
	question, err := in.question(everything)
	if err != nil {
		return nil, err
	}
	e, err := a.authority.Explain(ctx, call, question)
	if err != nil {
		return nil, err
	}
	a.decided(&call, &question, &e.Answer)
	out := &explainResponse{
		Decision: e.Allowed, DecisionID: e.DecisionID, Revision: e.Revision, Reasons: e.Reasons,
		Chains: toChains(e), Missing: e.Missing, WouldAllow: []explainAddition{},
	}
	for _, w := range e.WouldAllow {
		out.WouldAllow = append(out.WouldAllow, explainAddition{
			Change: w.Change, Kind: string(w.Kind), GroupID: string(w.Group), PolicyID: string(w.Policy),
			PermissionSet: w.Set, ProjectID: string(w.Project), AlsoGrants: w.AlsoGrants,
		})
	}
	return out, nil
}

func toChains(e authority.Explanation) []explainChain {
	chains := make([]explainChain, len(e.Chains))
	for i, c := range e.Chains {
		out := explainChain{
			By: c.By.String(), Permission: e.Permission, PermissionSet: c.Set, Outcome: "grants", FailedAt: string(c.FailedAt),
		}
		if !c.Principal.IsZero() {
			out.Principal = &chainPrincipal{string(c.Principal.Type), c.Principal.ID}
		}
		if c.Group != "" {
			out.Group = new(string(c.Group))
		}
		if c.Policy != "" {
			out.Policy = &chainPolicy{string(c.Policy), e.PolicyNames[c.Policy]}
			out.Rule = &chainRule{string(c.Rule), c.RuleIndex}
			out.Scope = &chainScope{OrganizationID: string(c.Scope.OrganizationID), ProjectIDs: texts(c.Scope.ProjectIDs)}
		}
		if o := c.Condition; o != nil {
			out.Condition = &explainCondition{Expression: o.Expression, Result: o.Result, Values: o.Values, Error: o.Error}
		}
		if c.FailedAt != "" {
			out.Outcome = "fails"
		}
		chains[i] = out
	}
	return chains
}
