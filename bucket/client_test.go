package bucket

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

const secret = "s3cr3t-of-the-operator"

func storage(t *testing.T) (*httptest.Server, *s3mem.Backend) {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("audit"); err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(ts.Close)
	return ts, backend
}

func put(t *testing.T, endpoint string, o Object) error {
	t.Helper()
	c, err := New(Config{Endpoint: endpoint, AccessKey: "SCWXXXXXXXXXXXXXXXXX", SecretKey: secret})
	if err != nil {
		t.Fatal(err)
	}
	o.Region, o.ContentType = "fr-par", "application/x-ndjson"
	err = c.Put(t.Context(), o)
	if err != nil && (strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "127.0.0.1")) {
		t.Errorf("the error says too much: %v", err)
	}
	return err
}

// A real S3 server takes an object, and the same again.
func TestPut(t *testing.T) {
	ts, backend := storage(t)
	for _, body := range []string{"first\n", "second\n", "second\n"} {
		if err := put(t, ts.URL, Object{Bucket: "audit", Key: "trail/2026/11/01/logs_abcdefghi.json", Body: []byte(body)}); err != nil {
			t.Fatal(err)
		}
		object, err := backend.GetObject("audit", "trail/2026/11/01/logs_abcdefghi.json", nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(object.Contents); err != nil || string(got) != body {
			t.Errorf("%q, %v", got, err)
		}
	}
	if err := put(t, ts.URL, Object{Bucket: "missing", Key: "x"}); err == nil || err.Error() != "the bucket answers 404 NoSuchBucket" {
		t.Errorf("a bucket that is not there: %v", err)
	}
	ts.Close()
	if err := put(t, ts.URL, Object{Bucket: "audit", Key: "x"}); err == nil || err.Error() != "the bucket cannot be reached" {
		t.Errorf("no server: %v", err)
	}
}

func TestPutRefusals(t *testing.T) {
	for what, c := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"redirect": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Location", "/x"); w.WriteHeader(307) }, "the bucket answers 307"},
		"strange": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(403)
			_, _ = w.Write([]byte("<Error><Code>a b</Code></Error>"))
		}, "the bucket answers 403"},
		"denied": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(403)
			_, _ = w.Write([]byte("<Error><Code>AccessDenied</Code></Error>"))
		}, "the bucket answers 403 AccessDenied"},
	} {
		ts := httptest.NewServer(c.answer)
		if err := put(t, ts.URL, Object{Bucket: "audit", Key: "x"}); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", what, err, c.want)
		}
		ts.Close()
	}
	for _, endpoint := range []string{"", "s3.example.com", "ftp://s3.example.com", "https://user:pass@s3.example.com", "https://s3.example.com?x=1"} {
		if _, err := New(Config{Endpoint: endpoint, AccessKey: "a", SecretKey: "b"}); err == nil || strings.Contains(err.Error(), "pass@") {
			t.Errorf("endpoint %q: %v", endpoint, err)
		}
	}
}
