package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"bailiwick/console"
	"bailiwick/identity"
	"bailiwick/server"
)

const (
	// drainTime bounds how long a stop waits for requests in flight.
	drainTime = 10 * time.Second
	// followInterval is how often a node reads what other nodes on its database changed.
	followInterval = 250 * time.Millisecond
	// storeUsesInterval is how often last uses are stored: a kill loses those of this time.
	storeUsesInterval = 5 * time.Second
	// gcPercent is how much more than what lives the heap takes before it is collected. What
	// lives is mostly the decision snapshot, and to walk over it takes as long as thousands of
	// requests: at Go's default, 100, the collections cost a tenth of the processor time of a
	// busy server. It counts from the end of the start on, whose own garbage needs more memory
	// than this does.
	gcPercent = 200
	// gcRoom bounds what a collection lets the heap grow by: with a million principals, three times what
	// lives would be more memory than the start took.
	gcRoom = 1 << 30
)

// collectAt returns the percentage by which a heap grows that holds so many bytes before it is collected. Below
// half, a large heap would be walked over all the time.
func collectAt(live uint64) int {
	return int(min(gcPercent, max(50, 100*gcRoom/max(1, live))))
}

// serve runs the server until the context ends, and returns the exit status.
func serve(ctx context.Context, s settings, environ []string, stdout, stderr io.Writer) int {
	// Whatever this process creates (database, journal, keys, credentials) is for its user
	// alone, also files that a library creates.
	syscall.Umask(0o077)
	lines := &logWriter{out: stderr}
	defer lines.HoldNothing()
	// The first signal begins the stop, the second one ends the process without a word.
	stop := context.AfterFunc(ctx, lines.HoldNothing)
	defer stop()
	log := s.logger(lines)
	err := listenAndServe(ctx, s, environ, stdout, log)
	switch {
	case err == nil:
		log.Info("stopped")
		return exitOK
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		log.Info("stopped before the start was complete")
		return exitOK
	}
	fmt.Fprintln(lines, "bailiwick: "+oneLine(err))
	return exitFailure
}

// listenAndServe takes the port before it touches anything: a second server started by
// mistake ends here, without a trace in the data directory.
func listenAndServe(ctx context.Context, s settings, environ []string, stdout io.Writer, log *slog.Logger) (err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.listen)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", s.listen, listenCause(err))
	}
	defer listener.Close()
	url := clientURL(s, listener.Addr())

	n, err := openNode(ctx, s, openPasskeys(s, listener.Addr(), log), log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	path, err := bootstrap(ctx, n.authority, s.data, s.ownerEmail, url)
	if err != nil {
		return fmt.Errorf("first start: %w", err)
	}
	if path != "" {
		log.Info("first start: the credentials are written", "path", path)
		warnOfIgnored(environ, log)
	}
	if s.publicURL == "" {
		s.publicURL = url
	}
	decisions, closeDecisions, err := openDecisionLog(s.decisionLog, stdout, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeDecisions()) }()
	handler, err := server.New(server.Config{
		Authority: n.authority, Logger: log, TrustedProxies: s.trustedProxies, PublicURL: s.publicURL, DecisionLog: decisions, Regions: s.regions,
		Console: console.Files(),
	})
	if err != nil {
		return err
	}
	var following sync.WaitGroup
	defer following.Wait()
	followed, stopFollowing := context.WithCancel(context.WithoutCancel(ctx))
	defer stopFollowing()
	if !s.embedded() { // nobody else writes to an embedded database
		following.Go(func() { n.authority.FollowUntil(followed, followInterval) })
	}
	post, err := newPostman(n.authority, s.mail, s.publicURL, log)
	if err != nil {
		return err
	}
	following.Go(func() { post.deliverUntil(followed) })
	following.Go(func() { expireUntil(followed, n.authority, log) })
	care := &caretaker{authority: n.authority, settings: s.trail, log: log, written: map[written]int64{}}
	following.Go(func() { care.careUntil(followed) })
	following.Go(func() { tellExpiringUntil(followed, n.authority, log) })
	following.Go(func() { n.authority.StoreUsesUntil(followed, storeUsesInterval) })
	if s.exports != nil {
		following.Go(func() { exportUntil(followed, n.authority, s.exports, log) })
	}
	following.Go(func() { watchAlerts(followed, n.authority, s.webhookAllow, log) })
	if !given(environ, "GOGC") {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		debug.SetGCPercent(collectAt(m.HeapAlloc))
	}
	if !given(environ, "GOMAXPROCS") {
		// A password hash holds one of Go's processors for tens of milliseconds, and a flush of the database
		// another one until the runtime notices. With one more for each hash somebody is always free to take
		// a request; how the threads share the cores is then the kernel's to say, which does it fairly.
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + identity.ParallelHashes())
	}
	log.Info("listening", "url", url, "engine", n.store.Engine(), "data", s.data)
	spans, endTraces, err := traced(ctx, s.telemetry, handler, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, endTraces()) }()
	return serveUntil(ctx, handler, spans, listener, s, log)
}

// oneLine is the text of an error in one line, however many parts it has.
func oneLine(err error) string {
	return strings.NewReplacer(":\n\t", ": ", "\n\t", "; ", "\n", "; ").Replace(err.Error())
}

// given reports whether the environment sets a variable.
func given(environ []string, name string) bool {
	return slices.ContainsFunc(environ, func(entry string) bool { return strings.HasPrefix(entry, name+"=") })
}

// serveUntil serves until the context ends. Then the node is not ready any more, but goes on
// for as long as a load balancer needs to see that; and then the listener is closed and the
// requests in flight finish.
func serveUntil(ctx context.Context, handler *server.Server, outer http.Handler, listener net.Listener, set settings, log *slog.Logger) error {
	s := handler.HTTP()
	s.Handler = outer
	ended := make(chan error, 1)
	go func() {
		if set.certificate == nil {
			ended <- s.Serve(listener)
			return
		}
		s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*set.certificate}, MinVersion: tls.VersionTLS12}
		ended <- s.ServeTLS(listener, "", "")
	}()
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	handler.Stopping()
	log.Info("stopping", "delay", set.stopDelay, "drain", drainTime)
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-time.After(set.stopDelay):
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	if err := s.Shutdown(limited); err != nil {
		log.Warn("requests were cut off", "error", err)
		return s.Close()
	}
	return nil
}

// clientURL is the URL for clients on this machine. An address that stands for all
// interfaces becomes the loopback address.
func clientURL(s settings, address net.Addr) string {
	host, _, _ := net.SplitHostPort(s.listen)
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "127.0.0.1"
	}
	_, port, _ := net.SplitHostPort(address.String())
	scheme := "http"
	if s.certificate != nil {
		scheme = "https"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// listenCause drops what the caller says already: the operation and the address.
func listenCause(err error) error {
	if e, ok := errors.AsType[*os.SyscallError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return e.Err
	}
	return err
}

// warnOfIgnored speaks up when somebody may believe to have chosen the owner's password.
func warnOfIgnored(environ []string, log *slog.Logger) {
	variables := settingVariables(environ)
	for _, name := range notSettings() {
		if _, ok := variables[name]; ok {
			log.Warn("this variable is for clients and was not used; the first start made a new value", "variable", name,
				"path", filepath.Base(credentialsName))
		}
	}
}
