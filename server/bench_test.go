package server_test

import (
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"bailiwick/bailiwicktest"
	"bailiwick/iam"
	"bailiwick/server"
)

// discarding is an http.ResponseWriter without a connection, so that what is measured is
// this package and what lies below it.
type discarding struct {
	header http.Header
	status int
}

func (d *discarding) Header() http.Header         { return d.header }
func (d *discarding) WriteHeader(status int)      { d.status = status }
func (d *discarding) Write(p []byte) (int, error) { return len(p), nil }

// benchmarkRequest serves one request again and again, its log line formatted and dropped.
func benchmarkRequest(b *testing.B, method string, request func(*bailiwicktest.Kit, iam.Application) (path, body string)) {
	k := bailiwicktest.New(b, bailiwicktest.Options{})
	owner := k.As(b, k.Owner())
	app, err := owner.CreateApplication(iam.NewApplication{Name: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := owner.CreatePolicy(iam.NewPolicy{Name: "bench", Principal: app.ID.Principal(), Rules: []iam.RuleSpec{
		{PermissionSetNames: []string{"InstancesFullAccess"}, Scope: iam.Scope{ProjectIDs: []iam.ProjectID{k.First.DefaultProject.ID}}},
	}}); err != nil {
		b.Fatal(err)
	}
	s, err := server.New(server.Config{Authority: k.Authority, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		b.Fatal(err)
	}
	path, body := request(k, app)
	reader := strings.NewReader(body)
	r, err := http.NewRequest(method, "http://localhost"+path, reader)
	if err != nil {
		b.Fatal(err)
	}
	r.RemoteAddr = "192.0.2.1:1234"
	r.Header.Set("X-Auth-Token", k.First.APIKey.SecretKey)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := &discarding{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		clear(w.header)
		reader.Reset(body)
		s.ServeHTTP(w, r)
	}
	if w.status != http.StatusOK {
		b.Fatalf("status %d", w.status)
	}
}

func BenchmarkGet(b *testing.B) {
	benchmarkRequest(b, "GET", func(_ *bailiwicktest.Kit, app iam.Application) (string, string) {
		return "/iam/v1alpha1/applications/" + string(app.ID), ""
	})
}

func BenchmarkEvaluate(b *testing.B) {
	benchmarkRequest(b, "POST", func(k *bailiwicktest.Kit, app iam.Application) (string, string) {
		return "/access/v1/evaluation", `{"subject":{"type":"application","id":"` + string(app.ID) + `"},"action":{"name":"compute:servers:read"},` +
			`"resource":{"type":"compute:servers","id":"5f0d6ab1-5b1a-4f8e-9d4e-0d9c9a3c2b11","properties":{"organization_id":"` + string(app.OrganizationID) + `","project_id":"` + string(k.First.DefaultProject.ID) + `"}},` +
			`"context":{"ip":"192.0.2.1","user_agent":"curl/8.5.0"}}`
	})
}

func BenchmarkEvaluations(b *testing.B) {
	benchmarkRequest(b, "POST", func(k *bailiwicktest.Kit, app iam.Application) (string, string) {
		question := `{"subject":{"type":"application","id":"` + string(app.ID) + `"},"action":{"name":"compute:servers:read"},` +
			`"resource":{"type":"compute:servers","id":"5f0d6ab1-5b1a-4f8e-9d4e-0d9c9a3c2b11","properties":{"organization_id":"` + string(app.OrganizationID) + `","project_id":"` + string(k.First.DefaultProject.ID) + `"}},` +
			`"context":{"ip":"192.0.2.1","user_agent":"curl/8.5.0"}}`
		return "/access/v1/evaluations", `{"evaluations":[` + strings.Repeat(question+",", 99) + question + `]}`
	})
}
