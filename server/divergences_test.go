package server_test

import (
	"encoding/csv"
	"os"
	"regexp"
	"strings"
	"testing"

	"bailiwick/server"
)

// TestDivergencesNameWhatIsMissing: what answers 501 is said where users look for it.
func TestDivergencesNameWhatIsMissing(t *testing.T) {
	text, err := os.ReadFile("../docs/divergences.md")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]string{ // what the page calls each family of operations
		"MFAOTP": "MFA", "WebAuthn": "WebAuthn", "Connection": "connections", "GracePeriods": "grace periods", "JWT": "JWTs",
		"Saml": "SAML", "Scim": "SCIM", "ContractSignature": "contract signatures", "SetProjectQualification": "SetProjectQualification",
		"DeleteProjectWithResources": "DeleteProjectWithResources",
	}
	for _, line := range server.Lines() {
		if line.Implemented || strings.HasPrefix(line.Path, "/audit-trail/") {
			continue
		}
		said := false
		for family, name := range named {
			said = said || strings.Contains(line.Name, family) && strings.Contains(string(text), name)
		}
		if !said {
			t.Errorf("%s answers 501, and docs/divergences.md does not say so", line.Name)
		}
	}
}

// Every operation of the published API on users, organizations and sessions is served: what answers 501 is
// about SAML, SCIM, contracts, or projects.
func TestPeopleAreServed(t *testing.T) {
	file, err := os.Open("testdata/endpoints.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	served := map[string]bool{}
	for _, line := range server.Lines() {
		served[line.Method+" "+line.Path] = line.Implemented
	}
	elsewhere := regexp.MustCompile(`(?i)saml|scim|contract|SetProjectQualification|DeleteProjectWithResources`)
	others, checked := 0, 0
	for _, row := range rows[1:] {
		group, method, path, name := row[0], row[1], row[2], row[3]
		switch {
		case group == "audit_trail" || strings.HasPrefix(path, "/audit-trail/"):
		case elsewhere.MatchString(name + path):
			others++
		case !served[method+" "+path]:
			t.Errorf("%s (%s %s) answers 501", name, method, path)
		default:
			checked++
		}
	}
	if checked != 74 || others != 22 {
		t.Errorf("%d operations are served, %d are of other subjects", checked, others)
	}
}
