package compat

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// caller speaks HTTP without an SDK.
type caller struct {
	t      *testing.T
	url    string
	header http.Header
}

// call sends a request; a nil body sends none.
func (c caller) call(method, path string, body any) answer {
	c.t.Helper()
	if body == nil {
		return c.send(method, path, "", "")
	}
	return c.send(method, path, "application/json", string(must(json.Marshal(body))(c.t)))
}

// send sends a request with a body as it is; an empty content type sends none.
func (c caller) send(method, path, contentType, body string) answer {
	c.t.Helper()
	request := must(http.NewRequestWithContext(c.t.Context(), method, c.url+path, strings.NewReader(body)))(c.t)
	maps.Copy(request.Header, c.header)
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	response := must(http.DefaultClient.Do(request))(c.t)
	defer response.Body.Close()
	return answer{c.t, method + " " + path, response, must(io.ReadAll(response.Body))(c.t)}
}

// get sends a GET request and requires status 200.
func (c caller) get(path string) answer {
	c.t.Helper()
	a := c.call(http.MethodGet, path, nil)
	a.wantStatus(http.StatusOK)
	return a
}

// answer is what came back.
type answer struct {
	t        *testing.T
	request  string
	response *http.Response
	body     []byte
}

// wantStatus requires a status, and what holds for the answers of every status: the one
// Content-Type that the JavaScript SDK takes for JSON, and no body behind 204.
func (a answer) wantStatus(status int) {
	a.t.Helper()
	if a.response.StatusCode != status {
		a.t.Fatalf("%s: status %d, want %d: %s", a.request, a.response.StatusCode, status, a.body)
	}
	equal(a.t, a.request+": Content-Type", a.response.Header.Values("Content-Type"), []string{"application/json"})
	if status == http.StatusNoContent {
		equal(a.t, a.request+": body", string(a.body), "")
		equal(a.t, a.request+": Content-Length", a.response.Header.Get("Content-Length"), "")
	}
}

// decode reads the body into a Go value.
func (a answer) decode(into any) {
	a.t.Helper()
	if err := json.Unmarshal(a.body, into); err != nil {
		a.t.Fatalf("%s: %v: %s", a.request, err, a.body)
	}
}

// object returns the body as a JSON object.
func (a answer) object() object {
	a.t.Helper()
	var o object
	a.decode(&o)
	return o
}

// object is a JSON object whose members are still text, so that null, absent and empty can
// be told apart.
type object map[string]json.RawMessage

// item returns the first object of a list.
func (o object) item(t *testing.T, list string) object {
	t.Helper()
	var items []object
	if err := json.Unmarshal(o[list], &items); err != nil || len(items) == 0 {
		t.Fatalf("%s holds no object: %s (%v)", list, o[list], err)
	}
	return items[0]
}

// wantKeys requires exactly these members, given as one text.
func (o object) wantKeys(t *testing.T, what, keys string) {
	t.Helper()
	want := strings.Fields(keys)
	slices.Sort(want)
	equal(t, what+": members", slices.Sorted(maps.Keys(o)), want)
}

// wantMembers requires that members have these JSON texts.
func (o object) wantMembers(t *testing.T, what string, want map[string]string) {
	t.Helper()
	got := map[string]string{}
	for name := range want {
		got[name] = "absent"
		if text, ok := o[name]; ok {
			got[name] = string(text)
		}
	}
	equal(t, what, got, want)
}

// text returns a member that is a JSON string.
func (o object) text(t *testing.T, name string) string {
	t.Helper()
	var text string
	check(t, json.Unmarshal(o[name], &text))
	return text
}

var timePattern = regexp.MustCompile(`^"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"$`)

// wantTimes requires members that are times in UTC with six decimals.
func (o object) wantTimes(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if !timePattern.Match(o[name]) {
			t.Errorf("%s is %s, want a time in UTC with six decimals", name, o[name])
		}
	}
}

// wantWithout requires that the body does not hold a text.
func (a answer) wantWithout(text string) {
	a.t.Helper()
	if bytes.Contains(a.body, []byte(text)) {
		a.t.Errorf("%s: %q is in the answer: %s", a.request, text, a.body)
	}
}
