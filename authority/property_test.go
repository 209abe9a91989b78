package authority_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"bailiwick/authority"
	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
)

// chaos is somebody who does random things with an organization.
type chaos struct {
	t      *testing.T
	rand   *rand.Rand
	r      *kit.Runner
	names  int
	alive  living
	secret map[iam.AccessKey]string
}

// living is what is alive, by what chaos knows.
type living struct {
	projects     []iam.ProjectID
	users        []iam.UserID
	applications []iam.ApplicationID
	groups       []iam.GroupID
	policies     []iam.PolicyID
	keys         []iam.AccessKey
	ssh          []iam.SSHKeyID
}

func (c *chaos) name() string {
	c.names++
	return fmt.Sprintf("n%d", c.names)
}

// pick returns one of a list; chaos makes sure that none is empty.
func pick[T any](c *chaos, list []T) T { return list[c.rand.IntN(len(list))] }

// take removes one of a list, unless it is the last.
func take[T any](c *chaos, list *[]T) (item T, ok bool) {
	if len(*list) < 2 {
		return item, false
	}
	i := c.rand.IntN(len(*list))
	item = (*list)[i]
	*list = slices.Delete(*list, i, i+1)
	return item, true
}

func (c *chaos) principal() iam.Principal {
	switch c.rand.IntN(4) {
	case 0:
		return pick(c, c.alive.users).Principal()
	case 1:
		return pick(c, c.alive.applications).Principal()
	case 2:
		return pick(c, c.alive.groups).Principal()
	}
	return iam.Principal{}
}

func (c *chaos) rules() (rules []iam.RuleSpec) {
	sets := []string{"SSHKeysReadOnly", "SSHKeysFullAccess", "InstancesReadOnly", "InstancesFullAccess", "AllProductsFullAccess"}
	for range c.rand.IntN(4) {
		rule := kit.Everywhere(c.r.Organization(), pick(c, []string{"ProjectManager", "IAMReadOnly", "IAMManager", "OrganizationReadOnly"}))
		if c.rand.IntN(3) > 0 {
			rule = kit.Everywhere(c.r.Organization(), pick(c, sets))
		}
		if c.rand.IntN(2) > 0 {
			rule = iam.RuleSpec{PermissionSetNames: []string{pick(c, sets)}, Scope: iam.Scope{ProjectIDs: []iam.ProjectID{pick(c, c.alive.projects)}}}
		}
		if c.rand.IntN(3) == 0 {
			rule.Condition = pick(c, []string{`request.ip == "192.0.2.1"`, `request.ip == "10.0.0.1"`, `resource.name == "x"`, `1 == 1`})
		}
		rules = append(rules, rule)
	}
	return rules
}

// step does one random thing.
func (c *chaos) step() {
	s, r := &c.alive, c.r
	label := c.name()
	var err error
	switch c.rand.IntN(24) {
	case 0:
		s.projects = append(s.projects, r.MustCreateProject(label).ID)
	case 1:
		s.users = append(s.users, r.MustCreateUser(label).ID)
	case 2:
		s.applications = append(s.applications, r.MustCreateApplication(label).ID)
	case 3:
		s.groups = append(s.groups, r.MustCreateGroup(label).ID)
	case 4, 5:
		s.policies = append(s.policies, r.MustCreatePolicy(label, c.principal(), c.rules()...).ID)
	case 6:
		c.makeKey()
	case 7:
		s.ssh = append(s.ssh, r.MustCreateSSHKey(pick(c, s.projects), label).ID)
	case 8:
		_, err = r.LockUser(pick(c, s.users))
	case 9:
		_, err = r.UnlockUser(pick(c, s.users))
	case 10, 11:
		_, err = r.SetRules(pick(c, s.policies), c.rules())
	case 12:
		p := c.principal()
		_, err = r.UpdatePolicy(pick(c, s.policies), iam.PolicyUpdate{Principal: &p})
	case 13:
		_, err = r.AddGroupMember(pick(c, s.groups), pick(c, s.users).Principal())
	case 14:
		_, err = r.AddGroupMembers(pick(c, s.groups), iam.Members{ApplicationIDs: s.applications, UserIDs: s.users})
	case 15:
		_, err = r.SetGroupMembers(pick(c, s.groups), iam.Members{UserIDs: []iam.UserID{pick(c, s.users)}})
	case 16:
		if _, err = r.RemoveGroupMember(pick(c, s.groups), pick(c, s.users).Principal()); iam.KindOf(err) == iam.KindNotFound {
			err = nil
		}
	case 17:
		_, err = r.UpdateGroup(pick(c, s.groups), iam.GroupUpdate{Name: &label})
	default:
		err = c.remove()
	}
	done(c.t, err)
}

func (c *chaos) makeKey() {
	key := c.r.MustCreateAPIKey(pick(c, c.alive.applications).Principal())
	c.alive.keys = append(c.alive.keys, key.AccessKey)
	c.secret[key.AccessKey] = key.SecretKey
}

// remove deletes something, and forgets what goes along.
func (c *chaos) remove() error {
	s := &c.alive
	switch c.rand.IntN(7) {
	case 0:
		if id, ok := take(c, &s.projects); ok {
			err := c.r.DeleteProject(id)
			c.forget()
			return err
		}
	case 1:
		if id, ok := take(c, &s.users); ok {
			return c.r.DeleteUser(id)
		}
	case 2:
		if id, ok := take(c, &s.applications); ok {
			err := c.r.DeleteApplication(id)
			c.forget()
			return err
		}
	case 3:
		if id, ok := take(c, &s.groups); ok {
			return c.r.DeleteGroup(id)
		}
	case 4:
		if id, ok := take(c, &s.policies); ok {
			return c.r.DeletePolicy(id)
		}
	case 5:
		if id, ok := take(c, &s.keys); ok {
			return c.r.DeleteAPIKey(id)
		}
	case 6:
		if id, ok := take(c, &s.ssh); ok {
			return c.r.DeleteSSHKey(id)
		}
	}
	return nil
}

// forget drops the keys that went with a project or an application.
func (c *chaos) forget() {
	c.alive.keys = slices.DeleteFunc(c.alive.keys, func(k iam.AccessKey) bool { _, err := c.r.GetAPIKey(k); return err != nil })
	c.alive.ssh = slices.DeleteFunc(c.alive.ssh, func(k iam.SSHKeyID) bool { _, err := c.r.GetSSHKey(k); return err != nil })
	for len(c.alive.keys) < 2 {
		c.makeKey()
	}
	for len(c.alive.ssh) < 2 {
		c.alive.ssh = append(c.alive.ssh, c.r.MustCreateSSHKey(pick(c, c.alive.projects), c.name()).ID)
	}
}

// decisions are answers about everything that chaos ever made, and who the secrets prove.
func decisions(c *chaos, operator *kit.Runner, a *authority.Authority, everybody []iam.Principal, everywhere []iam.ProjectID) (lines []string) {
	c.t.Helper()
	operator = operator.On(a)
	permissions := []string{"compute:servers:start", "compute:servers:list", "iam:ssh_key:create", "account:project:create", "iam:policy:write", "account:project:read"}
	for _, p := range everybody {
		for _, permission := range permissions {
			for _, project := range append(everywhere, "") {
				q := ask(p, permission, permission[:len(permission)-len(lastPart(permission))-1], project)
				q.Resource.OrganizationID, q.IP = c.r.Organization(), c.r.Client.IP
				answer := must[authority.Answer](c.t)(operator.Evaluate(q))
				lines = append(lines, fmt.Sprintf("%s %s %s: %v %v", p.ID, permission, project, answer.Allowed, answer.Reasons))
			}
		}
	}
	for key, secret := range c.secret {
		lines = append(lines, fmt.Sprintf("%s: %v", key, authenticate(c.t, a, secret)))
	}
	slices.Sort(lines)
	return lines
}

func lastPart(permission string) string {
	for i := len(permission) - 1; i >= 0; i-- {
		if permission[i] == ':' {
			return permission[i+1:]
		}
	}
	return permission
}
