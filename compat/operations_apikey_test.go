package compat

import (
	"errors"
	"net/http"
	"testing"
	"time"

	iam "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
	"github.com/scaleway/scaleway-sdk-go/scw"
	"github.com/scaleway/scaleway-sdk-go/validation"
)

func TestAPIKey(t *testing.T) {
	me := newOwner(t)
	project := me.newProject("shop")
	app := must(me.iam.CreateApplication(&iam.CreateApplicationRequest{Name: "worker"}))(t)
	// An offset of two hours and more decimals than are kept.
	expires := time.Now().Add(time.Hour).In(time.FixedZone("", 2*60*60))
	created := must(me.iam.CreateAPIKey(&iam.CreateAPIKeyRequest{
		ApplicationID: &app.ID, Description: "for the nightly run", DefaultProjectID: &project.ID, ExpiresAt: &expires,
	}))(t)
	wantNewTime(t, created.CreatedAt)
	if !validation.IsAccessKey(created.AccessKey) || created.SecretKey == nil || !validation.IsSecretKey(*created.SecretKey) {
		t.Errorf("access key %q with its secret has not the form that clients take", created.AccessKey)
	}
	want := &iam.APIKey{
		AccessKey: created.AccessKey, SecretKey: created.SecretKey, ApplicationID: &app.ID, Description: "for the nightly run",
		CreatedAt: created.CreatedAt, UpdatedAt: created.CreatedAt, ExpiresAt: new(expires.UTC().Truncate(time.Microsecond)),
		DefaultProjectID: project.ID, Editable: true, Deletable: true, CreationIP: "127.0.0.1",
		Srn: "srn://iam.scw.eu/api-keys/" + created.AccessKey,
	}
	equal(t, "created", created, want)
	want.SecretKey = nil // shown once
	get := &iam.GetAPIKeyRequest{AccessKey: created.AccessKey}
	equal(t, "read back", must(me.iam.GetAPIKey(get))(t), want)

	later := time.Now().Add(2 * time.Hour).UTC().Truncate(time.Second)
	updated := must(me.iam.UpdateAPIKey(&iam.UpdateAPIKeyRequest{
		AccessKey: created.AccessKey, Description: new(""), DefaultProjectID: &me.organization, ExpiresAt: &later,
	}))(t)
	wantLater(t, updated.UpdatedAt, created.UpdatedAt)
	want.Description, want.DefaultProjectID, want.ExpiresAt, want.UpdatedAt = "", me.organization, &later, updated.UpdatedAt
	equal(t, "updated", updated, want)
	equal(t, "read after the update", must(me.iam.GetAPIKey(get))(t), want)

	check(t, me.iam.DeleteAPIKey(&iam.DeleteAPIKeyRequest{AccessKey: created.AccessKey}))
	wantNotFound(t, failure(me.iam.GetAPIKey(get)), "access_key", created.AccessKey)
	wantNotFound(t, me.iam.DeleteAPIKey(&iam.DeleteAPIKeyRequest{AccessKey: created.AccessKey}), "access_key", created.AccessKey)
}

func TestAPIKeyOnTheWire(t *testing.T) {
	me := newOwner(t)
	raw := me.raw()
	const keys = "access_key secret_key user_id description created_at updated_at expires_at default_project_id editable deletable managed creation_ip"
	answer := raw.call(http.MethodPost, "/iam/v1alpha1/api-keys", map[string]any{"user_id": me.id, "description": ""})
	answer.wantStatus(http.StatusOK)
	created := answer.object()
	created.wantKeys(t, "created", keys)
	created.wantMembers(t, "created", map[string]string{
		"description": `""`, "expires_at": "null", "default_project_id": `"` + me.organization + `"`, "user_id": `"` + me.id + `"`,
		"editable": "true", "deletable": "true", "managed": "false", "creation_ip": `"127.0.0.1"`,
	})
	created.wantTimes(t, "created_at", "updated_at")
	path := "/iam/v1alpha1/api-keys/" + created.text(t, "access_key")
	unset := map[string]string{"secret_key": "null", "expires_at": "null"}
	read := raw.get(path).object()
	read.wantKeys(t, "read", keys)
	read.wantMembers(t, "read", unset)
	list := raw.get("/iam/v1alpha1/api-keys?access_keys=" + created.text(t, "access_key")).object()
	list.wantKeys(t, "list", "api_keys total_count")
	list.item(t, "api_keys").wantKeys(t, "listed", keys)
	list.item(t, "api_keys").wantMembers(t, "listed", unset)
	updated := raw.call(http.MethodPatch, path, map[string]any{"description": "x"})
	updated.wantStatus(http.StatusOK)
	updated.object().wantKeys(t, "updated", keys)
	updated.object().wantMembers(t, "updated", unset)
	raw.call(http.MethodDelete, path, nil).wantStatus(http.StatusNoContent)
}

// TestAPIKeyBearer: exactly one bearer, of this organization, and never another person.
func TestAPIKeyBearer(t *testing.T) {
	me, stranger := newOwner(t), newOwner(t)
	member := me.newMember("ada").ID
	app := must(me.iam.CreateApplication(&iam.CreateApplicationRequest{Name: "worker"}))(t).ID
	theirs := must(stranger.iam.CreateApplication(&iam.CreateApplicationRequest{Name: "worker"}))(t).ID
	create := func(request iam.CreateAPIKeyRequest) error { return failure(me.iam.CreateAPIKey(&request)) }
	wantInvalid(t, create(iam.CreateAPIKeyRequest{}), "bearer required")
	wantInvalid(t, create(iam.CreateAPIKeyRequest{ApplicationID: &app, UserID: &me.id}), "user_id constraint")
	wantNotFound(t, create(iam.CreateAPIKeyRequest{ApplicationID: new(nobody)}), "application", nobody)
	wantNotFound(t, create(iam.CreateAPIKeyRequest{ApplicationID: &theirs}), "application", theirs)
	wantNotFound(t, create(iam.CreateAPIKeyRequest{ApplicationID: &app, DefaultProjectID: &stranger.organization}), "project_id", stranger.organization)
	wantDenied(t, create(iam.CreateAPIKeyRequest{UserID: &member}), "api_key", "create")
	wantInvalid(t, create(iam.CreateAPIKeyRequest{ApplicationID: &app, ExpiresAt: new(time.Now().Add(-time.Minute))}), "expires_at constraint")
	check(t, create(iam.CreateAPIKeyRequest{UserID: &me.id}))
}

// TestExpiredAPIKey: a key stops at its moment and says why.
func TestExpiredAPIKey(t *testing.T) {
	me := newOwner(t)
	app := me.newApplication("worker")
	moment := time.Now().Add(time.Second)
	must(me.iam.UpdateAPIKey(&iam.UpdateAPIKeyRequest{AccessKey: app.accessKey, ExpiresAt: &moment}))(t)
	wantDenied(t, failure(app.iam.ListGroups(&iam.ListGroupsRequest{})), "group", "list") // it is somebody, without rights
	eventually(t, "the key to expire", func() bool {
		_, still := errors.AsType[*scw.PermissionsDeniedError](failure(app.iam.ListGroups(&iam.ListGroupsRequest{})))
		return !still
	})
	wantUnauthenticated(t, failure(app.iam.ListGroups(&iam.ListGroupsRequest{})), "expired")
	expired := must(me.iam.ListAPIKeys(&iam.ListAPIKeysRequest{Expired: new(true)}))(t)
	equal(t, "expired keys", each(expired.APIKeys, accessKeyOf), []string{app.accessKey})
	living := must(me.iam.ListAPIKeys(&iam.ListAPIKeysRequest{Expired: new(false)}))(t)
	equal(t, "living keys", each(living.APIKeys, accessKeyOf), []string{me.accessKey})
}

func accessKeyOf(k *iam.APIKey) string { return k.AccessKey }

func TestAPIKeyLists(t *testing.T) {
	me := newOwner(t)
	app := me.newApplication("worker")
	must(me.iam.UpdateAPIKey(&iam.UpdateAPIKeyRequest{AccessKey: app.accessKey, Description: new("nightly")}))(t)
	mine, its := me.accessKey, app.accessKey
	byKey := []string{min(mine, its), max(mine, its)}
	for name, test := range map[string]struct {
		request iam.ListAPIKeysRequest
		want    []string
	}{
		"all":                      {iam.ListAPIKeysRequest{}, []string{mine, its}},
		"newest first":             {iam.ListAPIKeysRequest{OrderBy: iam.ListAPIKeysRequestOrderByCreatedAtDesc}, []string{its, mine}},
		"by access key":            {iam.ListAPIKeysRequest{OrderBy: iam.ListAPIKeysRequestOrderByAccessKeyAsc}, byKey},
		"in the organization":      {iam.ListAPIKeysRequest{OrganizationID: &me.organization}, []string{mine, its}},
		"of the bearer":            {iam.ListAPIKeysRequest{BearerID: &app.id}, []string{its}},
		"of users":                 {iam.ListAPIKeysRequest{BearerType: iam.BearerTypeUser}, []string{mine}},
		"of applications":          {iam.ListAPIKeysRequest{BearerType: iam.BearerTypeApplication}, []string{its}},
		"of the application (old)": {iam.ListAPIKeysRequest{ApplicationID: &app.id}, []string{its}},
		"of the user (old)":        {iam.ListAPIKeysRequest{UserID: &me.id}, []string{mine}},
		"with the key (old)":       {iam.ListAPIKeysRequest{AccessKey: &its}, []string{its}},
		"with these keys":          {iam.ListAPIKeysRequest{AccessKeys: []string{its, "SCWXXXXXXXXXXXXXXXXX"}}, []string{its}},
		"with a description":       {iam.ListAPIKeysRequest{Description: new("nightly")}, []string{its}},
		"editable":                 {iam.ListAPIKeysRequest{Editable: new(true)}, []string{mine, its}},
		"not editable":             {iam.ListAPIKeysRequest{Editable: new(false)}, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			answer := must(me.iam.ListAPIKeys(&test.request))(t)
			equal(t, "access keys", each(answer.APIKeys, accessKeyOf), test.want)
			equal(t, "total_count", int(answer.TotalCount), len(test.want))
		})
	}
}
