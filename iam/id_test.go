package iam_test

import (
	"regexp"
	"strings"
	"testing"

	"bailiwick/iam"
)

const id = "0a1b2c3d-4e5f-4678-89ab-cdef01234567"

// FuzzParseUUID holds the reader of ids to the form of RFC 9562.
func FuzzParseUUID(f *testing.F) {
	form := regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	for _, text := range []string{
		id, strings.ToUpper(id), "", id[1:], id + "0", "{" + id[1:35] + "}", strings.ReplaceAll(id, "-", ""),
		strings.Repeat("-", 36), strings.Repeat("0", 36), "-" + id[1:], id[:35] + "-", id[:35] + "g", id[:35] + "\n", id[:34] + "é",
	} {
		f.Add(text)
	}
	// Every place with a character of every kind.
	for i := range id {
		for _, c := range "/0:9@AFG`afg-é" {
			f.Add((id[:i] + string(c) + id[i+1:])[:36])
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		want, known := "", form.MatchString(text) && len(text) == 36
		if known {
			want = strings.ToLower(text)
		}
		if got, ok := iam.ParseUUID(text); got != want || ok != known {
			t.Errorf("%q is %q, %v; not %q, %v", text, got, ok, want, known)
		}
	})
}
