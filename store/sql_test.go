package store_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// wholeInstallation are the functions that may name a tenant's table without its tenant.
var wholeInstallation = map[string]string{
	"EachOrganization":    "the decision snapshot is built from all tenants",
	"EachProject":         "as EachOrganization",
	"EachUser":            "as EachOrganization",
	"EachApplication":     "as EachOrganization",
	"EachGroup":           "as EachOrganization",
	"EachPolicy":          "as EachOrganization",
	"EachAPIKey":          "as EachOrganization",
	"EachSession":         "as EachOrganization",
	"fillBlocks":          "as EachOrganization",
	"HoldExpiringKey":     "keys of all tenants expire",
	"HoldLetter":          "letters of all tenants are delivered",
	"HoldWebhook":         "as HoldLetter",
	"HoldExportJob":       "as HoldLetter",
	"AlertsDue":           "the alert rules of all tenants are evaluated",
	"PasskeyByKey":        "who logs in with a passkey names no tenant; the ids of keys are unique on the server",
	"OwnersByEmail":       "who logs in with an e-mail address names no tenant; the answer is the tenant",
	"InvitedToSignUp":     "who signs up has no tenant yet; the answer names none",
	"GuestsOf":            "an account is asked for its places in other organizations; the caller is that account",
	"InvitationsTo":       "an account is asked for the invitations to its proven address",
	"ExpiredInvitations":  "invitations of all tenants expire",
	"Since":               "as Changes",
	"Changes":             "the decision snapshot follows all tenants",
	"PruneChanges":        "as Changes",
	"OrganizationOf":      "the operator names a principal by its id alone; the answer is the tenant",
	"OrganizationByAlias": "an alias names its tenant, and is unique on the server",
	"Organizations":       "the operator lists the tenants",
}

var (
	// A name of a table after FROM, JOIN or UPDATE, and everything up to the next one.
	tableUse = regexp.MustCompile(`(?is)\b(?:FROM|JOIN|UPDATE)\s+([a-z_]+)\b`)
	// That the rows are those of one tenant.
	ofTenant       = regexp.MustCompile(`\borganization_id = (\$1|\w+\.organization_id)`)
	ofOrganization = regexp.MustCompile(`\bWHERE id = \$1`)
	tenantColumn   = regexp.MustCompile(`\borganization_id\s+TEXT\b`)
	createTable    = regexp.MustCompile(`(?s)CREATE TABLE (\w+) \((.*?)\n\)(?: WITHOUT ROWID)?;`)
)

// TestEveryStatementNamesItsTenant reads our own source. An object is only ever looked up,
// changed or listed together with its organization: a statement that left it out would be a
// hole between tenants, however carefully its callers check.
func TestEveryStatementNamesItsTenant(t *testing.T) {
	tables := tenantTables(t)
	if len(tables) < 13 || !tables["events"] || tables["installation"] || tables["revision"] {
		t.Fatalf("tenant tables: %v", tables)
	}
	used := map[string]bool{}
	entries, err := os.ReadDir(".")
	must(t, err)
	statements := 0
	for _, entry := range entries {
		if name := entry.Name(); strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			text, err := os.ReadFile(name)
			must(t, err)
			n, faults := untenanted(t, name, string(text), tables, used)
			statements += n
			for _, fault := range faults {
				t.Error(fault)
			}
		}
	}
	if statements < 60 {
		t.Errorf("only %d uses of tables were found: does this test still see the statements?", statements)
	}
	for function := range wholeInstallation {
		if !used[function] {
			t.Errorf("%s needs no exception any more", function)
		}
	}
}

// TestTheTenantGateSees gives the gate statements that it must refuse.
func TestTheTenantGateSees(t *testing.T) {
	for name, body := range map[string]string{
		"no condition":          `t.row("SELECT name FROM projects")`,
		"by id alone":           `t.row("SELECT name FROM projects WHERE id = $1", id)`,
		"update":                `t.exec("UPDATE projects SET name = $2 WHERE id = $1", id)`,
		"delete":                `t.exec("DELETE FROM projects WHERE id = $1", id)`,
		"put together":          `t.row("SELECT name FROM "+"projects"+" WHERE id = $1", id)`,
		"by a constant":         `const from = "SELECT name FROM projects "; t.row(from+"WHERE id = $1", id)`,
		"in a subquery":         `t.row("SELECT 1 FROM users WHERE organization_id = $1 AND id IN (SELECT id FROM projects)")`,
		"outside of a subquery": `t.row("SELECT 1 FROM users WHERE id IN (SELECT id FROM projects WHERE organization_id = $1)")`,
		"joined":                `t.row("SELECT 1 FROM users JOIN projects ON projects.id = users.id WHERE organization_id = $1")`,
		"only selected":         `t.row("SELECT organization_id FROM projects WHERE id = $1")`,
		"another organization":  `t.row("SELECT 1 FROM organizations WHERE name = $1")`,
		"filter without it":     `var w filter; w.where("id = ?", id); t.queryBuilt("SELECT id FROM projects WHERE "+w.text())`,
		"list without it":       `var w filter; list(t, listQuery{table: "projects", filter: w}, scan)`,
	} {
		source := "package store\nfunc (t *Tx) Hole() {\n" + body + "\n}\n"
		if _, faults := untenanted(t, name, source, tenantTables(t), map[string]bool{}); len(faults) == 0 {
			t.Errorf("%s is not seen: %s", name, body)
		}
	}
}

// tenantTables returns the tables whose rows belong to an organization.
func tenantTables(t *testing.T) map[string]bool {
	t.Helper()
	tables := map[string]bool{"organizations": true}
	entries, err := os.ReadDir("schema")
	must(t, err)
	for _, entry := range entries {
		text, err := os.ReadFile("schema/" + entry.Name())
		must(t, err)
		for _, table := range createTable.FindAllStringSubmatch(string(text), -1) {
			if tenantColumn.MatchString(table[2]) {
				tables[table[1]] = true
			}
		}
	}
	return tables
}

// untenanted returns how many uses of tables a source has, and which lack their tenant.
func untenanted(t *testing.T, name, source string, tables, used map[string]bool) (uses int, faults []string) {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, source, 0)
	must(t, err)
	constants := constantsOf(file)
	for _, declaration := range file.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok || function.Body == nil {
			continue
		}
		body := source[files.Position(function.Pos()).Offset:files.Position(function.End()).Offset]
		filtered := strings.Contains(body, "inOrganization(") || function.Name.Name == "list" || function.Name.Name == "total"
		for _, text := range textsOf(function.Body, constants) {
			for _, fault := range faultsOf(text, filtered, tables, &uses) {
				if wholeInstallation[function.Name.Name] != "" {
					used[function.Name.Name] = true
					continue
				}
				faults = append(faults, name+": "+function.Name.Name+": "+fault)
			}
		}
		if strings.Contains(body, "listQuery{") && !filtered {
			if wholeInstallation[function.Name.Name] == "" {
				faults = append(faults, name+": "+function.Name.Name+": a list without inOrganization")
			}
			used[function.Name.Name] = true
		}
	}
	return uses, faults
}

// faultsOf returns the uses of tenant tables in one text that do not name the tenant. A use
// must name it before the next table is named: that covers each subquery by itself. Where a
// text is completed by a filter, the filter names it.
func faultsOf(text string, filtered bool, tables map[string]bool, uses *int) (faults []string) {
	found := tableUse.FindAllStringSubmatchIndex(text, -1)
	for i, at := range found {
		table := text[at[2]:at[3]]
		if !tables[table] {
			continue
		}
		*uses++
		end := len(text)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		rest := text[at[3]:end]
		_, condition, _ := strings.Cut(rest, "WHERE")
		switch {
		case ofTenant.MatchString(condition):
		case table == "organizations" && ofOrganization.MatchString(rest):
		case filtered && strings.Contains(condition, dynamic):
		default:
			faults = append(faults, "a statement on "+table+" without its organization: "+strings.Join(strings.Fields(text), " "))
		}
	}
	return faults
}

// dynamic stands for the parts of a text that only the running program knows.
const dynamic = "\x00"

// constantsOf returns the texts of the constants of a file.
func constantsOf(file *ast.File) map[string]string {
	constants := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Names) == len(spec.Values) {
			for i, name := range spec.Names {
				constants[name.Name] = textOf(spec.Values[i], constants)
			}
		}
		return true
	})
	return constants
}

// textsOf returns every text in a function, each as long as its parts are added up.
func textsOf(body ast.Node, constants map[string]string) (texts []string) {
	ast.Inspect(body, func(n ast.Node) bool {
		switch e := n.(type) {
		case *ast.BinaryExpr:
			if e.Op == token.ADD {
				texts = append(texts, textOf(e, constants))
				return false
			}
		case *ast.BasicLit:
			texts = append(texts, textOf(e, constants))
		}
		return true
	})
	return texts
}

func textOf(e ast.Expr, constants map[string]string) string {
	switch e := e.(type) {
	case *ast.BinaryExpr:
		return textOf(e.X, constants) + textOf(e.Y, constants)
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		if err != nil || e.Kind != token.STRING {
			return dynamic
		}
		return regexp.MustCompile(`%(\[\d\])?s`).ReplaceAllString(text, dynamic)
	case *ast.Ident:
		if text, ok := constants[e.Name]; ok {
			return text
		}
	case *ast.CallExpr:
		for _, arg := range e.Args { // fmt.Sprintf and the like
			if _, ok := arg.(*ast.BasicLit); ok {
				return textOf(arg, constants)
			}
		}
	}
	return dynamic
}
