package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"bailiwick/authority"
	"bailiwick/bailiwicktest"
	"bailiwick/iam"
	"bailiwick/server"
)

// forwarders are headers by which proxies and networks of delivery name a client.
func forwarders() []string {
	return []string{
		"X-Forwarded-For", "Forwarded", "X-Real-IP", "True-Client-IP", "CF-Connecting-IP", "X-Client-IP", "X-Cluster-Client-IP",
		"Fastly-Client-IP", "X-Forwarded", "Forwarded-For", "X-Original-Forwarded-For", "X-Azure-ClientIP", "X-Envoy-External-Address",
	}
}

// named is an address in such a header, and what X-Forwarded-For makes of it behind the trusted proxy
// 127.0.0.1.
type named struct{ value, behindProxy string }

func names() []named {
	return []named{
		{"203.0.113.9", "203.0.113.9"},
		{" 203.0.113.9 ", "203.0.113.9"},
		{"203.0.113.9, 127.0.0.1", "203.0.113.9"},
		{"127.0.0.1, 203.0.113.9", "203.0.113.9"},
		{"192.0.2.1,203.0.113.9", "203.0.113.9"},
		{"::ffff:203.0.113.9", "203.0.113.9"},
		{"::ffff:cb00:7109", "203.0.113.9"},
		{"2001:db8::9", "2001:db8::9"},
		{"2001:DB8:0:0:0:0:0:9", "2001:db8::9"},
		{"fe80::1%eth0", "fe80::1"},
		{"::1", "::1"},
		{"for=203.0.113.9", "127.0.0.1"},
		{`for="[2001:db8::9]:80";proto=https;by=127.0.0.1`, "127.0.0.1"},
		{"203.0.113.9:443", "127.0.0.1"},
		{"[2001:db8::9]", "127.0.0.1"},
		{"203.0.113.009", "127.0.0.1"},
		{"0xcb007109", "127.0.0.1"},
		{"3405803785", "127.0.0.1"},
		{"unknown", "127.0.0.1"},
		{"203.0.113.9, unknown", "127.0.0.1"},
		{"", "127.0.0.1"},
		{"127.0.0.1", "127.0.0.1"},
	}
}

// disguise is a set of headers, and the address that they may name behind the proxy.
type disguise struct {
	headers []string
	want    string
}

// disguises are each header with each address, each address twice, and one in all headers at once.
func disguises() (all []disguise) {
	for _, n := range names() {
		for _, h := range forwarders() {
			d := disguise{[]string{h, n.value}, "127.0.0.1"}
			if h == "X-Forwarded-For" {
				d.want = n.behindProxy
			}
			all = append(all, d)
		}
		all = append(all, disguise{[]string{"X-Forwarded-For", "192.0.2.77", "X-Forwarded-For", n.value}, lastOf(n, "192.0.2.77")})
	}
	everywhere := disguise{nil, "203.0.113.9"}
	for _, h := range forwarders() {
		everywhere.headers = append(everywhere.headers, h, "203.0.113.9")
	}
	return append(all, everywhere)
}

// lastOf is the address of two lines: the second one, unless that names proxies only.
func lastOf(n named, first string) string {
	if n.value == "127.0.0.1" {
		return first
	}
	return n.behindProxy
}

// visitors is a server for strangers at 127.0.0.1, at which time stands still.
type visitors struct {
	*edge
	org string
}

func newVisitors(t *testing.T, trusted ...netip.Prefix) *visitors {
	t.Helper()
	c := newClock()
	v := &visitors{edge: startWith(t, bailiwicktest.Options{SignUp: iam.SignUpOpen, Clock: c.now}, trusted...)}
	v.org = string(v.First.Organization.ID)
	return v
}

// sources are the addresses in the events of logins.
func (v *visitors) sources(t *testing.T) map[string]int {
	t.Helper()
	all, err := v.Store.Read(t.Context()).AuthenticationEvents(iam.AuthenticationEventFilter{OrganizationID: v.First.Organization.ID, Size: 1000})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, e := range all {
		found[e.SourceIP]++
	}
	return found
}

// Whatever a stranger writes into the headers by which proxies name clients, it is who it is: in keys,
// sessions, conditions, the trail and the events of logins, and for every budget.
func TestDisguises(t *testing.T) {
	v := newVisitors(t)
	owner := v.AsOwner(t)
	app := owner.MustCreateApplication("ci")
	owner.MustCreatePolicy("p", app.ID.Principal(), bailiwicktest.If(`request.ip != "127.0.0.1"`, bailiwicktest.Everywhere(v.First.Organization.ID, "IAMReadOnly")))
	secret := owner.MustCreateAPIKey(app.ID.Principal()).SecretKey
	for _, d := range disguises() {
		got := v.send(t, "POST", "/iam/v1alpha1/api-keys", `{"user_id":"`+string(v.First.Owner.ID)+`"}`, append(v.owner(), d.headers...)...)
		if !strings.Contains(got.body, `"creation_ip":"127.0.0.1"`) {
			t.Errorf("%q: a key of %s", d.headers, got.body)
		}
		if got := v.send(t, "GET", "/iam/v1alpha1/users", "", append([]string{"X-Auth-Token", secret}, d.headers...)...); got.status != 403 {
			t.Errorf("%q: a condition is met: %d", d.headers, got.status)
		}
		got = v.send(t, "POST", "/bailiwick/v1/login/password", fmt.Sprintf(`{"email":%q,"password":"a guess"}`, bailiwicktest.OwnerEmail), d.headers...)
		if got.status != 401 {
			t.Errorf("%q: %d %s", d.headers, got.status, got.body)
		}
	}
	right := fmt.Sprintf(`{"email":%q,"password":"correct horse battery staple"}`, bailiwicktest.OwnerEmail)
	if got := v.send(t, "POST", "/bailiwick/v1/login/password", right, "X-Forwarded-For", "203.0.113.9"); got.status != 401 {
		t.Errorf("the budget of the network goes on in disguise: %d", got.status)
	}
	v.formIn(t, "X-Forwarded-For", "203.0.113.9", "X-Real-IP", "203.0.113.9")
	if s := v.sources(t); len(s) != 1 || s["127.0.0.1"] != len(disguises())+2 {
		t.Errorf("addresses in the events of logins: %v", s)
	}
	got := v.send(t, "GET", "/audit-trail/v1alpha1/regions/fr-par/events?page_size=100&organization_id="+v.org, "", v.owner()...)
	var page struct {
		Events []struct {
			Method string `json:"method_name"`
			IP     string `json:"source_ip"`
		}
	}
	if err := json.Unmarshal([]byte(got.body), &page); err != nil || len(page.Events) != 100 {
		t.Fatalf("%d events, %v", len(page.Events), err)
	}
	for _, e := range page.Events {
		if e.IP != "127.0.0.1" {
			t.Errorf("the trail says %s of %s", e.IP, e.Method)
		}
	}
}

// formIn sends the form of the page to log in.
func (v *visitors) formIn(t *testing.T, headers ...string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	send := func(method string, form url.Values) string {
		r, err := http.NewRequest(method, v.url+map[string]string{"GET": "/login", "POST": "/login/password"}[method], strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for i := 0; i < len(headers); i += 2 {
			r.Header.Add(headers[i], headers[i+1])
		}
		response, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		var text strings.Builder
		if err := response.Write(&text); err != nil {
			t.Fatal(err)
		}
		return text.String()
	}
	token := regexp.MustCompile(`name="csrf" value="([^"]+)"`).FindStringSubmatch(send("GET", nil))
	if token == nil {
		t.Fatal("the page has no form")
	}
	if got := send("POST", url.Values{"csrf": {token[1]}, "email": {bailiwicktest.OwnerEmail}, "organization": {v.org}, "username": {bailiwicktest.OwnerEmail}, "password": {"a guess"}}); !strings.Contains(got, " 401 ") {
		t.Errorf("the form: %s", got)
	}
}

// Nobody escapes the suspicion of a password by the address of who has it, nor the bound of letters of a
// network by many addresses.
func TestDisguisedStrangers(t *testing.T) {
	v := newVisitors(t)
	ann, err := v.AsOwner(t).CreateUser(iam.NewMember{Username: "ann", Email: "ann@example.com", Password: annsPassword})
	if err != nil {
		t.Fatal(err)
	}
	home := v.AsOwner(t).From("198.51.100.7", "at home").Call("GetUser")
	if _, err := v.Authority.LoginWithPassword(t.Context(), home, authority.PasswordLogin{Organization: v.org, Username: "ann", Password: annsPassword}); err != nil {
		t.Fatal(err)
	}
	for _, h := range forwarders()[:4] {
		if got := v.send(t, "POST", "/bailiwick/v1/login/password", fmt.Sprintf(`{"organization":%q,"username":"ann","password":"a guess"}`, v.org), h, "198.51.100.7"); got.status != 401 {
			t.Errorf("a guess: %d", got.status)
		}
	}
	for _, h := range forwarders() {
		got := v.send(t, "POST", "/bailiwick/v1/login/password", fmt.Sprintf(`{"organization":%q,"username":"ann","password":%q}`, v.org, annsPassword), h, "198.51.100.7")
		if got.status != 200 || !strings.Contains(got.body, `"next":["magic_code"]`) {
			t.Errorf("%s: the password alone is enough for %s: %d %s", h, ann.ID, got.status, got.body)
		}
	}
	turned := 0
	for i := range 60 {
		got := v.send(t, "POST", "/bailiwick/v1/sign-up", fmt.Sprintf(`{"email":"a%d@example.com","password":%q,"name":"x"}`, i, annsPassword),
			forwarders()[i%len(forwarders())], fmt.Sprintf("203.0.%d.9", i))
		if got.status == 429 {
			turned++
		}
	}
	if turned != 40 {
		t.Errorf("%d of 60 sign-ups are turned away; a network has 20", turned)
	}
}

// Behind a trusted proxy only X-Forwarded-For counts, by the documented rule, and it counts everywhere.
func TestBehindProxy(t *testing.T) {
	v := newVisitors(t, netip.MustParsePrefix("127.0.0.0/8"))
	want := map[string]int{}
	for _, d := range disguises() {
		got := v.send(t, "POST", "/iam/v1alpha1/api-keys", `{"user_id":"`+string(v.First.Owner.ID)+`"}`, append(v.owner(), d.headers...)...)
		if !strings.Contains(got.body, `"creation_ip":"`+d.want+`"`) {
			t.Errorf("%q: a key of %s, want %s", d.headers, got.body, d.want)
		}
		v.send(t, "POST", "/bailiwick/v1/login/password", fmt.Sprintf(`{"email":%q,"password":"a guess"}`, bailiwicktest.OwnerEmail), d.headers...)
		want[d.want]++
	}
	got := v.sources(t)
	for address, n := range want {
		if got[address] != n {
			t.Errorf("%d events of %s, want %d", got[address], address, n)
		}
	}
	if len(got) != len(want) {
		t.Errorf("addresses %v, want %v", got, want)
	}
	right := fmt.Sprintf(`{"email":%q,"password":"correct horse battery staple"}`, bailiwicktest.OwnerEmail)
	for address, status := range map[string]int{"203.0.113.77": 401, "198.51.100.7": 200} { // of a network that has guessed, and of another
		if got := v.send(t, "POST", "/bailiwick/v1/login/password", right, "X-Forwarded-For", address); got.status != status {
			t.Errorf("%s: %d", address, got.status)
		}
	}
}

// Nothing of a proxy's reaches what a browser is sent to: links in letters and pages are those of
// --public-url alone.
func TestForwardedHost(t *testing.T) {
	e := start(t)
	s, err := server.New(server.Config{Authority: e.Authority, PublicURL: bailiwicktest.PublicURL, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	if err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(s)
	defer ts.Close()
	e.url = ts.URL
	for _, h := range []string{"X-Forwarded-Host", "X-Host", "Forwarded", "X-Forwarded-Server", "X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix"} {
		for _, path := range []string{"/login", "/.well-known/authzen-configuration", "/login/reset", "/sign-up"} {
			got := e.send(t, "GET", path, "", h, "evil.example", h, "host=evil.example")
			if strings.Contains(fmt.Sprint(got.header, got.body), "evil.example") || !slices.Contains([]int{200, 403}, got.status) {
				t.Errorf("%s of %s: %d %v", h, path, got.status, got.header)
			}
		}
	}
}
