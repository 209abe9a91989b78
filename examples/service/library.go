package main

import (
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"sync"

	"bailiwick/client"
)

// headerCaller is where the proxy in front writes the access key of the caller, after it has
// proven the caller.
const headerCaller = "X-Access-Key"

// routes says what each request needs. A request that is not in this list is refused. The
// project may come from the path because the library keeps its records by project.
func routes() []client.Route {
	const one, all = "/projects/{project}/records/{id}", "/projects/{project}/records"
	project, id := client.PathValue("project"), client.PathValue("id")
	return []client.Route{
		{Pattern: "GET /healthz", Public: true},
		{Pattern: "GET " + all, Permission: "library:record:list", Project: project},
		{Pattern: "GET " + one, Permission: "library:record:read", Project: project, ID: id},
		{Pattern: "PUT " + one, Permission: "library:record:write", Project: project, ID: id},
		{Pattern: "DELETE " + one, Permission: "library:record:delete", Project: project, ID: id},
	}
}

// newHandler returns the library behind the middleware.
func newHandler(c *client.Client, proxies []netip.Prefix, log *slog.Logger) (http.Handler, error) {
	guard, err := client.Middleware(c, routes(), client.HeaderSubject(headerCaller, client.TypeAPIKey, proxies), client.Options{
		TrustedProxies: proxies,
		OnError: func(r *http.Request, err error) {
			log.Warn("refused without a decision", "method", r.Method, "path", r.URL.Path, "error", err)
		},
	})
	if err != nil {
		return nil, err
	}
	l := &library{records: map[place]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })
	mux.HandleFunc("GET /projects/{project}/records", l.list)
	mux.HandleFunc("GET /projects/{project}/records/{id}", l.read)
	mux.HandleFunc("PUT /projects/{project}/records/{id}", l.write)
	mux.HandleFunc("DELETE /projects/{project}/records/{id}", l.delete)
	return guard(mux), nil
}

// maxRecord bounds a record, in bytes.
const maxRecord = 64 << 10

// place is where a record is. The project is part of it: a record can only be reached
// through the project that the decision was about.
type place struct{ project, id string }

func placeOf(r *http.Request) place { return place{r.PathValue("project"), r.PathValue("id")} }

// library keeps records in memory.
type library struct {
	mutex   sync.Mutex
	records map[place]string
}

func (l *library) list(w http.ResponseWriter, r *http.Request) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	ids := []string{}
	for at := range maps.Keys(l.records) {
		if at.project == r.PathValue("project") {
			ids = append(ids, at.id)
		}
	}
	slices.Sort(ids)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string][]string{"records": ids}) // the client may be gone
}

func (l *library) read(w http.ResponseWriter, r *http.Request) {
	l.mutex.Lock()
	text, ok := l.records[placeOf(r)]
	l.mutex.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	io.WriteString(w, text)
}

func (l *library) write(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRecord))
	if err != nil {
		http.Error(w, "the record is too long or not complete", http.StatusBadRequest)
		return
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.records[placeOf(r)] = string(text)
	w.WriteHeader(http.StatusNoContent)
}

func (l *library) delete(w http.ResponseWriter, r *http.Request) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	delete(l.records, placeOf(r))
	w.WriteHeader(http.StatusNoContent)
}
