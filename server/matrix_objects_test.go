package server_test

import (
	"errors"
	"testing"
	"time"

	"bailiwick/iam"
	"bailiwick/identity"
	"bailiwick/store"
)

// The kinds of object that each operation meets.
const (
	own     = "own"     // of the caller's organization (the first one)
	foreign = "foreign" // of the other organization
	deleted = "deleted" // was of the caller's organization
	unknown = "unknown" // an id that nobody was ever given
)

var kinds = []string{own, foreign, deleted, unknown}

// object makes an object of a noun, of one of the kinds, and returns its id.
func (w *world) object(t *testing.T, noun, kind string) string {
	t.Helper()
	owner := w.Owner()
	switch kind {
	case foreign:
		owner = w.otherCaller()
	case unknown:
		if noun == "api_key" {
			return string(identity.NewAccessKey())
		}
		return identity.NewID()
	}
	id := w.create(t, noun, owner)
	if kind == deleted {
		w.remove(t, noun, id)
	}
	return id
}

func (w *world) create(t *testing.T, noun string, owner iam.Caller) string {
	t.Helper()
	ctx, a := t.Context(), w.Authority
	switch noun {
	case "project":
		return string(ok(a.CreateProject(ctx, w.call(owner, "CreateProject"), iam.NewProject{Name: w.unique()})).in(t).ID)
	case "user":
		return string(w.member(t, owner).ID)
	case "session":
		session := iam.Session{ID: iam.SessionID(identity.NewID()), OrganizationID: owner.Organization, UserID: w.member(t, owner).ID}
		ok(w.Store.Update(ctx, func(tx *store.Tx) error { return tx.InsertSession(session, []byte("x")) })).in(t)
		ok(0, a.Follow(ctx)).in(t)
		return string(session.ID)
	case "passkey":
		p := iam.Passkey{ID: iam.PasskeyID(identity.NewID()), OrganizationID: owner.Organization, UserID: w.member(t, owner).ID, Name: w.unique()}
		ok(w.Store.Update(ctx, func(tx *store.Tx) error {
			return tx.InsertPasskey(store.Passkey{Passkey: p, KeyID: []byte(p.ID), Record: []byte("{}")})
		})).in(t)
		ok(0, a.Follow(ctx)).in(t)
		return string(p.ID)
	case "application":
		return string(w.application(t, owner))
	case "group":
		return string(ok(a.CreateGroup(ctx, w.call(owner, "CreateGroup"), iam.NewGroup{Name: w.unique()})).in(t).ID)
	case "policy":
		return string(ok(a.CreatePolicy(ctx, w.call(owner, "CreatePolicy"), iam.NewPolicy{Name: w.unique()})).in(t).ID)
	case "api_key":
		n := iam.NewAPIKey{Bearer: w.application(t, owner).Principal()}
		return string(ok(a.CreateAPIKey(ctx, w.call(owner, "CreateAPIKey"), n)).in(t).AccessKey)
	case "ssh_key":
		n := iam.NewSSHKey{ProjectID: iam.ProjectID(owner.Organization), Name: w.unique(), PublicKey: publicKey}
		return string(ok(a.CreateSSHKey(ctx, w.call(owner, "CreateSSHKey"), n)).in(t).ID)
	case "resource":
		id := w.unique()
		r := iam.Resource{Type: "record", ID: id, Properties: []byte("{}")}
		if err := a.PutResources(ctx, w.call(owner, "PutResources"), "", []iam.Resource{r}); err != nil {
			t.Fatal(err)
		}
		return id
	case "log":
		w.application(t, owner)
		f := iam.LogFilter{Order: iam.Order{Field: "created_at", Descending: true}, Page: iam.Page{Number: 1, Size: 1}}
		logs, _, err := a.ListLogs(ctx, w.call(owner, "ListLogs"), f)
		if err != nil || len(logs) != 1 {
			t.Fatalf("no log entry: %v", err)
		}
		return string(logs[0].ID)
	case "export_job": // at most one a region
		job := iam.ExportJob{ID: iam.ExportJobID(identity.NewID()), OrganizationID: owner.Organization, Region: "fr-par", Name: w.unique()}
		ok(0, w.Store.Record(ctx, func(tx *store.Tx) error {
			old, _, err := tx.ExportJobs(iam.ExportJobFilter{OrganizationID: owner.Organization, Region: "fr-par", Order: iam.Order{Field: "name"}, Page: iam.Page{Number: 1, Size: 10}})
			for _, j := range old {
				err = errors.Join(err, tx.DeleteExportJob(owner.Organization, j.ID))
			}
			return errors.Join(err, tx.InsertExportJob(job))
		})).in(t)
		return string(job.ID)
	case "custom_alert_rule":
		n := iam.NewCustomAlertRule{Region: "fr-par", Name: w.unique(), AlertCondition: iam.AlertCondition{Query: "status == 403", Window: time.Minute, Occurrences: 1}}
		return string(ok(a.CreateCustomAlertRule(ctx, w.call(owner, "CreateCustomAlertRule"), n)).in(t).ID)
	case "organization":
		return string(owner.Organization)
	}
	t.Fatalf("no way to make a %s", noun)
	return ""
}

// publicKey is an Ed25519 key whose private half nobody kept.
const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHtBbUJRKVdIpd5wFo4OBnYWZzUcuPpeyjvNGpI1ZVWk nobody@example.com"

func (w *world) remove(t *testing.T, noun, id string) {
	t.Helper()
	ctx, a, owner := t.Context(), w.Authority, w.Owner()
	var err error
	switch noun {
	case "project":
		err = a.DeleteProject(ctx, w.call(owner, "DeleteProject"), iam.ProjectID(id))
	case "user":
		err = a.DeleteUser(ctx, w.call(owner, "DeleteUser"), iam.UserID(id))
	case "session":
		err = a.DeleteSession(ctx, w.call(owner, "DeleteJWT"), iam.SessionID(id))
	case "passkey":
		err = a.DeletePasskey(ctx, w.call(owner, "DeleteWebAuthnAuthenticator"), iam.PasskeyID(id))
	case "application":
		err = a.DeleteApplication(ctx, w.call(owner, "DeleteApplication"), iam.ApplicationID(id))
	case "group":
		err = a.DeleteGroup(ctx, w.call(owner, "DeleteGroup"), iam.GroupID(id))
	case "policy":
		err = a.DeletePolicy(ctx, w.call(owner, "DeletePolicy"), iam.PolicyID(id))
	case "api_key":
		err = a.DeleteAPIKey(ctx, w.call(owner, "DeleteAPIKey"), iam.AccessKey(id))
	case "resource":
		err = a.DeleteResource(ctx, w.call(owner, "DeleteResource"), "record", id)
	case "export_job":
		err = a.DeleteExportJob(ctx, w.call(owner, "DeleteExportJob"), "fr-par", iam.ExportJobID(id))
	case "custom_alert_rule":
		err = a.DeleteCustomAlertRule(ctx, w.call(owner, "DeleteCustomAlertRule"), "fr-par", iam.AlertRuleID(id))
	case "ssh_key":
		err = a.DeleteSSHKey(ctx, w.call(owner, "DeleteSSHKey"), iam.SSHKeyID(id))
	default:
		t.Fatalf("no way to delete a %s", noun)
	}
	if err != nil {
		t.Fatal(err)
	}
}
