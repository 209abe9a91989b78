package pdp

import (
	"cmp"
	"fmt"
	"slices"

	"bailiwick/catalog"
	"bailiwick/iam"
)

// Addition is a change that would turn a no into a yes.
type Addition struct {
	Change     string // in words
	Kind       AdditionKind
	Group      iam.GroupID   // to join
	Policy     iam.PolicyID  // to attach, or whose condition is to be met
	Set        string        // to grant
	Project    iam.ProjectID // where to grant it; empty: in the organization
	AlsoGrants int           // how many permissions it grants besides the one asked for
}

// AdditionKind tells additions apart.
type AdditionKind string

// The kinds.
const (
	MeetCondition AdditionKind = "condition"
	JoinGroup     AdditionKind = "group"
	AttachPolicy  AdditionKind = "policy"
	GrantSet      AdditionKind = "permission_set"
)

// maxAdditions bounds the additions that are named.
const maxAdditions = 8

// additions returns the smallest changes that would allow a request which is denied.
func (s *Snapshot) additions(org number, subject *principal, r *Request, chains []Chain) []Addition {
	var list []Addition
	for _, c := range chains {
		switch {
		case c.FailedAt == FailedAtCondition && c.Condition.Error == "":
			list = append(list, Addition{
				Change: fmt.Sprintf("meet the condition of policy %s, rule %s: %s", c.Policy, c.Rule, c.Condition.Expression),
				Kind:   MeetCondition, Policy: c.Policy,
			})
		case c.FailedAt == FailedAtPrincipal && c.Group != "":
			if group := s.group(org, c.Group); group != nil {
				list = append(list, Addition{
					Change: fmt.Sprintf("add the subject to group %s", c.Group),
					Kind:   JoinGroup, Group: c.Group, AlsoGrants: group.rights.count() - 1,
				})
			}
		case c.FailedAt == FailedAtPrincipal && c.Principal.IsZero():
			if held := s.policies.get(org.policy(c.Policy)); held != nil {
				rights := merge([]*policy{*held})
				list = append(list, Addition{
					Change: fmt.Sprintf("attach policy %s, which has no principal, to the subject", c.Policy),
					Kind:   AttachPolicy, Policy: c.Policy, AlsoGrants: rights.count() - 1,
				})
			}
		}
	}
	list = append(list, s.grantable(r)...)
	slices.SortFunc(list, func(a, b Addition) int {
		return cmp.Or(cmp.Compare(a.AlsoGrants, b.AlsoGrants), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Change, b.Change))
	})
	list = slices.Compact(list)
	return list[:min(len(list), maxAdditions)]
}

// grantable returns the smallest permission sets that hold the permission, as rules.
func (s *Snapshot) grantable(r *Request) []Addition {
	var list []Addition
	for _, set := range s.setsWith(r.Permission) {
		if len(list) == 3 {
			break
		}
		a := Addition{Kind: GrantSet, Set: set.Name, AlsoGrants: set.Bits.Count() - 1}
		if set.ScopeType == iam.ScopeProjects && r.Resource.Project != "" {
			a.Project = r.Resource.Project
			a.Change = fmt.Sprintf("grant %s on project %s", set.Name, r.Resource.Project)
		} else {
			a.Change = fmt.Sprintf("grant %s in the organization", set.Name)
		}
		list = append(list, a)
	}
	return list
}

// count returns how many different permissions rights hold, wherever and under whatever
// condition.
func (r *rights) count() int {
	var all catalog.Bits
	r.each(func(g *granted) {
		all = all.Or(g.organization)
		for i := range g.projects {
			all = all.Or(g.projects[i].bits)
		}
	})
	return all.Count()
}
