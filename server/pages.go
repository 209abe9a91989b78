package server

import (
	"fmt"
	"net/http"

	"bailiwick/iam"
	"bailiwick/pages"
)

// addPages routes the pages. They have the client's address, the limits, the log line and the
// metrics of the API; what they answer is their own.
func (s *Server) addPages(operations []operation) error {
	described := map[string]iam.Operation{}
	for _, op := range operations {
		described[op.Name] = op.describe()
	}
	p, err := pages.New(pages.Config{
		Authority: s.authority, PublicURL: s.api.publicURL, Operation: func(name string) iam.Operation { return described[name] },
		Console: s.console, Region: s.api.regions.home(),
	})
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	s.pages = p
	for _, page := range p.Routes() {
		pattern := page.Method + " " + page.Path
		served := &route{
			operation: operation{Method: page.Method, Path: page.Path, Name: page.Name},
			log:       requestLog(s.log, page.Method, pattern, page.Name), series: s.metrics.series(page.Name),
		}
		if page.Method != http.MethodGet {
			served.gate = s.gates[loadStranger] // the same as for logins over the API
		}
		s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			x := w.(*exchange) // ServeHTTP is the only way in
			x.route = served
			x.bound = deadline{Context: r.Context(), at: x.started.Add(s.timeout)}
			defer x.bound.stop()
			err := served.gate.enter()
			if err == nil {
				defer served.gate.leave()
				err = s.freshen(&x.bound, r.Header)
			}
			if err != nil {
				s.fail(x, err)
				return
			}
			x.err = page.Serve(x, r.WithContext(&x.bound), s.client(r, x.requestID))
		})
	}
	return nil
}
