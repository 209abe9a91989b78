package catalog_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bailiwick/catalog"
)

// library is a service that the bad files build on.
const library = `services:
  - name: library
    resources:
      - {name: record, actions: [list, read]}
`

var badFiles = []struct {
	name, source string
	want         []string // without the path of the file
}{
	{"empty", "", []string{": is empty"}},
	{"only a comment", "# nothing\n", []string{": is empty"}},
	{"not UTF-8", "services: [\xff]\n", []string{": is not valid UTF-8"}},
	{"not YAML", "services: [a\n", []string{": line 1: is not YAML: sequence end token ']' not found"}},
	{"a list", "- services\n", []string{": line 1: a catalogue file must be a mapping of keys to values"}},
	{"two documents", library + "---\n" + library, []string{": line 6: only one YAML document is allowed in a file"}},
	{
		"unknown keys at every level",
		`services:
  - name: library
    colour: red
    resources:
      - {name: record, actions: [list], scope: all}
permission_sets:
  - name: LibraryReadOnly
    scope_type: projects
    deny: true
    permissions: ["library:record:list"]
unassigned:
  - {permission: "library:record:list", reason: none, until: 2030}
rules: []
`,
		[]string{
			`: line 3: a service has no key "colour" (known: name, resources, title)`,
			`: line 5: a resource has no key "scope" (known: actions, alias, attributes, name)`,
			`: line 9: a permission set has no key "deny" (known: categories, category, description, name, permissions, scope_type)`,
			`: line 10: permission set LibraryReadOnly: permission library:record:list cannot be in a set: unassigned, "none"`,
			`: line 12: an entry of unassigned has no key "until" (known: permission, reason)`,
			`: line 13: a catalogue file has no key "rules" (known: permission_sets, services, unassigned)`,
		},
	},
	{
		"repeated key", library + "services: []\n",
		[]string{`: line 5: a catalogue file has the key "services" twice`},
	},
	{
		"wrong types",
		`services:
  - name: [library]
    resources: {}
  - library
permission_sets:
  - name: 12
    scope_type: true
    permissions: library
  - {name: A1, scope_type: projects, permissions: [~, 7, ""]}
`,
		[]string{
			": line 2: name must be text",
			": line 3: resources must be a list",
			": line 4: a service must be a mapping of keys to values",
			": line 4: service has no name",
			": line 6: name must be text",
			": line 7: scope_type must be text",
			": line 8: permissions must be a list",
			": line 9: an entry of permissions must be text",
			": line 9: an entry of permissions must be text",
			": line 9: an entry of permissions is empty",
		},
	},
	{
		"attributes", "services:\n  - {name: s, resources: [{name: r, actions: [a], attributes: yes please}]}\n",
		[]string{": line 2: attributes must be true or false"},
	},
	{
		"anchors and merge keys", "services:\n  - &s {name: s, resources: [{name: r, actions: [a]}]}\n  - *s\n  - {<<: *s}\n",
		[]string{
			": line 2: a service must be a mapping of keys to values",
			": line 2: service has no name",
			": line 3: a service must be a mapping of keys to values",
			": line 3: service has no name",
			": line 4: a service has a key that is not plain text",
			": line 4: service has no name",
		},
	},
	{
		"bad names",
		`services:
  - name: Library
  - name: lib-rary
    resources:
      - {name: record, actions: [list]}
  - name: library
    resources:
      - {name: 1record, actions: [list]}
      - {name: record, alias: "library:record", actions: [Read, "read!", "*", list]}
permission_sets:
  - {name: libraryReadOnly, scope_type: projects, permissions: ["library:record:list"]}
  - {name: Library ReadOnly, scope_type: projects, permissions: ["library:record:list"]}
`,
		[]string{
			`: line 2: service name "Library" does not match ^[a-z][a-z0-9_]*$`,
			`: line 3: service name "lib-rary" does not match ^[a-z][a-z0-9_]*$`,
			`: line 8: resource name "1record" does not match ^[a-z][a-z0-9_]*$`,
			`: line 9: alias name "library:record" does not match ^[a-z][a-z0-9_]*$`,
			`: line 9: action name "Read" does not match ^[a-z][a-z0-9_]*$`,
			`: line 9: action name "read!" does not match ^[a-z][a-z0-9_]*$`,
			`: line 9: action name "*" does not match ^[a-z][a-z0-9_]*$`,
			`: line 11: permission set name "libraryReadOnly" does not match ^[A-Z][A-Za-z0-9]+$`,
			`: line 12: permission set name "Library ReadOnly" does not match ^[A-Z][A-Za-z0-9]+$`,
		},
	},
	{
		"duplicates",
		`services:
  - name: library
    resources:
      - {name: record, alias: record, actions: [list, read, list]}
      - {name: record, actions: [list]}
      - {name: shelf, alias: record, actions: [list]}
  - name: library
    resources:
      - {name: book, actions: [list]}
permission_sets:
  - {name: LibraryRead, scope_type: projects, permissions: ["library:record:list", "library:record:list"]}
  - {name: LibraryRead, scope_type: projects, permissions: ["library:*:*"]}
unassigned:
  - {permission: "library:record:read", reason: nobody}
  - {permission: "library:record:read", reason: nobody}
`,
		[]string{
			`: line 4: resource library:record has the action list twice`,
			`: line 5: resource library:record is already defined (FILE, line 4)`,
			`: line 6: alias record is already defined (FILE, line 4)`,
			`: line 7: service library is already defined (FILE, line 2)`,
			`: line 11: permission set LibraryRead has "library:record:list" twice`,
			`: line 12: permission set LibraryRead is already defined (FILE, line 11)`,
			`: line 15: unassigned permission library:record:read is already defined (FILE, line 14)`,
		},
	},
	{
		"against the built-in catalogue",
		`services:
  - name: iam
    resources:
      - {name: backdoor, actions: [open]}
permission_sets:
  - {name: IAMManager, scope_type: projects, permissions: ["compute:*:*"]}
  - {name: Closer, scope_type: organization, permissions: ["account:organization:close"]}
unassigned:
  - {permission: "iam:policy:write", reason: mine}
`,
		[]string{
			`: line 2: service iam is built in and cannot be extended or replaced`,
			`: line 6: permission set IAMManager is already defined (built-in iam.yaml)`,
			`: line 7: permission set Closer: permission account:organization:close cannot be in a set: unassigned, "only the owner closes an organization; no permission set grants it"`,
			`: line 9: unassigned: permission iam:policy:write is built in`,
		},
	},
	{
		"empty services and resources",
		"services:\n  - {name: library}\n  - {name: lib2, resources: [{name: record}]}\n  - {resources: []}\n",
		[]string{
			": line 2: service library has no resources",
			": line 3: resource lib2:record has no actions",
			": line 4: service has no name",
		},
	},
	{
		"bad sets",
		library + `permission_sets:
  - {name: NoScope, permissions: ["library:record:read"]}
  - {name: BadScope, scope_type: account_root_user, permissions: ["library:record:read"]}
  - {name: NoPermissions, scope_type: projects}
  - {name: EmptyPermissions, scope_type: projects, permissions: []}
  - {scope_type: projects, permissions: ["library:record:read"]}
  - {name: TwoCategories, scope_type: projects, category: A, categories: [B], permissions: ["library:record:read"]}
  - name: Unknown
    scope_type: projects
    permissions:
      - "library:record:write"
      - "library:record"
      - "library:record:read:x"
      - "*:*:*"
      - "*:record:read"
      - "shop:*:*"
      - "library:book:*"
      - "library:*:write"
      - "library:rec*:read"
`,
		[]string{
			": line 6: permission set NoScope has no scope_type (projects or organization)",
			`: line 7: permission set BadScope: unknown scope_type "account_root_user" (projects or organization)`,
			": line 8: permission set NoPermissions has no permissions",
			": line 9: permission set EmptyPermissions has no permissions",
			": line 10: permission set has no name",
			": line 11: permission set TwoCategories has both category and categories",
			`: line 15: permission set Unknown: unknown permission "library:record:write"`,
			`: line 16: permission set Unknown: "library:record" is not of the form service:name:action`,
			`: line 17: permission set Unknown: "library:record:read:x" is not of the form service:name:action`,
			`: line 18: permission set Unknown: "*:*:*": the service cannot be *`,
			`: line 19: permission set Unknown: "*:record:read": the service cannot be *`,
			`: line 20: permission set Unknown: "shop:*:*": unknown service "shop"`,
			`: line 21: permission set Unknown: "library:book:*" matches no permission`,
			`: line 22: permission set Unknown: "library:*:write" matches no permission`,
			`: line 23: permission set Unknown: unknown permission "library:rec*:read"`,
		},
	},
	{
		"bad unassigned",
		library + `unassigned:
  - {reason: none}
  - {permission: "library:record:write", reason: none}
  - {permission: "library:record:read"}
  - {permission: "", reason: none}
`,
		[]string{
			": line 6: an entry of unassigned has no permission",
			`: line 7: unassigned: unknown permission "library:record:write"`,
			": line 8: unassigned: permission library:record:read has no reason",
			": line 9: permission is empty",
		},
	},
}

func TestBadFiles(t *testing.T) {
	for _, test := range badFiles {
		t.Run(test.name, func(t *testing.T) {
			file := write(t, t.TempDir(), "bad.yaml", test.source)
			c, err := catalog.Load(filepath.Dir(file))
			if err == nil || c != nil {
				t.Fatalf("Load = %v, %v; want only an error", c, err)
			}
			var want []string
			for _, line := range test.want {
				want = append(want, file+strings.ReplaceAll(line, "FILE", file))
			}
			if diff := cmp.Diff(want, lines(err)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

// TestBadDirectories: all directories are read before the error comes, in order.
func TestBadDirectories(t *testing.T) {
	root := t.TempDir()
	dir := func(name string) string {
		path := filepath.Join(root, name)
		if err := os.Mkdir(path, 0o755); err != nil {
			t.Fatal(err)
		}
		return path
	}
	empty, short, good, again, folder := dir("empty"), dir("short"), dir("good"), dir("again"), dir("folder")
	write(t, empty, "README.md", "nothing here")
	write(t, short, "library.yml", library)
	first := write(t, good, "library.yaml", library)
	second := write(t, again, "library.yaml", library)
	dir("folder/x.yaml")
	_, err := catalog.Load(empty, filepath.Join(root, "none"), short, good, again, folder, first)
	want := []string{
		empty + ": holds no *.yaml file",
		root + "/none: cannot be read: no such file or directory",
		short + "/library.yml: is not read: rename it to library.yaml",
		second + ": line 2: service library is already defined (" + first + ", line 2)",
		folder + "/x.yaml: cannot be read: is a directory",
		first + ": cannot be read: not a directory",
	}
	if diff := cmp.Diff(want, lines(err)); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

// TestOperatorSets: what an operator may do with the built-in catalogue, and block texts.
func TestOperatorSets(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.yaml", `permission_sets:
  - name: Deployer
    scope_type: projects
    categories: [Own, Shared]
    description: |
      Restart servers,
      read the library
    permissions:
      - "compute:servers:start"
      - "compute:servers:stop"
      - "library:record:*"
      - "iam:user_api_key:*"
`)
	write(t, dir, "b.yaml", library+`      - {name: shelf, actions: [read]}
unassigned:
  - {permission: "library:record:read", reason: rare books}
`)
	c := load(t, dir)
	set := mustSet(t, c, "Deployer")
	want := []string{
		"compute:servers:start", "compute:servers:stop",
		"iam:user_api_key:delete", "iam:user_api_key:get", "iam:user_api_key:list", "iam:user_api_key:read",
		"iam:user_api_key:write", "library:record:list",
	}
	if diff := cmp.Diff(want, set.Permissions); diff != "" {
		t.Errorf("permissions (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Own", "Shared"}, set.Categories); diff != "" {
		t.Errorf("categories (-want +got):\n%s", diff)
	}
	if set.Description != "Restart servers,\nread the library" {
		t.Errorf("description = %q", set.Description)
	}
	if reason, ok := c.Unassigned("library:record:read"); !ok || reason != "rare books" {
		t.Errorf("Unassigned = %q, %v", reason, ok)
	}
}

// TestAttributesOfSets: one permission of a resource without attributes takes them away,
// because a condition of a rule must make sense for all that the rule grants.
func TestAttributesOfSets(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.yaml", `services:
  - name: library
    resources:
      - {name: record, actions: [list, read], attributes: true}
      - {name: loan, actions: [read], attributes: true}
      - {name: shelf, actions: [read]}
permission_sets:
  - {name: Records, scope_type: projects, permissions: ["library:record:*"]}
  - {name: RecordsAndLoans, scope_type: projects, permissions: ["library:record:read", "library:loan:read"]}
  - {name: Shelves, scope_type: projects, permissions: ["library:shelf:read"]}
  - {name: Library, scope_type: projects, permissions: ["library:*:*"]}
  - {name: RecordsAndServers, scope_type: projects, permissions: ["library:record:read", "compute:servers:start"]}
`)
	var got []string
	for _, set := range load(t, dir).Sets() {
		if set.Attributes {
			got = append(got, set.Name)
		}
	}
	if diff := cmp.Diff([]string{"Records", "RecordsAndLoans"}, got); diff != "" {
		t.Errorf("sets with attributes (-want +got):\n%s", diff)
	}
}

// TestDocumentedForm loads the example of the documentation.
func TestDocumentedForm(t *testing.T) {
	page, err := os.ReadFile("../docs/catalogue.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```yaml\n")
	form, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("no example in the documentation")
	}
	dir := t.TempDir()
	write(t, dir, "form.yaml", form)
	set := mustSet(t, load(t, dir), "LibraryReadOnly")
	if diff := cmp.Diff([]string{"library:record:list", "library:record:read"}, set.Permissions); diff != "" {
		t.Errorf("permissions (-want +got):\n%s", diff)
	}
}

func write(t *testing.T, dir, name, source string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func lines(err error) []string {
	if err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}
