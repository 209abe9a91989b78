package pdp

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"bailiwick/condition"
	"bailiwick/iam"
)

// The files of testdata/decisions: a world, and questions with the answers that the documents
// of the product give. Ids are names.
type decisionFile struct {
	About         string
	Organizations map[iam.OrganizationID]struct {
		Closed       bool
		Projects     []iam.ProjectID
		Users        map[iam.UserID]string // member, owner or locked
		Applications []iam.ApplicationID
		Groups       map[iam.GroupID][]string // members, as "user ann"
		Policies     map[iam.PolicyID]struct {
			Principal string // as "user ann"; none if empty
			Rules     []struct {
				Sets         []string
				Projects     []iam.ProjectID
				Organization iam.OrganizationID
				Condition    string
			}
		}
	}
	Questions []question
}

type question struct {
	About        string
	In           iam.OrganizationID
	Who          string             // as "user ann"
	May          string             // permission
	Organization iam.OrganizationID // of the resource
	Project      iam.ProjectID
	Owner        string
	IP           string
	Agent        *string
	Time         *time.Time
	Resource     *struct{ ID, Name, Locality *string }
	// Answer is a basis or a reason.
	Answer string
	// Rules are what Reasons gives, as "policy/rule number: set: outcome", with "group > "
	// before; not compared if left out.
	Rules []string
	// Ever is what Holds says; if left out, it must be true when the answer is yes.
	Ever *bool
}

func entity(text string) iam.Principal {
	kind, id, _ := strings.Cut(text, " ")
	return iam.Principal{Type: iam.PrincipalType(kind), ID: id}
}

func (f *decisionFile) world() *World {
	w := &World{}
	for id, o := range f.Organizations {
		organization := iam.Organization{ID: id}
		if o.Closed {
			organization.ClosedAt = time.Unix(1, 0)
		}
		w.putOrganization(organization)
		for _, p := range o.Projects {
			w.putProject(iam.Project{ID: p, OrganizationID: id})
		}
		for u, state := range o.Users {
			user := iam.User{ID: u, OrganizationID: id, Type: iam.UserMember, Locked: state == "locked"}
			if state == "owner" {
				user.Type = iam.UserOwner
			}
			w.putUser(user)
		}
		for _, a := range o.Applications {
			w.putApplication(iam.Application{ID: a, OrganizationID: id})
		}
		for g, members := range o.Groups {
			group := iam.Group{ID: g, OrganizationID: id}
			for _, m := range members {
				if p := entity(m); p.Type == iam.TypeUser {
					group.UserIDs = append(group.UserIDs, iam.UserID(p.ID))
				} else {
					group.ApplicationIDs = append(group.ApplicationIDs, iam.ApplicationID(p.ID))
				}
			}
			w.putGroup(group)
		}
		for p, policy := range o.Policies {
			pr := PolicyRules{Policy: iam.Policy{ID: p, OrganizationID: id, Principal: entity(policy.Principal)}}
			for i, r := range policy.Rules {
				pr.Rules = append(pr.Rules, iam.Rule{
					ID: iam.RuleID(fmt.Sprint(i + 1)), PermissionSetNames: r.Sets, Condition: r.Condition,
					Scope: iam.Scope{OrganizationID: r.Organization, ProjectIDs: r.Projects},
				})
			}
			w.putPolicy(pr)
		}
	}
	return w
}

func (q *question) request(t *testing.T, en engine) *Request {
	t.Helper()
	r := &Request{
		Organization: q.In, Subject: entity(q.Who), Permission: en.number(t, q.May),
		Resource: Resource{Organization: q.Organization, Project: q.Project, Owner: entity(q.Owner)},
		Input:    condition.Input{UserAgent: q.Agent},
	}
	if q.IP != "" {
		r.Input.IP = netip.MustParseAddr(q.IP)
	}
	if q.Time != nil {
		r.Input.Time = *q.Time
	}
	if q.Resource != nil {
		r.Input.Resource = &condition.Resource{ID: q.Resource.ID, Name: q.Resource.Name, Locality: q.Resource.Locality}
	}
	return r
}

func TestDecisions(t *testing.T) {
	en := newEngine(t)
	files, err := filepath.Glob("testdata/decisions/*.yaml")
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".yaml"), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var f decisionFile
			if err := yaml.UnmarshalWithOptions(text, &f, yaml.Strict()); err != nil {
				t.Fatal(err)
			}
			w := f.world()
			s, err := en.load(w, nil)
			if err != nil {
				t.Fatal(err)
			}
			for i := range f.Questions {
				en.ask(t, s, w, &f.Questions[i])
			}
		})
	}
}

func (en engine) ask(t *testing.T, s *Snapshot, w *World, q *question) {
	t.Helper()
	r := q.request(t, en)
	d := en.agree(t, s, w, r)
	answer := d.By.String()
	if !d.Allowed {
		answer = d.Reason.String()
	}
	name := fmt.Sprintf("%s: may %s %s in %q?", q.About, q.Who, q.May, q.Project)
	if answer != q.Answer {
		t.Errorf("%s %s, want %s", name, answer, q.Answer)
	}
	if q.Rules != nil {
		rules := []string{}
		for _, g := range s.Reasons(r) {
			text := fmt.Sprintf("%s/%s: %s: %s", g.Policy, g.Rule, g.Set, g.Outcome)
			if g.Group != "" {
				text = string(g.Group) + " > " + text
			}
			rules = append(rules, text)
		}
		if diff := cmp.Diff(q.Rules, rules); diff != "" {
			t.Errorf("%s %s", name, diff)
		}
	}
	if q.Ever != nil {
		if got := s.Holds(r.Organization, r.Subject, r.Permission); got != *q.Ever {
			t.Errorf("%s ever: %v", name, got)
		}
	}
}
