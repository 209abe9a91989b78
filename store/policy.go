package store

import "bailiwick/iam"

const policyColumns = `organization_id, id, name, description, tags, principal_type, principal_id, managed,
	nb_rules, nb_scopes, nb_permission_sets, created_at, updated_at`

func scanPolicy(row scanner) (p iam.Policy, err error) {
	err = row.Scan(&p.OrganizationID, &p.ID, &p.Name, &p.Description, listOf[string]{&p.Tags},
		&p.Principal.Type, &p.Principal.ID, &p.Managed, &p.NbRules, &p.NbScopes, &p.NbPermissionSets,
		instant{&p.CreatedAt}, instant{&p.UpdatedAt})
	return p, err
}

func policyValues(p iam.Policy) []any {
	return []any{string(p.OrganizationID), string(p.ID), p.Name, p.Description, encodeList(p.Tags),
		string(p.Principal.Type), p.Principal.ID, p.Managed, p.NbRules, p.NbScopes, p.NbPermissionSets,
		micros(p.CreatedAt), micros(p.UpdatedAt)}
}

// InsertPolicy stores a new policy with its rules.
func (t *Tx) InsertPolicy(p iam.Policy, rules []iam.Rule) error {
	t.change(p.OrganizationID, KindPolicy, string(p.ID))
	if err := t.insert(p.OrganizationID, "policies", "INSERT INTO policies ("+policyColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`, policyValues(p)...); err != nil {
		return err
	}
	return t.insertRules(p, rules)
}

// UpdatePolicy stores a policy that exists; its rules stay.
func (t *Tx) UpdatePolicy(p iam.Policy) error {
	t.change(p.OrganizationID, KindPolicy, string(p.ID))
	return touched(t.exec(`UPDATE policies SET name = $3, description = $4, tags = $5, principal_type = $6, principal_id = $7,
		managed = $8, nb_rules = $9, nb_scopes = $10, nb_permission_sets = $11, created_at = $12, updated_at = $13
		WHERE organization_id = $1 AND id = $2`, policyValues(p)...))
}

// SetRules replaces the rules of a policy and stores the policy with its counters.
func (t *Tx) SetRules(p iam.Policy, rules []iam.Rule) error {
	if err := t.UpdatePolicy(p); err != nil {
		return err
	}
	if err := t.deleteRules(p.OrganizationID, p.ID); err != nil {
		return err
	}
	return t.insertRules(p, rules)
}

// DeletePolicy deletes a policy that exists and its rules.
func (t *Tx) DeletePolicy(organization iam.OrganizationID, id iam.PolicyID) error {
	t.change(organization, KindPolicy, string(id))
	if err := t.deleteRules(organization, id); err != nil {
		return err
	}
	return t.remove(organization, "policies", "DELETE FROM policies WHERE organization_id = $1 AND id = $2", string(organization), string(id))
}

func (t *Tx) deleteRules(organization iam.OrganizationID, id iam.PolicyID) error {
	_, err := t.exec("DELETE FROM rules WHERE organization_id = $1 AND policy_id = $2", string(organization), string(id))
	return err
}

func (t *Tx) insertRules(p iam.Policy, rules []iam.Rule) error {
	for position, r := range rules {
		_, err := t.exec(`INSERT INTO rules (organization_id, policy_id, position, id, permission_set_names, scope_type,
			condition, scope_organization_id, project_ids) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			string(p.OrganizationID), string(p.ID), position, string(r.ID), encodeList(r.PermissionSetNames),
			string(r.ScopeType), r.Condition, string(r.Scope.OrganizationID), encodeList(r.Scope.ProjectIDs))
		if err != nil {
			return err
		}
	}
	return nil
}

// Policy returns one policy of an organization, or ErrNotFound.
func (t *Tx) Policy(organization iam.OrganizationID, id iam.PolicyID) (iam.Policy, error) {
	return one(t.row("SELECT "+policyColumns+" FROM policies WHERE organization_id = $1 AND id = $2",
		string(organization), string(id)), scanPolicy)
}

// Policies returns a page of an organization's policies, and their number. Policies that
// are selected by a principal of any kind pass if one of the lists names it.
func (t *Tx) Policies(f iam.PolicyFilter) ([]iam.Policy, int, error) {
	w := inOrganization(f.OrganizationID)
	w.whereName(f.Name)
	w.whereSearch(f.Search, "name")
	w.whereBool("managed <> ?", f.Editable)
	w.whereBool("(principal_id = '') = ?", f.NoPrincipal)
	principals := filter{args: w.args}
	whereIn(&principals, "(principal_type = 'user' AND principal_id IN (?))", f.UserIDs)
	whereIn(&principals, "(principal_type = 'group' AND principal_id IN (?))", f.GroupIDs)
	whereIn(&principals, "(principal_type = 'application' AND principal_id IN (?))", f.ApplicationIDs)
	w.either(principals)
	whereIn(&w, "id IN (?)", f.PolicyIDs)
	w.whereTag(f.Tag)
	return list(t, listQuery{
		table: "policies", columns: policyColumns, filter: w, key: "id", counter: "policies", order: f.Order, page: f.Page,
		orders: map[string]string{"policy_name": "lower(name);name", "created_at": "created_at"},
	}, scanPolicy)
}

// PoliciesOf returns the policies whose principal is p.
func (t *Tx) PoliciesOf(organization iam.OrganizationID, p iam.Principal) ([]iam.Policy, error) {
	return collect(t, scanPolicy, "SELECT "+policyColumns+` FROM policies
		WHERE organization_id = $1 AND principal_type = $2 AND principal_id = $3 ORDER BY created_at, id`,
		string(organization), string(p.Type), p.ID)
}

const ruleColumns = "id, permission_set_names, scope_type, condition, scope_organization_id, project_ids"

func scanRule(row scanner) (r iam.Rule, err error) {
	err = row.Scan(&r.ID, listOf[string]{&r.PermissionSetNames}, &r.ScopeType, &r.Condition, &r.Scope.OrganizationID, listOf[iam.ProjectID]{&r.Scope.ProjectIDs})
	return r, err
}

// Rules returns the rules of a policy, in their order.
func (t *Tx) Rules(organization iam.OrganizationID, id iam.PolicyID) ([]iam.Rule, error) {
	return collect(t, scanRule, "SELECT "+ruleColumns+" FROM rules WHERE organization_id = $1 AND policy_id = $2 ORDER BY position",
		string(organization), string(id))
}

// PoliciesWithProject returns the policies of an organization that have a rule whose scope
// names the project.
func (t *Tx) PoliciesWithProject(organization iam.OrganizationID, project iam.ProjectID) ([]iam.Policy, error) {
	return collect(t, scanPolicy, "SELECT "+policyColumns+` FROM policies WHERE organization_id = $1 AND id IN
		(SELECT policy_id FROM rules WHERE organization_id = $1 AND project_ids LIKE $2 ESCAPE '\') ORDER BY id`,
		string(organization), `%"`+escapeLike(string(project))+`"%`)
}

// CountPolicies returns how many policies an organization has.
func (t *Tx) CountPolicies(organization iam.OrganizationID) (int, error) {
	return t.counted(organization, "policies")
}

// EachPolicy gives every policy of every organization, with its rules, to yield. One policy is
// held at a time.
func (t *Tx) EachPolicy(yield func(iam.Policy, []iam.Rule) error) error {
	var p iam.Policy
	var rules []iam.Rule
	give := func() error {
		if p.ID == "" {
			return nil
		}
		return yield(p, rules)
	}
	skipped := Change{}
	if skip := t.skip; skip != nil {
		// A policy of which one row cannot be read is skipped whole, and told of once.
		t.skip = func(c Change, err error) {
			if string(p.ID) == c.ID && p.OrganizationID == c.OrganizationID {
				p = iam.Policy{}
			}
			if c != skipped {
				skip(c, err)
			}
			skipped = c
		}
		defer func() { t.skip = skip }()
	}
	err := eachObject(t, KindPolicy, scanPolicyAndRule, func(r policyAndRule) error {
		if skipped.ID == string(r.policy.ID) && skipped.OrganizationID == r.policy.OrganizationID {
			return nil
		}
		if r.policy.ID != p.ID || r.policy.OrganizationID != p.OrganizationID {
			if err := give(); err != nil {
				return err
			}
			p, rules = r.policy, nil
		}
		if r.rule.ID != "" { // else it has none
			rules = append(rules, r.rule)
		}
		return nil
	}, `SELECT p.organization_id, p.id, name, description, tags, principal_type, principal_id, managed,
		nb_rules, nb_scopes, nb_permission_sets, created_at, updated_at,
		COALESCE(r.id, ''), COALESCE(permission_set_names, '[]'), COALESCE(scope_type, ''), COALESCE(condition, ''), COALESCE(scope_organization_id, ''), COALESCE(project_ids, '[]')
		FROM policies p LEFT JOIN rules r ON r.organization_id = p.organization_id AND r.policy_id = p.id
		ORDER BY p.organization_id, p.id, r.position`)
	if err != nil {
		return err
	}
	return give()
}

// policyAndRule is a policy with one of its rules; the id of that is empty if there is none.
type policyAndRule struct {
	policy iam.Policy
	rule   iam.Rule
}

func scanPolicyAndRule(row scanner) (b policyAndRule, err error) {
	p, r := &b.policy, &b.rule
	err = row.Scan(&p.OrganizationID, &p.ID, &p.Name, &p.Description, listOf[string]{&p.Tags}, &p.Principal.Type, &p.Principal.ID,
		&p.Managed, &p.NbRules, &p.NbScopes, &p.NbPermissionSets, instant{&p.CreatedAt}, instant{&p.UpdatedAt},
		&r.ID, listOf[string]{&r.PermissionSetNames}, &r.ScopeType, &r.Condition, &r.Scope.OrganizationID, listOf[iam.ProjectID]{&r.Scope.ProjectIDs})
	return b, err
}
