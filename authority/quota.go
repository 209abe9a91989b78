package authority

import (
	"context"
	"maps"
	"slices"
	"strings"

	"bailiwick/iam"
)

// Names of the quotas, as GET /quota lists them.
const (
	quotaAPIKeys      = "iam_api_keys"
	quotaApplications = "iam_applications"
	quotaGroups       = "iam_groups"
	quotaPolicies     = "iam_policies"
	quotaSSHKeys      = "iam_ssh_keys"
	quotaUsers        = "iam_users"
	quotaProjects     = "account_projects"
)

// quotaTexts says what each quota limits.
func quotaTexts() map[string]iam.Quota {
	text := func(name, pretty string) iam.Quota {
		return iam.Quota{Name: name, PrettyName: pretty, Text: "Maximum number of " + pretty + " of an organization"}
	}
	all := make(map[string]iam.Quota)
	for _, q := range []iam.Quota{
		text(quotaAPIKeys, "API keys"), text(quotaApplications, "applications"), text(quotaGroups, "groups"),
		text(quotaPolicies, "policies"), text(quotaSSHKeys, "SSH keys"), text(quotaUsers, "users"), text(quotaProjects, "projects"),
	} {
		all[q.Name] = q
	}
	return all
}

// ScalewayQuotas are the limits that Scaleway publishes for an organization with a validated
// payment method (quota page of October 2025).
func ScalewayQuotas() map[string]int {
	return map[string]int{
		quotaAPIKeys: 50, quotaApplications: 100, quotaGroups: 50, quotaPolicies: 50,
		quotaSSHKeys: 50, quotaUsers: 50, quotaProjects: 25,
	}
}

// ListQuota returns a page of the organization's quotas, and their number.
func (a *Authority) ListQuota(_ context.Context, call iam.Call, org iam.OrganizationID, names []string, order iam.Order, page iam.Page) ([]iam.Quota, int, error) {
	if _, err := a.mayList(call, org); err != nil {
		return nil, 0, err
	}
	all := quotaTexts()
	var quotas []iam.Quota
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if containsOrAll(names, name) {
			quotas = append(quotas, a.limited(all[name]))
		}
	}
	if order.Descending {
		slices.Reverse(quotas)
	}
	return pageOf(quotas, page), len(quotas), nil
}

// GetQuotum returns one quota.
func (a *Authority) GetQuotum(_ context.Context, call iam.Call, org iam.OrganizationID, name string) (iam.Quota, error) {
	if _, err := a.mayListIn(call, org, object{id: name, name: name, named: true}); err != nil {
		return iam.Quota{}, err
	}
	q, ok := quotaTexts()[name]
	if !ok {
		return iam.Quota{}, iam.NotFound("quotum", strings.ToValidUTF8(name, ""))
	}
	return a.limited(q), nil
}

func (a *Authority) limited(q iam.Quota) iam.Quota {
	limit, ok := a.quotas[q.Name]
	q.Limit, q.Unlimited = limit, !ok
	return q
}

// pageOf cuts a page out of a list in memory.
func pageOf[T any](items []T, page iam.Page) []T {
	from := min(len(items), max(0, (page.Number-1)*page.Size))
	return items[from:min(len(items), from+max(0, page.Size))]
}
