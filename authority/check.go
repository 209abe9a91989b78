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
	caller, err := a.enter(call)
	if err != nil {
		return nil, err
	}
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
	answers := make([]bool, len(checks))
	for i, c := range checks {
		foreign := c.OrganizationID != "" && c.OrganizationID != call.Caller.Organization
		if foreign || c.Permission == alwaysDenied {
			continue
		}
		answers[i] = caller.could(c.Permission, projectCollection(c.ProjectID))
	}
	return answers, nil
}
