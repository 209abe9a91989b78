package store

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The words and functions of SQL that this program uses. All of them are in SQLite from 3.39
// on and in PostgreSQL from 12 on, and, as their documentation has it, in CockroachDB and
// YugabyteDB (which were not run here). What a new statement adds must be looked up there
// first, and then stand here.
const (
	sqlWords = `ADD ALTER AND AS BIGINT BOOLEAN BY BYTEA CASE CAST COALESCE COLUMN CONFLICT COUNT CREATE CROSS DEFAULT DELETE
		DESC DISTINCT DO DROP ELSE END ESCAPE EXISTS FALSE FOREIGN FROM GROUP IN INDEX INSERT INTO JOIN KEY LEFT LIKE LIMIT MAX NOT
		NOTHING NULL OFFSET ON OR ORDER OVER PARTITION PRIMARY REFERENCES RELEASE RENAME RETURNING ROLLBACK SAVEPOINT SELECT
		SET TABLE TEXT THEN TO UNIQUE UPDATE VALUES VARCHAR WHEN WHERE`
	sqlFunctions = `current_schema current_setting has_schema_privilege lower substr`
	// sqlEmbedded is only said to the embedded engine; the schema says WITHOUT ROWID to no other.
	sqlEmbedded = `ROWID WITHOUT group_concat pragma_index_info pragma_index_list`
	// sqlOptional is only said to engines that have been found to have it, and nothing depends on it.
	sqlOptional = `LISTEN pg_notify`
)

// sqlAbsent are words that some engine does not know, or knows otherwise, so that they must
// not come: locks of sessions and tables, sequences, what only PostgreSQL has.
var sqlAbsent = regexp.MustCompile(`(?i)pg_(try_)?advisory|\b(BIG)?SERIAL\b|\bIDENTITY\b|\bnextval\b|\bLOCK TABLE\b|\bFOR (UPDATE|SHARE)\b|\bSERIALIZABLE\b|\bCREATE (TYPE|TRIGGER|FUNCTION|EXTENSION|TEMP)|\bILIKE\b|::|\bJSONB?\b|\bARRAY\b|\bANY\(|\bxmin\b|\bctid\b|\bMERGE INTO\b|\bON CONFLICT ON CONSTRAINT\b`)

var (
	sqlStatement = regexp.MustCompile(`\b(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|FROM|WHERE|ORDER BY|VALUES|SET|LISTEN|SAVEPOINT|ROLLBACK|RELEASE|ON CONFLICT|RETURNING)\b`)
	sqlQuoted    = regexp.MustCompile(`'[^']*'`)
	sqlWord      = regexp.MustCompile(`\b[A-Z][A-Z_]+\b`)
	sqlFunction  = regexp.MustCompile(`\b([a-z_]+|[A-Z]+)\(`)
)

// statements returns the texts of the package and of the schema that hold SQL.
func statements(t *testing.T) (texts []string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				if text, err := strconv.Unquote(literal.Value); err == nil && sqlStatement.MatchString(text) {
					texts = append(texts, text)
				}
			}
			return true
		})
	}
	files, err = filepath.Glob("schema/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, regexp.MustCompile(`--.*`).ReplaceAllString(string(text), ""))
	}
	return texts
}

// TestStatementsStayInTheCommonSubset lists what of SQL is used, and refuses what is not in
// all engines that an installation may run on.
func TestStatementsStayInTheCommonSubset(t *testing.T) {
	words, functions := map[string]bool{}, map[string]bool{}
	for _, text := range statements(t) {
		if found := sqlAbsent.FindString(sqlQuoted.ReplaceAllString(text, "''")); found != "" {
			t.Errorf("%q is not in all engines: %s", found, text)
		}
		text = sqlQuoted.ReplaceAllString(text, "''")
		for _, word := range sqlWord.FindAllString(text, -1) {
			words[word] = true
		}
		for _, call := range sqlFunction.FindAllStringSubmatch(text, -1) {
			functions[strings.ToLower(call[1])] = true
		}
	}
	if len(words) < 50 {
		t.Fatalf("only %d words were found: does this test still see the statements?", len(words))
	}
	for word := range words {
		delete(functions, strings.ToLower(word)) // IN (, VALUES (
	}
	maps.Copy(words, functions)
	listed := strings.Fields(sqlWords + " " + sqlFunctions + " " + sqlEmbedded + " " + sqlOptional)
	slices.Sort(listed)
	if diff := cmp.Diff(listed, slices.Sorted(maps.Keys(words))); diff != "" {
		t.Errorf("words and functions of SQL (-listed +used):\n%s", diff)
	}
}

// TestTheSubsetGateSees gives the gate what it must refuse.
func TestTheSubsetGateSees(t *testing.T) {
	for _, text := range []string{"SELECT pg_advisory_lock(1)", "SELECT 1 FROM users FOR UPDATE", "CREATE TABLE a (id BIGSERIAL)", "SELECT a::text", "LOCK TABLE users"} {
		if !sqlAbsent.MatchString(text) {
			t.Errorf("not seen: %s", text)
		}
	}
}
