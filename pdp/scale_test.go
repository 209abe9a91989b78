package pdp

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"bailiwick/condition"
	"bailiwick/iam"
)

// estate is a large installation: ten organizations of a hundred projects each, with
// principals and policies evenly spread.
type estate struct {
	World
	source *rand.Rand
	keys   []iam.APIKey
	chains []chain
}

// chain is an application without policies of its own, in five groups of which only the last
// has a grant in the project.
type chain struct {
	organization iam.OrganizationID
	member       iam.ApplicationID
	groups       [5]iam.GroupID
	project      iam.ProjectID
}

const (
	estateOrganizations = 10
	estateProjects      = 100 // of each organization
	estateConditions    = 200 // distinct ones
	estateChains        = 100 // of each organization
)

// id returns a random UUID.
func (e *estate) id() string {
	a, b := e.source.Uint64(), e.source.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>52, b&0xffffffffffff)
}

// newEstate makes n principals and n policies. Every fifth policy is conditional. Seven of ten
// are for one principal, the others for groups, of which there is one for each fifty
// principals; each principal is in two groups.
func newEstate(n int) *estate {
	e := &estate{source: rand.New(rand.NewPCG(1, uint64(n)))}
	sets := []string{"InstancesFullAccess", "ObjectStorageReadOnly", "RelationalDatabasesFullAccess", "SecretManagerReadOnly", "AllProductsReadOnly"}
	for range estateOrganizations {
		organization := iam.OrganizationID(e.id())
		e.Organizations = append(e.Organizations, iam.Organization{ID: organization})
		var projects []iam.ProjectID
		for range estateProjects {
			projects = append(projects, iam.ProjectID(e.id()))
			e.Projects = append(e.Projects, iam.Project{ID: projects[len(projects)-1], OrganizationID: organization})
		}
		groups := e.addPrincipals(organization, n/estateOrganizations)
		first := len(e.Applications) - n/estateOrganizations
		for i := range n / estateOrganizations {
			principal := e.Applications[first+i].ID.Principal()
			if i%10 >= 7 {
				principal = groups[i%len(groups)].Principal()
			}
			rule := iam.Rule{ID: iam.RuleID(e.id()), PermissionSetNames: []string{sets[i%len(sets)]}}
			if i%4 == 0 {
				rule.Scope.OrganizationID = organization
			} else {
				for j := range 1 + i%3 {
					rule.Scope.ProjectIDs = append(rule.Scope.ProjectIDs, projects[(i*7+j)%len(projects)])
				}
			}
			if i%5 == 3 {
				rule.Condition = fmt.Sprintf(`request.user_agent.contains("terraform/%d")`, i%estateConditions)
			}
			policy := iam.Policy{ID: iam.PolicyID(e.id()), OrganizationID: organization, Principal: principal}
			e.Policies = append(e.Policies, PolicyRules{policy, []iam.Rule{rule}})
		}
		e.addChains(organization, projects)
	}
	return e
}

func (e *estate) addChains(organization iam.OrganizationID, projects []iam.ProjectID) {
	for i := range estateChains {
		c := chain{organization, iam.ApplicationID(e.id()), [5]iam.GroupID{}, projects[1+i%(len(projects)-1)]}
		e.Applications = append(e.Applications, iam.Application{ID: c.member, OrganizationID: organization})
		for j := range c.groups {
			c.groups[j] = iam.GroupID(e.id())
		}
		slices.Sort(c.groups[:]) // the order in which they are asked
		for j, id := range c.groups {
			project := projects[0]
			if j == 4 {
				project = c.project
			}
			e.Groups = append(e.Groups, iam.Group{ID: id, OrganizationID: organization, ApplicationIDs: []iam.ApplicationID{c.member}})
			e.Policies = append(e.Policies, PolicyRules{
				iam.Policy{ID: iam.PolicyID(e.id()), OrganizationID: organization, Principal: id.Principal()},
				[]iam.Rule{{ID: iam.RuleID(e.id()), PermissionSetNames: []string{"InstancesReadOnly"}, Scope: iam.Scope{ProjectIDs: []iam.ProjectID{project}}}},
			})
		}
		e.chains = append(e.chains, c)
	}
}

func (e *estate) addPrincipals(organization iam.OrganizationID, n int) []iam.GroupID {
	groups := make([]iam.Group, max(2, n/50))
	for i := range groups {
		groups[i] = iam.Group{ID: iam.GroupID(e.id()), OrganizationID: organization}
	}
	for i := range n {
		id := iam.ApplicationID(e.id())
		e.Applications = append(e.Applications, iam.Application{ID: id, OrganizationID: organization})
		for j := range 2 {
			g := &groups[(i*3+j)%len(groups)]
			g.ApplicationIDs = append(g.ApplicationIDs, id)
		}
		e.keys = append(e.keys, iam.APIKey{
			AccessKey: iam.AccessKey(fmt.Sprintf("SCW%017d", len(e.keys))), OrganizationID: organization, Bearer: id.Principal(),
			Description: "bench", DefaultProjectID: iam.ProjectID(organization), CreatedAt: time.Unix(1, 0), UpdatedAt: time.Unix(1, 0),
		})
	}
	e.Groups = append(e.Groups, groups...)
	var ids []iam.GroupID
	for _, g := range groups {
		ids = append(ids, g.ID)
	}
	return ids
}

func (e *estate) build(en engine) (*Snapshot, error) {
	editor := New(en.catalog, en.compiler).Edit()
	err := e.put(editor, nil)
	for _, k := range e.keys {
		editor.PutAPIKey(k)
	}
	return editor.Snapshot(1), err
}

// estateInput meets no condition of the estate but has all that they read.
func estateInput() condition.Input {
	agent := "curl/8.5.0"
	return condition.Input{IP: netip.MustParseAddr("192.0.2.1"), UserAgent: &agent, Time: time.Unix(1700000000, 0)}
}
