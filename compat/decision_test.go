package compat

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	iam "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
)

// decisionPoint is the AuthZEN API as one caller sees it. There is no Scaleway SDK for it.
type decisionPoint struct{ caller }

// decisionQuestion is a question in the terms of this API.
type decisionQuestion struct {
	subjectType, subjectID string
	permission             string // "service:name:action"
	project                string // empty: the organization itself
	agent                  string // of the request that is asked about
}

// ask returns the decision on a question.
func (p decisionPoint) ask(organization string, q decisionQuestion) bool {
	p.t.Helper()
	resource := q.permission[:strings.LastIndex(q.permission, ":")]
	properties := map[string]any{"organization_id": organization}
	if q.project != "" {
		properties["project_id"] = q.project
	}
	answer := p.call(http.MethodPost, "/access/v1/evaluation", map[string]any{
		"subject":  map[string]any{"type": q.subjectType, "id": q.subjectID},
		"action":   map[string]any{"name": strings.TrimPrefix(q.permission, resource+":")},
		"resource": map[string]any{"type": resource, "id": "something", "properties": properties},
		"context":  map[string]any{"ip": "127.0.0.1", "user_agent": q.agent},
	})
	answer.wantStatus(http.StatusOK)
	o := answer.object()
	o.wantKeys(p.t, "decision", "decision context")
	var reasons object
	check(p.t, json.Unmarshal(o["context"], &reasons))
	reasons.wantKeys(p.t, "context", "decision_id reasons revision")
	return string(o["decision"]) == "true"
}

// want asks about everything that the main job's policy is about: granted are the two
// rules, each within its scope and condition, and refused is what lies beside them.
func (p decisionPoint) want(job *mainJob, granted bool) {
	p.t.Helper()
	const sdk, curl = "scaleway-sdk-go/v1", "curl/8"
	shop, elsewhere, organization := job.shop.ID, job.owner.organization, ""
	for _, subject := range [][2]string{{"application", job.service.id}, {"api_key", job.service.accessKey}} {
		for _, about := range []struct {
			permission, project, agent string
			want                       bool
		}{
			{"storage:object:read", shop, curl, granted},
			{"storage:bucket:list", shop, curl, granted},
			{"iam:ssh_key:read", shop, curl, granted},
			{"storage:object:write", shop, curl, false},
			{"storage:object:read", elsewhere, curl, false},
			{"storage:object:read", organization, curl, false},
			{"storage:object:read", nobody, curl, false},
			{"iam:group:read", organization, sdk, granted},
			{"iam:group:read", organization, curl, false},
			{"iam:group:write", organization, sdk, false},
			{"iam:user:read", organization, sdk, false},
		} {
			q := decisionQuestion{subject[0], subject[1], about.permission, about.project, about.agent}
			equal(p.t, fmt.Sprintf("%+v", q), p.ask(job.owner.organization, q), about.want)
		}
	}
	owner := decisionQuestion{"user", job.owner.id, "storage:object:write", shop, curl}
	equal(p.t, "the owner may", p.ask(job.owner.organization, owner), true)
}

// TestWhoMayAsk: the decision point tells what others may do, so asking it is a right.
func TestWhoMayAsk(t *testing.T) {
	me, stranger := newOwner(t), newOwner(t)
	app := me.newApplication("worker")
	evaluate := func(who caller) answer {
		return who.call(http.MethodPost, "/access/v1/evaluation", map[string]any{
			"subject": map[string]any{"type": "application", "id": app.id}, "action": map[string]any{"name": "read"},
			"resource": map[string]any{"type": "iam:group", "id": nobody, "properties": map[string]any{"organization_id": me.organization}},
		})
	}
	evaluate(caller{t, installation.url, http.Header{}}).wantStatus(http.StatusUnauthorized)
	evaluate(caller{t, installation.url, http.Header{"Authorization": {"Bearer wrong"}}}).wantStatus(http.StatusUnauthorized)
	evaluate(app.raw()).wantStatus(http.StatusForbidden)
	me.grant(app, "DecisionPointAccess")
	evaluate(app.raw()).wantStatus(http.StatusOK)
	evaluate(me.raw()).wantStatus(http.StatusOK)
	evaluate(operator(t, installation)).wantStatus(http.StatusOK)

	// A stranger who may ask in its own organization learns nothing of this one.
	me.grant(app, "IAMGroupReadOnly")
	answer := evaluate(stranger.raw())
	answer.wantStatus(http.StatusOK)
	answer.object().wantMembers(t, "asked by a stranger", map[string]string{"decision": "false"})
	own := evaluate(me.raw())
	own.object().wantMembers(t, "asked at home", map[string]string{"decision": "true"})
}

// TestCheckPermissions: what the caller itself may do.
func TestCheckPermissions(t *testing.T) {
	me := newOwner(t)
	app := me.newApplication("worker")
	must(me.iam.CreatePolicy(&iam.CreatePolicyRequest{ApplicationID: &app.id, Rules: []*iam.RuleSpecs{
		{PermissionSetNames: &[]string{"ObjectStorageReadOnly"}, ProjectIDs: &[]string{me.organization}},
	}}))(t)
	ask := func(who *actor) string {
		answer := who.raw().call(http.MethodPost, "/iam/v1alpha1/check-permissions", map[string]any{"permissions": []any{
			map[string]any{"service": "storage", "name": "object", "action": "read", "project_id": me.organization},
			map[string]any{"service": "storage", "name": "object", "action": "write", "project_id": me.organization},
			map[string]any{"service": "iam", "name": "group", "action": "list", "organization_id": me.organization},
		}})
		answer.wantStatus(http.StatusOK)
		return string(answer.body)
	}
	equal(t, "the application", ask(app), `{"responses":[{"decision":"allow"},{"decision":"deny"},{"decision":"deny"}]}`)
	equal(t, "the owner", ask(me), `{"responses":[{"decision":"allow"},{"decision":"allow"},{"decision":"allow"}]}`)
}
