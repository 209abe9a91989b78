package iam

import (
	"slices"
	"time"
)

// Bounds of a policy. Scaleway publishes only the length of a condition; the others keep
// one call, and one decision, within bounded work.
const (
	MaxRules              = 100
	MaxPermissionSets     = 300
	MaxRuleProjects       = 1000
	MaxConditionLength    = 2048
	DefaultGroupAdmins    = "Administrators"
	DefaultGroupEditors   = "Editors"
	DefaultGroupBilling   = "Billing Administrators"
	ClonedPolicyNameStart = "Copy of "
)

// Policy grants one principal what its rules say. It only ever grants: there are no deny
// rules, and policies of one principal do not compete.
type Policy struct {
	ID             PolicyID
	OrganizationID OrganizationID
	Name           string
	Description    string
	Tags           []string
	Principal      Principal // zero: no principal, no effect
	Managed        bool
	CreatedAt      time.Time
	UpdatedAt      time.Time

	NbRules          int
	NbScopes         int // distinct scopes over the rules
	NbPermissionSets int // summed over the rules
}

// Rule is one line of a policy: permission sets x scope x optional condition.
type Rule struct {
	ID                 RuleID
	PermissionSetNames []string
	ScopeType          ScopeType // that of the permission sets, not of the scope
	Condition          string    // CEL; empty for none
	Scope              Scope
}

// ScopeType tells on what a permission set can be granted.
type ScopeType string

// The scope types of the catalogue. A set of type projects may be granted on projects, or
// on an organization, where it means all its present and future projects; a set of type
// organization only on an organization.
const (
	ScopeProjects     ScopeType = "projects"
	ScopeOrganization ScopeType = "organization"
)

// Scope is where a rule applies: an organization, or a list of its projects. A rule whose
// projects have all been deleted has an empty list and grants nothing.
type Scope struct {
	OrganizationID OrganizationID
	ProjectIDs     []ProjectID // in the order given
}

// Organization reports whether the scope is a whole organization.
func (s Scope) Organization() bool { return s.OrganizationID != "" }

// RuleSpec is a rule as a caller writes it.
type RuleSpec struct {
	PermissionSetNames []string
	Condition          string
	Scope              Scope
}

// CountRules fills the counters of a policy from its rules.
func (p *Policy) CountRules(rules []Rule) {
	p.NbRules, p.NbScopes, p.NbPermissionSets = len(rules), 0, 0
	var seen []string
	for _, r := range rules {
		p.NbPermissionSets += len(r.PermissionSetNames)
		scopes := []string{string(r.Scope.OrganizationID)}
		if !r.Scope.Organization() {
			scopes = scopes[:0]
			for _, id := range r.Scope.ProjectIDs {
				scopes = append(scopes, string(id))
			}
		}
		for _, s := range scopes {
			if !slices.Contains(seen, s) {
				seen = append(seen, s)
			}
		}
	}
	p.NbScopes = len(seen)
}

// NewPolicy is what a caller gives to create a policy.
type NewPolicy struct {
	OrganizationID OrganizationID
	Name           string
	Description    string
	Tags           []string
	Principal      Principal
	Rules          []RuleSpec
}

// Validate checks what can be checked without the catalogue and the store.
func (n NewPolicy) Validate() error { return validateLabels(n.Name, n.Description, n.Tags) }

// PolicyUpdate changes the fields that are not nil.
type PolicyUpdate struct {
	Name        *string
	Description *string
	Tags        *[]string
	Principal   *Principal // a zero principal detaches
}

// Validate checks the fields that are given.
func (u PolicyUpdate) Validate() error { return validateLabelUpdate(u.Name, u.Description, u.Tags) }

// Apply returns the policy with the update's fields in place.
func (u PolicyUpdate) Apply(p Policy) Policy {
	set(&p.Name, u.Name)
	set(&p.Description, u.Description)
	set(&p.Tags, u.Tags)
	set(&p.Principal, u.Principal)
	return p
}

// PolicyFilter selects policies of one organization; zero fields select all.
type PolicyFilter struct {
	OrganizationID OrganizationID
	Search         string // those whose name contains this text, in whatever case of A to Z
	Name           string
	Editable       *bool
	NoPrincipal    *bool
	UserIDs        []UserID
	GroupIDs       []GroupID
	ApplicationIDs []ApplicationID
	PolicyIDs      []PolicyID
	Tag            string
	Order          Order
	Page           Page
}
