package compat

import (
	"testing"
	"time"

	account "github.com/scaleway/scaleway-sdk-go/api/account/v3"
	iam "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
)

// pair returns the id of a created object with the error of its creation.
func pair[T any](made *T, err error, id func(*T) string) (string, error) {
	if err != nil {
		return "", err
	}
	return id(made), nil
}

func TestTerraformApplication(t *testing.T) {
	tf := terraform(t)
	resource{
		name: "application",
		create: func() (string, error) {
			a, err := tf.iam.CreateApplication(&iam.CreateApplicationRequest{Name: "worker", OrganizationID: tf.organization, Description: "by hand", Tags: []string{"b", "a"}})
			return pair(a, err, func(a *iam.Application) string { return a.ID })
		},
		read: func(id string) (kept, error) {
			a, err := tf.iam.GetApplication(&iam.GetApplicationRequest{ApplicationID: id})
			if err != nil {
				return nil, err
			}
			return kept{"name": a.Name, "description": a.Description, "tags": a.Tags, "organization_id": a.OrganizationID, "editable": a.Editable}, nil
		},
		update: func(id string) error { // only what changed
			return failure(tf.iam.UpdateApplication(&iam.UpdateApplicationRequest{ApplicationID: id, Description: new(""), Tags: &[]string{}}))
		},
		remove: func(id string) error {
			return tf.iam.DeleteApplication(&iam.DeleteApplicationRequest{ApplicationID: id})
		},
		first:  kept{"name": "worker", "description": "by hand", "tags": []string{"b", "a"}, "organization_id": tf.organization, "editable": true},
		second: kept{"name": "worker", "description": "", "tags": []string{}, "organization_id": tf.organization, "editable": true},
	}.replay(t)
}

func TestTerraformAPIKey(t *testing.T) {
	tf := terraform(t)
	app := must(tf.iam.CreateApplication(&iam.CreateApplicationRequest{Name: "worker"}))(t).ID
	project := tf.newProject("shop").ID
	expires := must(time.Parse(time.RFC3339, "2099-01-02T15:04:05+02:00"))(t)
	resource{
		name: "access_key",
		create: func() (string, error) {
			k, err := tf.iam.CreateAPIKey(&iam.CreateAPIKeyRequest{ApplicationID: &app, Description: "a key", ExpiresAt: &expires, DefaultProjectID: &project})
			// The ephemeral resource reads through each of these.
			if err == nil && (k.SecretKey == nil || k.CreatedAt == nil || k.UpdatedAt == nil || k.ExpiresAt == nil) {
				t.Errorf("the created key lacks a value that the provider needs: %+v", k)
			}
			return pair(k, err, func(k *iam.APIKey) string { return k.AccessKey })
		},
		read: func(id string) (kept, error) {
			k, err := tf.iam.GetAPIKey(&iam.GetAPIKeyRequest{AccessKey: id})
			if err != nil {
				return nil, err
			}
			return kept{"application_id": *k.ApplicationID, "description": k.Description, "expires_at": k.ExpiresAt.Format(time.RFC3339), "default_project_id": k.DefaultProjectID}, nil
		},
		update: func(id string) error {
			return failure(tf.iam.UpdateAPIKey(&iam.UpdateAPIKeyRequest{AccessKey: id, Description: new("an old key"), DefaultProjectID: &tf.organization}))
		},
		remove: func(id string) error { return tf.iam.DeleteAPIKey(&iam.DeleteAPIKeyRequest{AccessKey: id}) },
		first:  kept{"application_id": app, "description": "a key", "expires_at": "2099-01-02T13:04:05Z", "default_project_id": project},
		second: kept{"application_id": app, "description": "an old key", "expires_at": "2099-01-02T13:04:05Z", "default_project_id": tf.organization},
	}.replay(t)
}

func TestTerraformSSHKey(t *testing.T) {
	tf := terraform(t)
	state := func(name string, disabled bool) kept {
		return kept{"name": name, "public_key": ed25519Key, "project_id": tf.organization, "disabled": disabled, "organization_id": tf.organization}
	}
	resource{
		name: "ssh_key",
		create: func() (string, error) {
			k, err := tf.iam.CreateSSHKey(&iam.CreateSSHKeyRequest{Name: "laptop", PublicKey: ed25519Key, ProjectID: tf.organization})
			return pair(k, err, func(k *iam.SSHKey) string { return k.ID })
		},
		read: func(id string) (kept, error) {
			k, err := tf.iam.GetSSHKey(&iam.GetSSHKeyRequest{SSHKeyID: id})
			if err != nil {
				return nil, err
			}
			return kept{"name": k.Name, "public_key": k.PublicKey, "project_id": k.ProjectID, "disabled": k.Disabled, "organization_id": k.OrganizationID}, nil
		},
		update: func(id string) error { // two calls, one attribute each
			if err := failure(tf.iam.UpdateSSHKey(&iam.UpdateSSHKeyRequest{SSHKeyID: id, Disabled: new(true)})); err != nil {
				return err
			}
			return failure(tf.iam.UpdateSSHKey(&iam.UpdateSSHKeyRequest{SSHKeyID: id, Name: new("old laptop")}))
		},
		remove: func(id string) error { return tf.iam.DeleteSSHKey(&iam.DeleteSSHKeyRequest{SSHKeyID: id}) },
		first:  state("laptop", false),
		second: state("old laptop", true),
	}.replay(t)
}

func TestTerraformUser(t *testing.T) {
	tf := terraform(t)
	state := func(username, first string) kept {
		return kept{"username": username, "email": "ada@example.com", "first_name": first, "locale": "en_US", "tags": []string{"t"}, "type": "member", "status": "activated"}
	}
	resource{
		name: "user",
		create: func() (string, error) {
			u, err := tf.iam.CreateUser(&iam.CreateUserRequest{OrganizationID: tf.organization, Tags: []string{"t"}, Member: &iam.CreateUserRequestMember{
				Email: "ada@example.com", Username: "ada", Password: "a first password", FirstName: "Ada", Locale: "en_US", SendPasswordEmail: true,
			}})
			return pair(u, err, func(u *iam.User) string { return u.ID })
		},
		read: func(id string) (kept, error) {
			u, err := tf.iam.GetUser(&iam.GetUserRequest{UserID: id})
			if err != nil {
				return nil, err
			}
			// The provider reads status without asking whether it is there.
			return kept{"username": u.Username, "email": u.Email, "first_name": u.FirstName, "locale": u.Locale, "tags": u.Tags, "type": string(u.Type), "status": string(*u.Status)}, nil
		},
		update: func(id string) error { // it reads, sends a patch even if it is empty, and then the username
			must(tf.iam.GetUser(&iam.GetUserRequest{UserID: id}))(t)
			must(tf.iam.UpdateUser(&iam.UpdateUserRequest{UserID: id}))(t)
			must(tf.iam.UpdateUser(&iam.UpdateUserRequest{UserID: id, FirstName: new("")}))(t)
			return failure(tf.iam.UpdateUserUsername(&iam.UpdateUserUsernameRequest{UserID: id, Username: "countess"}))
		},
		remove: func(id string) error { return tf.iam.DeleteUser(&iam.DeleteUserRequest{UserID: id}) },
		first:  state("ada", "Ada"),
		second: state("countess", ""),
	}.replay(t)
}

func TestTerraformProject(t *testing.T) {
	tf := terraform(t)
	resource{
		name: "project_id",
		create: func() (string, error) {
			p, err := tf.projects.CreateProject(&account.ProjectAPICreateProjectRequest{Name: "shop", OrganizationID: tf.organization, Description: "sells"})
			return pair(p, err, func(p *account.Project) string { return p.ID })
		},
		read: func(id string) (kept, error) {
			p, err := tf.projects.GetProject(&account.ProjectAPIGetProjectRequest{ProjectID: id})
			if err != nil {
				return nil, err
			}
			return kept{"name": p.Name, "description": p.Description, "organization_id": p.OrganizationID}, nil
		},
		update: func(id string) error {
			return failure(tf.projects.UpdateProject(&account.ProjectAPIUpdateProjectRequest{ProjectID: id, Name: new("store"), Description: new("")}))
		},
		remove: func(id string) error {
			return tf.projects.DeleteProject(&account.ProjectAPIDeleteProjectRequest{ProjectID: id})
		},
		first:  kept{"name": "shop", "description": "sells", "organization_id": tf.organization},
		second: kept{"name": "store", "description": "", "organization_id": tf.organization},
	}.replay(t)
}
