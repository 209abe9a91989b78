package server_test

import (
	"os"
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
