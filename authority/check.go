package authority

import (
	"context"
	"fmt"

	"bailiwick/iam"
)

// PermissionCheck asks whether the caller has a permission on a project or an organization.
type PermissionCheck struct {
	Permission     string
	OrganizationID iam.OrganizationID
	ProjectID      iam.ProjectID
}

// MaxPermissionChecks bounds the questions of one call.
const MaxPermissionChecks = 1000

// alwaysDenied is a permission that clients ask for and that Scaleway always denies,
// although users may create sessions for themselves.
const alwaysDenied = "account:jwt:create"

// CheckPermissions answers for the caller itself, in the order of the questions. Everybody
// who has a credential may ask. An unknown permission is an error; one that is not granted,
// or asked for an organization or a project of others, is simply no.
func (a *Authority) CheckPermissions(_ context.Context, call iam.Call, checks []PermissionCheck) ([]bool, error) {
	var v iam.Validator
	if len(checks) > MaxPermissionChecks {
		v.Constraint("permissions", fmt.Sprintf("value must contain no more than %d item(s)", MaxPermissionChecks))
		return nil, v.Err()
	}
	for i, c := range checks {
		if _, ok := a.catalog.Number(c.Permission); !ok {
			v.Add(fmt.Sprintf("permissions[%d]", i), iam.ReasonUnknown, "unknown permission")
		}
	}
	if err := v.Err(); err != nil {
		return nil, err
	}
	state, own := a.snapshot.Load(), call.Caller.Organization
	answers := make([]bool, len(checks))
	for i, c := range checks {
		foreign := c.OrganizationID != "" && c.OrganizationID != own
		if foreign || c.Permission == alwaysDenied {
			continue
		}
		answers[i] = a.allowed(state, call, c.Permission, projectCollection(c.ProjectID))
	}
	return answers, nil
}
