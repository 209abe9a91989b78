package main

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"

	"bailiwick/catalog"
	"bailiwick/iam"
)

// size is how large a world is.
type size struct {
	name                           string
	principals, policies, projects int
}

// sizes are those of the comparison with other engines; the last one is also that of the
// measurements of Bailiwick alone.
func sizes() []size {
	return []size{{"small", 100, 100, 10}, {"medium", 10_000, 5_000, 100}, {"large", 100_000, 100_000, 1000}}
}

// world is one organization as every engine gets it: applications, groups of about fifty (each
// application is in two), and policies of one rule each. Three of ten are for groups, a quarter
// for the whole organization, a fifth conditional.
type world struct {
	size
	organization iam.OrganizationID
	projects     []iam.ProjectID
	applications []iam.ApplicationID
	groups       []iam.Group
	grants       []grant
	source       *rand.Rand
}

// grant is a policy with its rule.
type grant struct {
	policy    iam.PolicyID
	rule      iam.RuleID
	principal iam.Principal
	set       string
	projects  []iam.ProjectID // empty: the whole organization
	agent     string          // condition: the user agent contains it
	network   string          // condition: the address is in it
}

// condition is the grant's as Bailiwick reads it; empty for none.
func (g grant) condition() string {
	switch {
	case g.agent != "":
		return fmt.Sprintf("request.user_agent.contains(%q)", g.agent)
	case g.network != "":
		return fmt.Sprintf("inIpRange(request.ip, %q)", g.network)
	}
	return ""
}

// question is one access question: may the application do it in the project?
type question struct {
	organization, application, permission, project, agent string
	address                                               netip.Addr
}

func setNames() []string {
	return []string{"InstancesFullAccess", "ObjectStorageReadOnly", "RelationalDatabasesFullAccess", "SecretManagerReadOnly", "AllProductsReadOnly"}
}

// id returns a random UUID.
func (w *world) id() string {
	a, b := w.source.Uint64(), w.source.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>52, b&0xffffffffffff)
}

func newWorld(s size, organization iam.OrganizationID) *world {
	w := &world{size: s, organization: organization, source: rand.New(rand.NewPCG(1, uint64(s.principals)))}
	if organization == "" {
		w.organization = iam.OrganizationID(w.id())
	}
	for range s.projects {
		w.projects = append(w.projects, iam.ProjectID(w.id()))
	}
	w.groups = make([]iam.Group, max(2, s.principals/50))
	for i := range w.groups {
		w.groups[i] = iam.Group{ID: iam.GroupID(w.id()), OrganizationID: w.organization, Name: fmt.Sprintf("group %d", i)}
	}
	for i := range s.principals {
		id := iam.ApplicationID(w.id())
		w.applications = append(w.applications, id)
		for j := range 2 {
			g := &w.groups[(i*3+j)%len(w.groups)]
			g.ApplicationIDs = append(g.ApplicationIDs, id)
		}
	}
	for i := range s.policies {
		w.grants = append(w.grants, w.grant(i))
	}
	return w
}

func (w *world) grant(i int) grant {
	names := setNames()
	g := grant{
		policy: iam.PolicyID(w.id()), rule: iam.RuleID(w.id()), set: names[i%len(names)],
		principal: w.applications[i%len(w.applications)].Principal(),
	}
	if i%10 >= 7 {
		g.principal = w.groups[i%len(w.groups)].ID.Principal()
	}
	if i%4 != 0 {
		for j := range 1 + i%3 {
			g.projects = append(g.projects, w.projects[(i*7+j)%len(w.projects)])
		}
	}
	switch i % 10 {
	case 3:
		g.agent = fmt.Sprintf("terraform/%d.", i%200)
	case 8:
		g.network = fmt.Sprintf("10.%d.0.0/16", i%200)
	}
	return g
}

// kind is a way to draw questions.
type kind string

const (
	direct      kind = "direct"      // granted by an own policy for the project, without condition
	grouped     kind = "group"       // granted by a policy of a group, without condition
	conditional kind = "conditional" // a policy with a condition, met by every second question
	mixed       kind = "mixed"       // 40% direct, 20% group, 20% conditional, 20% drawn at random and so mostly denied
)

// questions draws n questions of a kind. Their texts are their own, one after the other in
// memory: those of a real request have just been read, and comparing a text with itself
// would look free.
func (w *world) questions(c *catalog.Catalog, k kind, n int) []question {
	members := map[string][]iam.ApplicationID{}
	for _, g := range w.groups {
		members[string(g.ID)] = g.ApplicationIDs
	}
	list := make([]question, 0, n)
	for len(list) < n {
		want := k
		if k == mixed {
			want = []kind{direct, direct, grouped, conditional, mixed}[w.source.IntN(5)]
		}
		g := w.grants[w.source.IntN(len(w.grants))]
		q := question{
			organization: string(w.organization), application: g.principal.ID, permission: c.Name(catalog.Number(w.source.IntN(c.Len()))),
			project: string(w.projects[w.source.IntN(len(w.projects))]), agent: "curl/8.5.0", address: netip.MustParseAddr("192.0.2.1"),
		}
		if of := members[g.principal.ID]; of != nil {
			q.application = string(of[w.source.IntN(len(of))])
		}
		if want != mixed {
			if !g.is(want) {
				continue
			}
			set, _ := c.Set(g.set)
			q.permission = set.Permissions[w.source.IntN(len(set.Permissions))]
			if len(g.projects) > 0 {
				q.project = string(g.projects[w.source.IntN(len(g.projects))])
			}
		}
		if g.condition() != "" && len(list)%2 == 0 {
			q.meet(g)
		}
		list = append(list, q)
	}
	return separate(list)
}

func (g grant) is(k kind) bool {
	switch k {
	case direct:
		return g.principal.Type == iam.TypeApplication && len(g.projects) > 0 && g.condition() == ""
	case grouped:
		return g.principal.Type == iam.TypeGroup && g.condition() == ""
	default:
		return g.condition() != ""
	}
}

// meet makes the question meet the condition of a grant.
func (q *question) meet(g grant) {
	if g.agent != "" {
		q.agent = g.agent + "1"
	}
	if g.network != "" {
		q.address = netip.MustParsePrefix(g.network).Addr().Next()
	}
}

func separate(list []question) []question {
	var all strings.Builder
	for _, q := range list {
		all.WriteString(q.organization + q.application + q.project + q.agent)
	}
	rest := all.String()
	take := func(text *string) {
		n := len(*text)
		*text, rest = rest[:n], rest[n:]
	}
	for i := range list {
		q := &list[i]
		take(&q.organization)
		take(&q.application)
		take(&q.project)
		take(&q.agent)
	}
	return list
}
