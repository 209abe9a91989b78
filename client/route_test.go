package client_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"bailiwick/client"
	"bailiwick/iam"
)

// A route with a fault is found when the program starts, not when a request comes.
func TestRoutesWithFaults(t *testing.T) {
	const permission = "library:record:read"
	for name, c := range map[string]struct {
		route client.Route
		want  string
	}{
		"no method":             {client.Route{Pattern: "/records", Permission: permission}, "must be a method"},
		"host":                  {client.Route{Pattern: "GET example.com/records", Permission: permission}, "must be a method"},
		"empty":                 {client.Route{}, "must be a method"},
		"no permission":         {client.Route{Pattern: "GET /x"}, "service:name:action"},
		"short permission":      {client.Route{Pattern: "GET /x", Permission: "library:record"}, "service:name:action"},
		"long permission":       {client.Route{Pattern: "GET /x", Permission: "a:b:c:d"}, "service:name:action"},
		"hollow permission":     {client.Route{Pattern: "GET /x", Permission: "library::read"}, "service:name:action"},
		"bad pattern":           {client.Route{Pattern: "GET /{x", Permission: permission}, "{x"},
		"same as another":       {client.Route{Pattern: "GET /healthz", Permission: permission}, "conflicts"},
		"conflict":              {client.Route{Pattern: "GET /p/{project}/{rest}/r1", Permission: permission}, "conflicts"},
		"wildcard misspelt":     {client.Route{Pattern: "GET /x/{id}", Permission: permission, ID: client.PathValue("ID")}, "no {ID}"},
		"empty fixed value":     {client.Route{Pattern: "GET /x", Permission: permission, Project: client.Fixed("")}, "empty"},
		"no function":           {client.Route{Pattern: "GET /x", Permission: permission, Name: client.FromRequest(nil)}, "missing"},
		"public and permission": {client.Route{Pattern: "GET /x", Permission: permission, Public: true}, "public"},
		"public and resource":   {client.Route{Pattern: "GET /x/{id}", ID: client.PathValue("id"), Public: true}, "public"},
	} {
		got, err := client.Middleware(connect(t, "https://iam.example.com"), append(routes(), c.route), identified, client.Options{})
		if err == nil || got != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	_, err := client.Middleware(connect(t, "https://iam.example.com"), []client.Route{{Pattern: "GET /a"}, {Pattern: "GET /b"}}, identified, client.Options{})
	if err == nil || !strings.Contains(err.Error(), "GET /a") || !strings.Contains(err.Error(), "GET /b") {
		t.Errorf("not all faults are told: %v", err)
	}
	if _, err := client.Middleware(nil, nil, identified, client.Options{}); err == nil {
		t.Error("no client is no fault")
	}
	if _, err := client.Middleware(connect(t, "https://iam.example.com"), nil, nil, client.Options{}); err == nil {
		t.Error("no Identify is no fault")
	}
}

// No routes at all let nothing pass.
func TestNoRoutes(t *testing.T) {
	wrap, err := client.Middleware(connect(t, "https://iam.example.com"), nil, identified, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("reached") })).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	same(t, w.Code, 403)
}

// The routes of an outer mux keep their path values, and a caller who changes its list of
// routes afterwards changes nothing.
func TestTheCallersThingsStayTheirs(t *testing.T) {
	p := newPeer(t, answering(yes))
	list := routes()
	wrap, err := client.Middleware(connect(t, p.URL), list, identified, client.Options{Challenge: `Basic realm="x"`})
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		list[i].Public = true
	}
	outer := http.NewServeMux()
	outer.Handle("GET /{first}/{rest...}", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wrap(http.NotFoundHandler()).ServeHTTP(w, r)
		same(t, []string{r.Pattern, r.PathValue("first"), r.PathValue("path")}, []string{"GET /{first}/{rest...}", "files", ""})
	}))
	w := httptest.NewRecorder()
	outer.ServeHTTP(w, httptest.NewRequest("GET", "/files/a", nil))
	same(t, []any{w.Code, w.Header().Get("WWW-Authenticate"), p.asked()}, []any{401, `Basic realm="x"`, 0})
}

func TestHeaderSubject(t *testing.T) {
	const access = "SCW0123456789ABCDEFG"
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for name, c := range map[string]struct {
		kind   string
		peer   string
		values []string
		want   client.Subject
	}{
		"user":              {"user", "10.0.0.1:5", []string{strings.ToUpper("a" + alice[1:])}, client.User(iam.UserID("a" + alice[1:]))},
		"application":       {"application", "10.0.0.1:5", []string{alice}, client.Application(alice)},
		"API key":           {"api_key", "10.0.0.1:5", []string{access}, client.APIKey(access)},
		"mapped peer":       {"api_key", "[::ffff:10.0.0.1]:5", []string{access}, client.APIKey(access)},
		"not the proxy":     {"user", "192.0.2.1:5", []string{alice}, client.Subject{}},
		"no peer":           {"user", "@", []string{alice}, client.Subject{}},
		"no header":         {"user", "10.0.0.1:5", nil, client.Subject{}},
		"empty":             {"user", "10.0.0.1:5", []string{""}, client.Subject{}},
		"twice":             {"user", "10.0.0.1:5", []string{alice, alice}, client.Subject{}},
		"joined by a proxy": {"user", "10.0.0.1:5", []string{alice + ", " + alice}, client.Subject{}},
		"key for a user":    {"user", "10.0.0.1:5", []string{access}, client.Subject{}},
		"user for a key":    {"api_key", "10.0.0.1:5", []string{alice}, client.Subject{}},
		"other type":        {"group", "10.0.0.1:5", []string{alice}, client.Subject{}},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.peer
		r.Header["X-Subject"] = c.values
		got, err := client.HeaderSubject("X-Subject", c.kind, proxies)(r)
		if got != c.want || (err == nil) != (c.want != client.Subject{}) {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, c.want)
		}
		if err != nil && iam.KindOf(err) != iam.KindDeniedAuthentication {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("X-Subject", alice)
	if got, err := client.HeaderSubject("X-Subject", "user", nil)(r); err == nil || got != (client.Subject{}) {
		t.Errorf("without proxies: %+v, %v", got, err)
	}
}
