package authority_test

import (
	"fmt"
	"strings"
	"testing"

	"bailiwick/authority"
	kit "bailiwick/bailiwicktest"
	"bailiwick/iam"
)

// inquiries are the ways to ask about rights, as text with the ids that were asked for
// blinded.
func inquiries() map[string]func(*kit.Runner, world) (any, error) {
	question := func(w world) authority.Question {
		q := ask(w.application.Principal(), "iam:ssh_key:list", "iam:ssh_key", w.project)
		q.Resource.OrganizationID = w.organization
		return q
	}
	own := func(q authority.Question) authority.Question {
		q.Resource.OrganizationID = ""
		return q
	}
	byKey := func(w world) authority.Question {
		q := own(question(w))
		q.SubjectType, q.SubjectID = "api_key", string(w.key)
		return q
	}
	who := func(o iam.OrganizationID, p iam.ProjectID) authority.WhoQuestion {
		return authority.WhoQuestion{Permission: "iam:ssh_key:list", OrganizationID: o, ProjectID: p, PageSize: 100}
	}
	return map[string]func(*kit.Runner, world) (any, error){
		"Evaluate there":          func(r *kit.Runner, w world) (any, error) { return plain(r.Evaluate(question(w))) },
		"Evaluate their subject":  func(r *kit.Runner, w world) (any, error) { return plain(r.Evaluate(own(question(w)))) },
		"Evaluate their key":      func(r *kit.Runner, w world) (any, error) { return plain(r.Evaluate(byKey(w))) },
		"Explain there":           func(r *kit.Runner, w world) (any, error) { return explained(r.Explain(question(w))) },
		"Explain their subject":   func(r *kit.Runner, w world) (any, error) { return explained(r.Explain(own(question(w)))) },
		"Explain their key":       func(r *kit.Runner, w world) (any, error) { return explained(r.Explain(byKey(w))) },
		"WhoCan there":            func(r *kit.Runner, w world) (any, error) { return r.WhoCan(who(w.organization, "")) },
		"WhoCan in their project": func(r *kit.Runner, w world) (any, error) { return r.WhoCan(who("", w.project)) },
		"WhatCan there":           func(r *kit.Runner, w world) (any, error) { return r.WhatCan(w.organization, w.application.Principal()) },
		"WhatCan their subject":   func(r *kit.Runner, w world) (any, error) { return r.WhatCan("", w.application.Principal()) },
		"SearchSubjects there": func(r *kit.Runner, w world) (any, error) {
			return r.SearchSubjects(question(w), authority.SearchPage{})
		},
		"SearchSubjects in their project": func(r *kit.Runner, w world) (any, error) {
			return r.SearchSubjects(own(question(w)), authority.SearchPage{})
		},
		"SearchActions there": func(r *kit.Runner, w world) (any, error) { return r.SearchActions(question(w), authority.SearchPage{}) },
		"SearchActions of their subject": func(r *kit.Runner, w world) (any, error) {
			return r.SearchActions(own(question(w)), authority.SearchPage{})
		},
		"Evaluations": func(r *kit.Runner, w world) (any, error) {
			answers, err := r.Evaluations([]authority.Asked{{Question: question(w)}, {Question: own(question(w))}, {Question: byKey(w)}}, authority.ExecuteAll)
			for i := range answers {
				answers[i].DecisionID = ""
			}
			return answers, err
		},
	}
}

// plain is an answer without its id.
func plain(a authority.Answer, err error) (any, error) {
	a.DecisionID = ""
	return a, err
}

func explained(e authority.Explanation, err error) (any, error) {
	e.DecisionID = ""
	return e, err
}

// asText prints an answer and its error with what was asked blinded.
func asText(w world, answer any, err error) string {
	text := fmt.Sprintf("%+v, %v", answer, err)
	for _, id := range []string{string(w.organization), string(w.project), string(w.application), string(w.key)} {
		text = strings.ReplaceAll(text, id, "asked")
	}
	return text
}

// Who may ask about rights asks about its own organization: what it asks about another one is
// answered exactly like what it asks about one that is not there. Who may not ask is told so
// whatever it asks.
func TestInquiriesStayInTheOrganization(t *testing.T) {
	k := start(t)
	owner, stranger := k.AsOwner(t), tenant(t, k, "acme")
	own, theirs := populate(t, owner), populate(t, stranger)
	pep := owner.MustHire("pep", kit.Everywhere(own.organization, "DecisionPointAccess"))
	weak := owner.MustHire("weak", kit.Everywhere(own.organization, "IAMReadOnly"))
	for what, inquire := range inquiries() {
		for who, r := range map[string]*kit.Runner{"service": pep, "owner": owner} {
			got, gotErr := inquire(r, theirs)
			want, wantErr := inquire(r, unknown())
			if a, b := asText(theirs, got, gotErr), asText(unknown(), want, wantErr); a != b {
				t.Errorf("%s, %s:\ntheirs:   %s\nnobody's: %s", who, what, a, b)
			}
			if _, err := inquire(r, own); err != nil {
				t.Errorf("%s, %s, its own: %v", who, what, err)
			}
		}
		for _, w := range []world{own, theirs, unknown(), {}} {
			_, err := inquire(weak, w)
			if iam.KindOf(err) != iam.KindPermissionsDenied {
				t.Errorf("who may not ask, %s: %v", what, err)
			}
		}
	}

	// A page token leads nowhere in another organization, nor for another question.
	for _, r := range []*kit.Runner{owner, stranger} {
		for i := range 3 {
			app := r.MustCreateApplication(fmt.Sprint("p", i))
			r.MustCreatePolicy("p", app.ID.Principal(), kit.Everywhere(r.Organization(), "SSHKeysReadOnly"))
		}
	}
	q := authority.WhoQuestion{Permission: "iam:ssh_key:list", PageSize: 2}
	first := must[authority.WhoAnswer](t)(owner.WhoCan(q))
	if first.Total != 4 || len(first.Grantees) != 2 || first.Next == "" {
		t.Errorf("first page: %+v", first)
	}
	q.PageToken = first.Next
	second := must[authority.WhoAnswer](t)(owner.WhoCan(q))
	if len(second.Grantees) != 2 || second.Next != "" || second.Grantees[0].Principal == first.Grantees[1].Principal {
		t.Errorf("second page: %+v", second)
	}
	wrong := invalid("page_token", iam.ReasonConstraint, "value is not a token that this list gave for this question")
	_, err := stranger.WhoCan(q)
	fails(t, "in another organization", wrong, err)
	q.Permission = "iam:ssh_key:read"
	_, err = owner.WhoCan(q)
	fails(t, "for another question", wrong, err)

	done(t, owner.DeleteAPIKey(pep.Caller.AccessKey))
	for what, inquire := range inquiries() {
		_, err := inquire(pep, own)
		fails(t, "with a deleted key, "+what, iam.AuthenticationDenied("api_key", iam.AuthNotFound), err)
	}
}

// Names are read a hundred at a time: whoever is on the page has its own.
func TestWhoCanNames(t *testing.T) {
	k := start(t)
	owner := k.AsOwner(t)
	member := owner.MustCreateUser("member")
	group := owner.MustCreateGroup("g", member.ID.Principal())
	owner.MustCreateApplication("nobody")
	want := map[iam.Principal]string{member.ID.Principal(): member.Username, k.First.Owner.ID.Principal(): k.First.Owner.Username}
	var applications []iam.ApplicationID
	for i := range iam.MaxFilterValues + 20 {
		app := owner.MustCreateApplication(fmt.Sprint("app ", i))
		applications, want[app.ID.Principal()] = append(applications, app.ID), app.Name
	}
	must[iam.Group](t)(owner.AddGroupMembers(group.ID, iam.Members{ApplicationIDs: applications}))
	owner.MustCreatePolicy("p", group.ID.Principal(), kit.Everywhere(owner.Organization(), "IAMGroupReadOnly"))
	answer := must[authority.WhoAnswer](t)(owner.WhoCan(authority.WhoQuestion{Permission: "iam:group:read", PageSize: authority.MaxGranteePageSize}))
	got := map[iam.Principal]string{}
	for _, g := range answer.Grantees {
		got[g.Principal] = g.Name
	}
	same(t, "names", want, got)
}
