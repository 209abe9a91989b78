package server

import (
	"reflect"
	"slices"
	"testing"
)

// TestBridgeGivesNoTokens: what the bridge leaves out is what has no session for a caller, or
// answers with a token of one. A new operation that does is found by its answer.
func TestBridgeGivesNoTokens(t *testing.T) {
	var closed []string
	for _, op := range table() {
		if op.Access != accessPrincipal && op.Access != accessEither {
			if bridgeable(op) {
				t.Errorf("%s takes no principal, and is on the bridge", op.Name)
			}
			continue
		}
		if !bridgeable(op) {
			closed = append(closed, op.Name)
		}
		if op.Endpoint.out == nil || !bridgeable(op) {
			continue
		}
		for i := range op.Endpoint.out.NumField() {
			if name := op.Endpoint.out.Field(i).Name; slices.Contains([]string{"RenewToken", "JWT", "Session"}, name) {
				t.Errorf("%s answers with %s, and is on the bridge", op.Name, name)
			}
		}
	}
	slices.Sort(closed)
	if want := []string{"CreateJWT", "LoginSwitch"}; !slices.Equal(closed, want) {
		t.Errorf("not on the bridge: %v, want %v", closed, want)
	}
	if givesSession(reflect.TypeFor[string]()) || !givesSession(reflect.TypeFor[*struct{ RenewToken string }]()) {
		t.Error("a token of a session is not recognized")
	}
}
