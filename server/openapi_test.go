package server_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"testing"
)

func TestOpenAPI(t *testing.T) {
	e := start(t)
	got := e.send(t, "GET", "/openapi.json", "")
	var document struct {
		OpenAPI string `json:"openapi"`
		Paths   map[string]map[string]struct {
			OperationID string         `json:"operationId"`
			Responses   map[string]any `json:"responses"`
		} `json:"paths"`
		Components struct {
			Schemas map[string]map[string]any `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal([]byte(got.body), &document); err != nil || got.status != 200 || document.OpenAPI != "3.1.0" {
		t.Fatalf("%d %v", got.status, err)
	}
	var ids []string
	for path, item := range document.Paths {
		for method, op := range item {
			ids = append(ids, op.OperationID)
			if len(op.Responses) != 2 {
				t.Errorf("%s %s has %d responses", method, path, len(op.Responses))
			}
		}
	}
	slices.Sort(ids)
	if n := len(ids); n < 125 || len(slices.Compact(ids)) != n {
		t.Errorf("%d operations, some twice", n)
	}
	for _, reference := range regexp.MustCompile(`"#/components/schemas/([^"]+)"`).FindAllStringSubmatch(got.body, -1) {
		if document.Components.Schemas[reference[1]] == nil {
			t.Errorf("schema %s is referred to and missing", reference[1])
		}
	}
	policy := document.Components.Schemas["iam.v1alpha1.Policy"]
	if policy["type"] != "object" || policy["properties"].(map[string]any)["organization_id"].(map[string]any)["format"] != "uuid" {
		t.Errorf("policy: %v", policy)
	}
}
