package catalog_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bailiwick/catalog"
	"bailiwick/iam"
)

// reading are the actions that change nothing and show no secret. Actions that show one
// are named access.
var reading = []string{"get", "list", "read"}

func action(permission string) string {
	return permission[strings.LastIndexByte(permission, ':')+1:]
}

func service(permission string) string {
	name, _, _ := strings.Cut(permission, ":")
	return name
}

func mustSet(t testing.TB, c *catalog.Catalog, name string) *catalog.Set {
	t.Helper()
	set, ok := c.Set(name)
	if !ok {
		t.Fatalf("no permission set %s", name)
	}
	return set
}

// missing returns what b holds and a does not.
func missing(a, b *catalog.Set) []string {
	var list []string
	for _, p := range b.Permissions {
		if !slices.Contains(a.Permissions, p) {
			list = append(list, p)
		}
	}
	return list
}

func TestReadOnlySetsOnlyRead(t *testing.T) {
	checked := 0
	for _, set := range load(t).Sets() {
		if !strings.HasSuffix(set.Name, "ReadOnly") && set.Name != "AuditTrailExportRead" {
			continue
		}
		checked++
		for _, p := range set.Permissions {
			if !slices.Contains(reading, action(p)) {
				t.Errorf("%s holds %s", set.Name, p)
			}
		}
	}
	if checked < 60 {
		t.Errorf("only %d sets checked", checked)
	}
}

// TestEveryPermissionIsGrantable requires each permission to be in a set or to say why not.
func TestEveryPermissionIsGrantable(t *testing.T) {
	c := load(t)
	var granted catalog.Bits
	for _, set := range c.Sets() {
		granted = granted.Or(set.Bits)
	}
	got := map[string]bool{}
	for i := range c.Len() {
		n := catalog.Number(i)
		reason, unassigned := c.Unassigned(c.Name(n))
		if granted.Has(n) == unassigned {
			t.Errorf("%s: in a set: %v, unassigned: %v", c.Name(n), granted.Has(n), unassigned)
		}
		if unassigned {
			got[c.Name(n)] = reason != ""
		}
	}
	want := map[string]bool{
		"account:jwt:create": true, "account:jwt:read": true, "account:jwt:write": true,
		"account:organization:close": true, "account:organization:create": true,
		"iam:connection:initiate": true, "iam:connection:join": true, "iam:jwt:create": true,
		"iam:mfa_otp:create": true, "iam:mfa_otp:validate": true, "iam:user_api_key:create": true,
		"iam:webauthn_authenticator:create": true, "iam:webauthn_authenticator:write": true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("unassigned permissions (-want +got):\n%s", diff)
	}
}

// TestKnownPermissions: clients of check-permissions ask for these, and an unknown name
// would be an error to them.
func TestKnownPermissions(t *testing.T) {
	c := load(t)
	known := []struct{ service, names, actions string }{
		{"account", "project organization jwt", "create read write"},
		{"billing", "invoices", "read write"},
		{"iam", "user application group policy", "read write delete get list"},
		{"secret_manager", "secret", "create access read write"},
		{"key_manager", "key", "read write"},
		{"compute", "servers", "start stop"},
		{"storage", "object", "read write"},
		{"block", "volume snapshot", "read write"},
	}
	for _, k := range known {
		for name := range strings.FieldsSeq(k.names) {
			for action := range strings.FieldsSeq(k.actions) {
				permission := k.service + ":" + name + ":" + action
				if _, ok := c.Number(permission); !ok {
					t.Errorf("no permission %s", permission)
				}
			}
		}
	}
}

// TestWiderSets: a set that promises everything of a product holds every other set of it.
func TestWiderSets(t *testing.T) {
	c := load(t)
	// Products whose sets begin with another product's name.
	apart := map[string]string{"VPC": "VPCGateway", "Interlink": "InterlinkPartner"}
	for _, wide := range c.Sets() {
		product, ok := strings.CutSuffix(wide.Name, "FullAccess")
		if !ok {
			continue
		}
		for _, narrow := range c.Sets() {
			other := apart[product]
			if !strings.HasPrefix(narrow.Name, product) || other != "" && strings.HasPrefix(narrow.Name, other) {
				continue
			}
			if list := missing(wide, narrow); list != nil {
				t.Errorf("%s lacks %v of %s", wide.Name, list, narrow.Name)
			}
		}
	}
	for wide, narrow := range map[string][]string{
		"VPCFullAccess":         {"PrivateNetworksFullAccess"},
		"VPCReadOnly":           {"PrivateNetworksReadOnly"},
		"ProjectManager":        {"ProjectReadOnly"},
		"BillingManager":        {"BillingReadOnly"},
		"SupportTicketManager":  {"SupportTicketReadOnly"},
		"IAMApplicationManager": {"IAMApplicationReadOnly"},
		"IAMUserManager":        {"IAMUserReadOnly"},
		"IAMGroupManager":       {"IAMGroupReadOnly"},
		"IAMPolicyManager":      {"IAMPolicyReadOnly"},
		"IAMReadOnly":           {"IAMApplicationReadOnly", "IAMUserReadOnly", "IAMGroupReadOnly", "IAMPolicyReadOnly"},
		"IAMManager": {
			"IAMReadOnly", "IAMApplicationManager", "IAMUserManager", "IAMGroupManager", "IAMPolicyManager",
			"ProjectManager",
		},
		"OrganizationManager": {
			"IAMManager", "OrganizationReadOnly", "BillingManager", "SupportTicketManager", "AbuseTicketManager",
			"AuditTrailFullAccess",
		},
		"AllProductsFullAccess": {"AllProductsReadOnly"},
	} {
		for _, name := range narrow {
			if list := missing(mustSet(t, c, wide), mustSet(t, c, name)); list != nil {
				t.Errorf("%s lacks %v of %s", wide, list, name)
			}
		}
	}
}

// TestFullAccessIsTheWholeProduct: the widest set of a service has all of it.
func TestFullAccessIsTheWholeProduct(t *testing.T) {
	c := load(t)
	whole := map[string]string{} // service -> a FullAccess set that holds all of it
	for _, s := range c.Services() {
		var all []string
		for i := range c.Len() {
			if p := c.Name(catalog.Number(i)); service(p) == s.Name {
				all = append(all, p)
			}
		}
		for _, set := range c.Sets() {
			if !strings.HasPrefix(set.Name, "AllProducts") && slices.Equal(set.Permissions, all) {
				whole[s.Name] = set.Name
			}
		}
	}
	var without []string
	for _, s := range c.Services() {
		if whole[s.Name] == "" {
			without = append(without, s.Name)
		}
	}
	// These have unassigned permissions, or only a manager's or a reader's set.
	want := []string{"account", "bailiwick", "iam"}
	if diff := cmp.Diff(want, without); diff != "" {
		t.Errorf("services without a set that is all of them (-want +got):\n%s", diff)
	}
}

// TestAllProducts: the sets over all products are exactly what the other project sets give.
func TestAllProducts(t *testing.T) {
	c := load(t)
	all, reads := map[string]bool{}, map[string]bool{}
	for _, set := range c.Sets() {
		if set.ScopeType != iam.ScopeProjects || strings.HasPrefix(set.Name, "AllProducts") {
			continue
		}
		for _, p := range set.Permissions {
			all[p] = true
			if slices.Contains(reading, action(p)) {
				reads[p] = true
			}
		}
	}
	full, readOnly := mustSet(t, c, "AllProductsFullAccess"), mustSet(t, c, "AllProductsReadOnly")
	if diff := cmp.Diff(slices.Sorted(maps.Keys(all)), full.Permissions); diff != "" {
		t.Errorf("AllProductsFullAccess (-all project sets +got):\n%s", diff)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(reads)), readOnly.Permissions); diff != "" {
		t.Errorf("AllProductsReadOnly (-reads of project sets +got):\n%s", diff)
	}
}

// TestOrganizationSetsHoldNoProducts, SSH keys apart, which are part of IAM.
func TestOrganizationSetsHoldNoProducts(t *testing.T) {
	c := load(t)
	products := mustSet(t, c, "AllProductsFullAccess")
	for _, set := range c.Sets() {
		if set.ScopeType != iam.ScopeOrganization {
			continue
		}
		for _, p := range set.Permissions {
			if slices.Contains(products.Permissions, p) && !strings.HasPrefix(p, "iam:ssh_key:") {
				t.Errorf("%s holds %s", set.Name, p)
			}
		}
	}
}

// TestFineGrainedInstanceSets: verb and object of the name, and nothing else.
func TestFineGrainedInstanceSets(t *testing.T) {
	c := load(t)
	resources := map[string]string{
		"Image": "images", "Ip": "ips", "PlacementGroup": "placement_groups", "PrivateNic": "private_nics",
		"PrivateNetworkInterface": "private_network_interfaces", "SecurityGroup": "security_groups",
		"Server": "servers", "Snapshot": "snapshots", "Volume": "volumes",
	}
	checked := 0
	for object, resource := range resources {
		for _, verb := range []string{"Create", "Delete", "List", "Read", "Write", "Start", "Stop"} {
			set, ok := c.Set("Instances" + object + verb)
			if !ok {
				continue
			}
			checked++
			want := []string{"compute:" + resource + ":" + strings.ToLower(verb)}
			if diff := cmp.Diff(want, set.Permissions); diff != "" {
				t.Errorf("%s (-want +got):\n%s", set.Name, diff)
			}
		}
	}
	if checked != 44 {
		t.Errorf("%d sets checked, want 44", checked)
	}
}

// TestExactSets pins the sets where one permission more would be a hole.
func TestExactSets(t *testing.T) {
	c := load(t)
	for name, want := range map[string]string{
		"DecisionPointAccess": "bailiwick:decision:evaluate bailiwick:decision:explain bailiwick:decision:search",
		"ProjectManager": "account:project:create account:project:delete account:project:list " +
			"account:project:read account:project:write",
		"ProjectReadOnly": "account:project:list account:project:read",
		"OrganizationReadOnly": "account:organization:read iam:organization:read iam:quota:list " +
			"iam:quota:read",
		"IAMApplicationManager": "iam:api_key:create iam:api_key:delete iam:api_key:get iam:api_key:list " +
			"iam:api_key:read iam:api_key:write iam:application:create iam:application:delete " +
			"iam:application:get iam:application:list iam:application:read iam:application:write",
		"IAMApplicationReadOnly": "iam:api_key:list iam:application:get iam:application:list iam:application:read",
		"IAMUserManager": "iam:grace_period:list iam:mfa_otp:delete iam:user:create iam:user:delete " +
			"iam:user:get iam:user:list iam:user:lock iam:user:read iam:user:update_password iam:user:write " +
			"iam:user_api_key:list iam:webauthn_authenticator:delete iam:webauthn_authenticator:list",
		"IAMUserReadOnly": "iam:grace_period:list iam:user:get iam:user:list iam:user:read iam:user_api_key:list",
		"IAMGroupManager": "iam:group:create iam:group:delete iam:group:get iam:group:list iam:group:read " +
			"iam:group:write iam:group:write_members",
		"AuditTrailReadOnly":     "audit_trail:event:list audit_trail:event:read audit_trail:product:list",
		"AuditTrailExportRead":   "audit_trail:export_job:list audit_trail:export_job:read",
		"AuditTrailExportDelete": "audit_trail:export_job:delete",
		"SecretManagerReadOnly": "secret_manager:secret:list secret_manager:secret:read " +
			"secret_manager:version:list secret_manager:version:read",
		"SecretManagerSecretAccess":          "secret_manager:secret:access",
		"SecretManagerSecretCreate":          "secret_manager:secret:create secret_manager:version:create",
		"SecretManagerSecretDelete":          "secret_manager:secret:delete secret_manager:version:delete",
		"SecretManagerSecretWrite":           "secret_manager:secret:write secret_manager:version:write",
		"SecretManagerSecretRestore":         "secret_manager:secret:restore secret_manager:version:restore",
		"KeyManagerReadOnly":                 "key_manager:algorithm:list key_manager:key:list key_manager:key:read",
		"KeyManagerKeyDecrypt":               "key_manager:key:decrypt",
		"KeyManagerKeyWrite":                 "key_manager:key:write",
		"ObjectStorageObjectsRead":           "storage:object:read",
		"ObjectStorageObjectsWrite":          "storage:object:write",
		"ObjectStorageBucketsDelete":         "storage:bucket:delete",
		"ServerlessSQLDatabaseDataReadWrite": "serverless_sqldb:data:delete serverless_sqldb:data:read serverless_sqldb:data:write",
		"FunctionsPrivateAccess":             "functions:function:invoke",
		"ContainersPrivateAccess":            "containers:container:invoke",
		"GenerativeApisModelAccess":          "generative_apis:model:invoke",
		"KubernetesSystemMastersGroupAccess": "k8s:system_masters_group:access",
		"TransactionalEmailEmailSmtpCreate":  "transactional_email:email:smtp_create",
		"InstancesServerSerialConsoleAccess": "compute:serial_console:access",
		"SSHKeysReadOnly":                    "iam:ssh_key:get iam:ssh_key:list iam:ssh_key:read",
	} {
		if diff := cmp.Diff(strings.Fields(want), mustSet(t, c, name).Permissions); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
