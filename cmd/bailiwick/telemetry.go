package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
)

// telemetryFlags are the flags of "serve" for traces.
type telemetryFlags struct {
	OTLPEndpoint string `name:"otlp-endpoint" placeholder:"URL" help:"OTLP/HTTP endpoint that takes traces, such as http://127.0.0.1:4318; without it there are none."`
	OTLPSample   string `name:"otlp-sample" default:"1" placeholder:"SHARE" help:"Share of the traces that begin here, from 0 to 1; who calls with a trace of its own decides itself."`
}

// telemetrySettings is the checked configuration of traces.
type telemetrySettings struct {
	endpoint string // empty: off
	sample   float64
}

func (t telemetryFlags) settings(f *faults) (s telemetrySettings) {
	s.endpoint = t.OTLPEndpoint
	if s.endpoint != "" {
		u, err := url.Parse(s.endpoint)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			f.add("otlp-endpoint", "want a URL such as http://127.0.0.1:4318")
		}
	}
	s.sample = checkShare("otlp-sample", t.OTLPSample, f)
	return s
}

// traced returns the handler with a span for each request, and what ends the traces: it sends
// those that wait. Without an endpoint the handler stays as it is and pays nothing.
//
// A span names the route, never the path's query: that of the page to which a provider sends
// somebody back holds a code for a login.
func traced(ctx context.Context, s telemetrySettings, handler http.Handler, log *slog.Logger) (http.Handler, func() error, error) {
	if s.endpoint == "" {
		return handler, func() error { return nil }, nil
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(tracesURL(s.endpoint)))
	if err != nil {
		return nil, nil, fmt.Errorf("traces: %w", err)
	}
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
	}
	provider := trace.NewTracerProvider(
		trace.WithBatcher(loggedExporter{exporter, log}),
		trace.WithSampler(trace.ParentBased(trace.TraceIDRatioBased(s.sample))),
		trace.WithResource(resource.NewSchemaless(attribute.String("service.name", "bailiwick"), attribute.String("service.version", version))),
	)
	end := func() error {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = provider.Shutdown(limited) // what cannot be sent is told in the log
		return nil
	}
	return otelhttp.NewHandler(handler, "request",
		otelhttp.WithTracerProvider(provider),
		otelhttp.WithPropagators(propagation.TraceContext{}),
		otelhttp.WithFilter(func(r *http.Request) bool {
			return r.URL.Path != "/healthz" && r.URL.Path != "/readyz" && r.URL.Path != "/metrics"
		}),
	), end, nil
}

// tracesURL is where OTLP/HTTP takes traces below an endpoint (OTLP 1.x, "OTLP/HTTP request").
func tracesURL(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return endpoint
	}
	return u.JoinPath("v1", "traces").String()
}

// loggedExporter tells in our own log when traces cannot be sent. They are lost then, as
// nothing waits for them.
type loggedExporter struct {
	trace.SpanExporter
	log *slog.Logger
}

// ExportSpans implements [trace.SpanExporter].
func (e loggedExporter) ExportSpans(ctx context.Context, spans []trace.ReadOnlySpan) error {
	err := e.SpanExporter.ExportSpans(ctx, spans)
	if err != nil {
		e.log.Warn("traces are lost", "spans", len(spans), "error", err)
	}
	return nil
}
