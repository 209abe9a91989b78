package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"bailiwick/decisionlog"
	"bailiwick/iam"
)

// metrics are what GET /metrics shows. No label holds an id or a text of a caller: each new
// value of a label is a new series that stays in memory, here and in every collector.
type metrics struct {
	registry  *prometheus.Registry
	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	decisions *prometheus.CounterVec
	shed      *prometheus.CounterVec
}

// outcomes are the counters of decisions, looked up at the first one of each.
type outcomes struct{ allowed, denied func() prometheus.Counter }

func (m *metrics) outcomes() outcomes {
	return outcomes{
		allowed: sync.OnceValue(func() prometheus.Counter { return m.decisions.WithLabelValues("allow") }),
		denied:  sync.OnceValue(func() prometheus.Counter { return m.decisions.WithLabelValues("deny") }),
	}
}

func newMetrics(current state, log *decisionlog.Log) (*metrics, error) {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bailiwick_requests_total", Help: "Requests by operation and HTTP status.",
		}, []string{"operation", "status"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "bailiwick_request_duration_seconds", Help: "Time from the request's header to the end of its answer.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"operation"}),
		decisions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bailiwick_decisions_total", Help: "Decisions answered over the decision API, by outcome (allow, deny).",
		}, []string{"outcome"}),
		shed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bailiwick_shed_total", Help: "Requests that were turned away because too many of their class (stranger, list, change) were at work.",
		}, []string{"class"}),
	}
	gauge := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "bailiwick_revision", Help: "Revision of the decision snapshot.",
	}, func() float64 { return float64(current.Revision()) })
	age := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "bailiwick_snapshot_age_seconds", Help: "Time since the decision snapshot was last known to be that of the database; 0 on an embedded one.",
	}, func() float64 { return current.Staleness().Seconds() })
	unreadable := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "bailiwick_unreadable_objects", Help: "Stored objects that cannot be read: what depends on them is denied. The log names them.",
	}, func() float64 { return float64(current.Unreadable()) })
	all := append(decisionLogCounters(log), m.requests, m.durations, m.decisions, m.shed, gauge, age, unreadable,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	var err error
	for _, c := range all {
		err = errors.Join(err, m.registry.Register(c))
	}
	return m, err
}

// decisionLogCounters show what became of the decisions that the log was given.
func decisionLogCounters(log *decisionlog.Log) []prometheus.Collector {
	counter := func(name, help string, count func() uint64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return float64(count()) })
	}
	return []prometheus.Collector{
		counter("bailiwick_decision_log_written_total", "Decisions written to the decision log.", log.Written),
		counter("bailiwick_decision_log_dropped_total", "Decisions lost to the decision log: its queue was full, or writing failed.", log.Dropped),
		counter("bailiwick_decision_log_sampled_out_total", "Allows that the sample of the decision log does not hold.", log.SampledOut),
	}
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// series are the metrics of one operation, looked up by their labels once: at the first
// request, so that operations that nobody uses are no series.
type series struct {
	operation string
	succeeded func() prometheus.Counter // the requests with status 200
	durations func() prometheus.Observer
}

func (m *metrics) series(operation string) *series {
	return &series{
		operation: operation,
		succeeded: sync.OnceValue(func() prometheus.Counter { return m.requests.WithLabelValues(operation, "200") }),
		durations: sync.OnceValue(func() prometheus.Observer { return m.durations.WithLabelValues(operation) }),
	}
}

// observe counts one request.
func (m *metrics) observe(s *series, status int, duration time.Duration) {
	if status == http.StatusOK {
		s.succeeded().Inc()
	} else {
		m.requests.WithLabelValues(s.operation, strconv.Itoa(status)).Inc()
	}
	s.durations().Observe(duration.Seconds())
}

// requestLog returns a log with the attributes that all lines of a route begin with; a
// handler of slog formats them once.
func requestLog(log *slog.Logger, method, pattern, operation string) *slog.Logger {
	return log.With(slog.String("method", method), slog.String("route", pattern), slog.String("operation", operation))
}

// logLine writes the one line of a request. It holds neither the body nor the query nor
// any header, so no credential can be in it.
func (s *Server) logLine(x *exchange, duration time.Duration) {
	r, level, log := x.request, slog.LevelInfo, x.route.log
	switch {
	case x.status >= http.StatusInternalServerError && iam.KindOf(x.err) != iam.KindNotImplemented:
		level = slog.LevelError
	case x.route == s.outside:
		level = slog.LevelDebug // probes, and paths that do not exist
	}
	ctx := r.Context()
	if !log.Enabled(ctx, level) {
		return
	}
	if r.Method != x.route.Method { // HEAD of a GET
		log = requestLog(s.log, r.Method, r.Pattern, x.route.Name)
	}
	// A record without the place in the source, which no line shows and which takes as long to
	// find as the line to write.
	line := slog.NewRecord(x.started.Add(duration), level, "request", 0)
	line.AddAttrs(
		slog.Int("status", x.status),
		slog.Duration("duration", duration),
		slog.String("caller_type", string(x.caller.Principal.Type)),
		slog.String("caller_id", x.caller.Principal.ID),
		slog.String("request_id", x.requestID),
	)
	if x.err != nil {
		line.AddAttrs(slog.String("error", x.err.Error()))
	}
	log.Handler().Handle(ctx, line)
}

// alive answers as long as the process runs.
func (s *Server) alive(w http.ResponseWriter, _ *http.Request) {
	s.write(w.(*exchange), http.StatusOK, []byte(`{"status":"ok"}`))
}

// ready answers 200 when this node can serve: the store answers and the snapshot is fresh.
// Why it cannot is for the log, not for everybody who can reach the port.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	if s.stopping.Load() {
		s.fail(w.(*exchange), &iam.Error{Kind: iam.KindUnavailable, Message: "not ready"})
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := s.authority.Ready(ctx); err != nil {
		s.fail(w.(*exchange), &iam.Error{Kind: iam.KindUnavailable, Message: "not ready", Err: err})
		return
	}
	if n := s.authority.Unreadable(); n > 0 {
		s.write(w.(*exchange), http.StatusOK, fmt.Appendf(nil, `{"status":"ready","unreadable_objects":%d}`, n))
		return
	}
	s.write(w.(*exchange), http.StatusOK, []byte(`{"status":"ready"}`))
}

func (s *Server) openAPI(w http.ResponseWriter, _ *http.Request) {
	s.write(w.(*exchange), http.StatusOK, s.document)
}
