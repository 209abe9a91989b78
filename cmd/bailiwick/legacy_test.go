package main

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"bailiwick/iam"
)

// The name of a project's application fits, whatever that of the project is.
func TestProjectApplication(t *testing.T) {
	const id = "6170692e-7363-4616-8765-6c652e636f6d"
	for name, want := range map[string]string{
		"shop":                           "Project - shop (" + id + ")",
		"fourteen signs":                 "Project - fourteen signs (" + id + ")",
		"fourteen chars and more":        "Project - fourteen chars (" + id + ")",
		"thirteen sign and more":         "Project - thirteen sign (" + id + ")",
		strings.Repeat("x", iam.MaxName): "Project - " + strings.Repeat("x", 15) + " (" + id + ")",
	} {
		got := projectApplication(name, id)
		if d := cmp.Diff(want, got); d != "" && len(name) < 20 {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
		var v iam.Validator
		if v.Name("name", got); v.Err() != nil {
			t.Errorf("%q: %v", got, v.Err())
		}
	}
}

// Whatever a file holds, it is read whole or refused with the line of each fault.
func FuzzParseLegacy(f *testing.F) {
	for _, seed := range []string{
		`{"users":[{"email":"a@example.com","role":"admin"}],"projects":[{"name":"p","api_keys":[{"description":"d"}]}]}`,
		`{"users":[{"email":"a@example.com","role":"admin","role":"editor"}],"x":1}`, `{}`, `[]`, `{"users":[[[[[[[[[[]]]]]]]]]]}`, "{\"users\":\n[", `{} {}`, `{"users":null}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var wrong faults
		file := parseLegacy("f.json", []byte(text), &wrong)
		for _, fault := range wrong {
			if !strings.HasPrefix(fault, "f.json:") || strings.Contains(fault, "\n") || !utf8.ValidString(fault) && utf8.ValidString(text) {
				t.Errorf("fault %q", fault)
			}
		}
		if len(wrong) > 0 {
			return
		}
		for _, u := range file.users {
			if _, known := legacyRoles()[u.role]; !known || u.email == "" || u.username == "" {
				t.Errorf("user %+v", u)
			}
		}
		for _, p := range file.projects {
			if p.name == "" {
				t.Errorf("project %+v", p)
			}
		}
	})
}
