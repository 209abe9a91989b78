package server_test

import (
	"fmt"
	"testing"
)

// Conditions see the same properties, however a question is written: plainly, or with a member
// that is ignored, which only the library reads.
func TestPropertiesReachConditions(t *testing.T) {
	c := newCertification(t)
	e := &edge{Kit: c.Kit, url: c.url}
	for _, one := range []struct {
		resource, properties string
		want                 bool
	}{
		{"elsewhere", `,"properties":{"status":"active","name":"a"}`, true},
		{"elsewhere", `,"properties":{"name":"a","status":"archived"}`, false},
		{"elsewhere", `,"properties":{"name":"a"}`, false},
		{"elsewhere", `,"properties":{}`, false},
		{"elsewhere", ``, false},
		{"*", `,"properties":{"status":"active"}`, true},
		{"record-1", ``, true},
		{"record-1", `,"properties":{"status":"archived"}`, false},
		{"record-2", ``, false},
		{"record-2", `,"properties":{"status":"active"}`, true},
	} {
		for _, ignored := range []string{``, `,"ignored":1`} {
			question := c.names.Replace(fmt.Sprintf(`{"subject":{"type":"user","id":"alice"},"action":{"name":"write"},"resource":{"type":"record","id":%q%s}%s}`,
				one.resource, one.properties, ignored))
			for path, body := range map[string]string{
				"/access/v1/evaluation":  question,
				"/access/v1/evaluations": `{"evaluations":[` + question + `]}`,
			} {
				want := fmt.Sprintf(`{"decision":%v,`, one.want)
				if path == "/access/v1/evaluations" {
					want = `{"evaluations":[` + want
				}
				got := e.send(t, "POST", path, body, "X-Auth-Token", c.secret)
				if got.status != 200 || len(got.body) < len(want) || got.body[:len(want)] != want {
					t.Errorf("%s %s: %d %s, want %s", path, body, got.status, got.body, want)
				}
			}
		}
	}
}
