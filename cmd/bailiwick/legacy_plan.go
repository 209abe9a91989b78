package main

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"bailiwick/iam"
)

// legacyRole is the group that a role became, and what its policy grants in the whole organization.
// Sets of organizations and of projects stand in rules of their own.
type legacyRole struct {
	group string
	rules [][]string
}

func legacyRoles() map[string]legacyRole {
	return map[string]legacyRole{
		"admin":         {"Administrators", [][]string{{"OrganizationManager"}, {"AllProductsFullAccess"}}},
		"editor":        {"Editors", [][]string{{"AllProductsFullAccess"}}},
		"billing_admin": {"Billing Administrators", [][]string{{"BillingManager", "OrganizationReadOnly"}}},
	}
}

// legacyStep is one change. Steps are in the order in which they are made; a later one may need
// the id of what an earlier one makes.
type legacyStep struct {
	Action string `json:"action"`
	Name   string `json:"name"`
	Detail string `json:"detail,omitempty"`
	make   func(context.Context) error
}

// legacyObject is an object that exists, or will when its step has been made.
type legacyObject struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Username string   `json:"username"`
	Email    string   `json:"email"`
	Type     string   `json:"type"`
	UserIDs  []string `json:"user_ids"`
}

type legacyRule struct {
	Sets         []string `json:"permission_set_names"`
	Organization string   `json:"organization_id,omitempty"`
	Projects     []string `json:"project_ids,omitempty"`
	Condition    string   `json:"condition,omitempty"`
}

// legacyPlan is what is to be done, made by looking at what is there.
type legacyPlan struct {
	remote       *remote
	organization string
	keep         func(legacySecret) error // where the secret of a new key goes
	steps        []legacyStep

	groups, users, projects, applications []*legacyObject
	granted                               map[string]bool // groups whose policies were looked at
}

// planLegacy compares a file with the organization.
func planLegacy(ctx context.Context, r *remote, organization string, file legacyFile, keep func(legacySecret) error) (*legacyPlan, error) {
	p := &legacyPlan{remote: r, organization: organization, keep: keep, granted: map[string]bool{}}
	for _, l := range []struct {
		path, member string
		into         *[]*legacyObject
	}{
		{"/iam/v1alpha1/groups", "groups", &p.groups}, {"/iam/v1alpha1/users", "users", &p.users},
		{"/account/v3/projects", "projects", &p.projects}, {"/iam/v1alpha1/applications", "applications", &p.applications},
	} {
		all, err := list[*legacyObject](ctx, r, l.path, l.member, url.Values{"organization_id": {organization}})
		if err != nil {
			return nil, fmt.Errorf("cannot list %s: %w", l.member, err)
		}
		*l.into = all
	}
	for _, u := range file.users {
		if err := p.user(ctx, u); err != nil {
			return nil, err
		}
	}
	for _, project := range file.projects {
		if err := p.project(ctx, project); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// add adds the creation of an object by POST.
func (p *legacyPlan) add(action, name, detail, path string, body func() any, into *legacyObject) {
	p.steps = append(p.steps, legacyStep{action, name, detail, func(ctx context.Context) error {
		_, err := p.remote.answer(ctx, path, body(), into)
		return err
	}})
}

// namedLegacy returns the object of a name, if there is one.
func namedLegacy(objects []*legacyObject, name string) (*legacyObject, error) {
	var found *legacyObject
	for _, o := range objects {
		if o.Name != name {
			continue
		}
		if found != nil {
			return nil, fmt.Errorf("there are several objects with the name %q: %s and %s", name, found.ID, o.ID)
		}
		found = o
	}
	return found, nil
}

// user plans a user and its place in the group of its role.
func (p *legacyPlan) user(ctx context.Context, u legacyUser) error {
	var user *legacyObject
	for _, o := range p.users {
		if o.Username != u.username && strings.ToLower(o.Email) != u.email {
			continue
		}
		if user != nil {
			return fmt.Errorf("%s is ambiguous: the users %s and %s", u.email, user.ID, o.ID)
		}
		user = o
	}
	if user != nil && user.Type == string(iam.UserOwner) {
		return nil // has all rights by ownership
	}
	group, err := p.group(ctx, legacyRoles()[u.role])
	if err != nil {
		return err
	}
	if user == nil {
		user = &legacyObject{Username: u.username, Email: u.email}
		p.users = append(p.users, user)
		p.add("create user", u.email, "member "+u.username, "/iam/v1alpha1/users", func() any {
			return map[string]any{"organization_id": p.organization, "member": map[string]string{"email": u.email, "username": u.username}}
		}, user)
	}
	if user.ID != "" && slices.Contains(group.UserIDs, user.ID) {
		return nil
	}
	p.steps = append(p.steps, legacyStep{"add to group", u.email, group.Name, func(ctx context.Context) error {
		_, err := p.remote.post(ctx, "/iam/v1alpha1/groups/"+group.ID+"/add-member", map[string]string{"user_id": user.ID})
		return err
	}})
	return nil
}

// group plans the group of a role, with a policy for what it does not grant yet.
func (p *legacyPlan) group(ctx context.Context, role legacyRole) (*legacyObject, error) {
	group, err := namedLegacy(p.groups, role.group)
	if err != nil {
		return nil, err
	}
	if p.granted[role.group] {
		return group, nil
	}
	p.granted[role.group] = true
	missing := role.rules
	switch {
	case group == nil:
		group = &legacyObject{Name: role.group}
		p.groups = append(p.groups, group)
		p.add("create group", role.group, "", "/iam/v1alpha1/groups", func() any {
			return map[string]string{"organization_id": p.organization, "name": role.group}
		}, group)
	default:
		if missing, err = p.missing(ctx, url.Values{"group_ids": {group.ID}}, p.organization, role.rules); err != nil {
			return nil, err
		}
	}
	if len(missing) > 0 {
		p.policy(role.group, missing, "organization", func(rule *legacyRule) { rule.Organization = p.organization }, "group_id", group)
	}
	return group, nil
}

// missing returns the rules of which a set is not granted without a condition by the policies that
// a query finds, in the whole organization or in the project that where names.
func (p *legacyPlan) missing(ctx context.Context, query url.Values, where string, rules [][]string) ([][]string, error) {
	query.Set("organization_id", p.organization)
	policies, err := list[legacyObject](ctx, p.remote, "/iam/v1alpha1/policies", "policies", query)
	if err != nil {
		return nil, fmt.Errorf("cannot list policies: %w", err)
	}
	granted := map[string]bool{}
	for _, policy := range policies {
		held, err := list[legacyRule](ctx, p.remote, "/iam/v1alpha1/rules", "rules", url.Values{"policy_id": {policy.ID}})
		if err != nil {
			return nil, fmt.Errorf("cannot list the rules of %s: %w", policy.Name, err)
		}
		for _, rule := range held {
			if rule.Condition == "" && (rule.Organization == p.organization || slices.Contains(rule.Projects, where)) {
				for _, set := range rule.Sets {
					granted[set] = true
				}
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(rules), func(sets []string) bool {
		return !slices.ContainsFunc(sets, func(set string) bool { return !granted[set] })
	}), nil
}

// policy plans a policy of a principal.
func (p *legacyPlan) policy(name string, rules [][]string, where string, scope func(*legacyRule), member string, principal *legacyObject) {
	p.add("create policy", name, strings.Join(slices.Concat(rules...), " + ")+" on the "+where, "/iam/v1alpha1/policies", func() any {
		specs := make([]legacyRule, len(rules))
		for i, sets := range rules {
			specs[i].Sets = sets
			scope(&specs[i])
		}
		return map[string]any{"organization_id": p.organization, "name": name, member: principal.ID, "rules": specs}
	}, &legacyObject{})
}
