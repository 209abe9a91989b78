package compat

import (
	"net/http"
	"os"
	"strings"
	"testing"

	iam "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
)

// ed25519Key is testdata/ed25519.pub without its comment.
const ed25519Key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFmvzp2+UMA+mz1AgLvI6V21Pod74eLg+KqTamphY3YC"

// TestSSHKeyForms stores keys as ssh-keygen writes them, comment and newline included. The
// fingerprints are those of ssh-keygen -l -E md5.
func TestSSHKeyForms(t *testing.T) {
	me := newOwner(t)
	for name, fingerprint := range map[string]string{
		"ed25519": "256 MD5:6d:42:d6:c7:09:df:8b:44:42:71:8f:ee:d5:26:4a:2a (ssh-ed25519)",
		"rsa":     "3072 MD5:7d:7c:2c:1d:59:78:fd:5f:24:52:e2:f0:c8:b5:90:cc (ssh-rsa)",
		"ecdsa":   "256 MD5:8e:43:4e:53:48:22:d5:76:c9:93:8b:1a:69:d4:f0:20 (ecdsa-sha2-nistp256)",
	} {
		t.Run(name, func(t *testing.T) {
			text := string(must(os.ReadFile("testdata/" + name + ".pub"))(t))
			key := must(me.iam.CreateSSHKey(&iam.CreateSSHKeyRequest{Name: name, PublicKey: text}))(t)
			words := strings.Fields(text)
			equal(t, "key without its comment", key.PublicKey, words[0]+" "+words[1])
			equal(t, "fingerprint", key.Fingerprint, fingerprint)
		})
	}
	for name, text := range map[string]string{"words": "hello world", "a broken key": ed25519Key[:40], "a private key": "-----BEGIN OPENSSH PRIVATE KEY-----"} {
		t.Run(name, func(t *testing.T) {
			wantInvalid(t, failure(me.iam.CreateSSHKey(&iam.CreateSSHKeyRequest{PublicKey: text})), "public_key format")
		})
	}
}

func TestSSHKey(t *testing.T) {
	me := newOwner(t)
	project := me.newProject("machines")
	created := must(me.iam.CreateSSHKey(&iam.CreateSSHKeyRequest{Name: "laptop of J. Doe", PublicKey: ed25519Key, ProjectID: project.ID}))(t)
	wantNew(t, created.ID, created.CreatedAt)
	want := &iam.SSHKey{
		ID: created.ID, Name: "laptop of J. Doe", PublicKey: ed25519Key, Fingerprint: "256 MD5:6d:42:d6:c7:09:df:8b:44:42:71:8f:ee:d5:26:4a:2a (ssh-ed25519)",
		CreatedAt: created.CreatedAt, UpdatedAt: created.CreatedAt, OrganizationID: me.organization, ProjectID: project.ID,
		Srn: "srn://iam.scw.eu/ssh-keys/" + created.ID,
	}
	equal(t, "created", created, want)
	get := &iam.GetSSHKeyRequest{SSHKeyID: created.ID}
	equal(t, "read back", must(me.iam.GetSSHKey(get))(t), want)

	updated := must(me.iam.UpdateSSHKey(&iam.UpdateSSHKeyRequest{SSHKeyID: created.ID, Disabled: new(true), Name: new("old laptop")}))(t)
	wantLater(t, updated.UpdatedAt, created.UpdatedAt)
	want.Disabled, want.Name, want.UpdatedAt = true, "old laptop", updated.UpdatedAt
	equal(t, "updated", updated, want)
	equal(t, "read after the update", must(me.iam.GetSSHKey(get))(t), want)

	check(t, me.iam.DeleteSSHKey(&iam.DeleteSSHKeyRequest{SSHKeyID: created.ID}))
	wantNotFound(t, failure(me.iam.GetSSHKey(get)), "ssh_key", created.ID)
	wantNotFound(t, failure(me.iam.UpdateSSHKey(&iam.UpdateSSHKeyRequest{SSHKeyID: created.ID})), "ssh_key", created.ID)
}

func TestSSHKeyOnTheWire(t *testing.T) {
	me := newOwner(t)
	raw := me.raw()
	const keys = "id name public_key fingerprint created_at updated_at organization_id project_id disabled"
	answer := raw.call(http.MethodPost, "/iam/v1alpha1/ssh-keys", map[string]any{"name": "", "public_key": ed25519Key, "project_id": me.organization})
	answer.wantStatus(http.StatusOK)
	created := answer.object()
	created.wantKeys(t, "created", keys)
	created.wantMembers(t, "created", map[string]string{"name": `""`, "disabled": "false"})
	created.wantTimes(t, "created_at", "updated_at")
	raw.get("/iam/v1alpha1/ssh-keys/"+created.text(t, "id")).object().wantKeys(t, "read", keys)
	list := raw.get("/iam/v1alpha1/ssh-keys").object()
	list.wantKeys(t, "list", "ssh_keys total_count")
	list.item(t, "ssh_keys").wantKeys(t, "listed", keys)
	raw.call(http.MethodDelete, "/iam/v1alpha1/ssh-keys/"+created.text(t, "id"), nil).wantStatus(http.StatusNoContent)

	// The one refusal of this call that is recorded.
	refused := raw.call(http.MethodPost, "/iam/v1alpha1/ssh-keys", map[string]any{"name": "x", "public_key": ed25519Key, "project_id": ""})
	refused.wantStatus(http.StatusBadRequest)
	equal(t, "body", string(refused.body),
		`{"details":[{"argument_name":"project_id","help_message":"value must be a valid UUID","reason":"format"}],"message":"invalid argument(s)","type":"invalid_arguments"}`)
}

func TestSSHKeyLists(t *testing.T) {
	me := newOwner(t)
	project := me.newProject("machines")
	add := func(name, projectID string) *iam.SSHKey {
		return must(me.iam.CreateSSHKey(&iam.CreateSSHKeyRequest{Name: name, PublicKey: ed25519Key, ProjectID: projectID}))(t)
	}
	add("beta", me.organization)
	off := add("alpha", project.ID)
	must(me.iam.UpdateSSHKey(&iam.UpdateSSHKeyRequest{SSHKeyID: off.ID, Disabled: new(true)}))(t)
	for name, test := range map[string]struct {
		request iam.ListSSHKeysRequest
		want    []string
	}{
		"all":                {iam.ListSSHKeysRequest{}, []string{"beta", "alpha"}},
		"newest first":       {iam.ListSSHKeysRequest{OrderBy: iam.ListSSHKeysRequestOrderByCreatedAtDesc}, []string{"alpha", "beta"}},
		"by name":            {iam.ListSSHKeysRequest{OrderBy: iam.ListSSHKeysRequestOrderByNameAsc}, []string{"alpha", "beta"}},
		"by change":          {iam.ListSSHKeysRequest{OrderBy: iam.ListSSHKeysRequestOrderByUpdatedAtDesc}, []string{"alpha", "beta"}},
		"with a name":        {iam.ListSSHKeysRequest{Name: new("beta")}, []string{"beta"}},
		"of a project":       {iam.ListSSHKeysRequest{ProjectID: &project.ID}, []string{"alpha"}},
		"of an organization": {iam.ListSSHKeysRequest{OrganizationID: &me.organization}, []string{"beta", "alpha"}},
		"disabled":           {iam.ListSSHKeysRequest{Disabled: new(true)}, []string{"alpha"}},
		"not disabled":       {iam.ListSSHKeysRequest{Disabled: new(false)}, []string{"beta"}},
	} {
		t.Run(name, func(t *testing.T) {
			answer := must(me.iam.ListSSHKeys(&test.request))(t)
			equal(t, "names", each(answer.SSHKeys, func(k *iam.SSHKey) string { return k.Name }), test.want)
			equal(t, "total_count", int(answer.TotalCount), len(test.want))
		})
	}
}
