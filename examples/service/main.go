// Command service is a small library: records in projects, read and written over HTTP. It
// decides nothing itself. Every request passes the middleware of package client, which asks
// a Bailiwick server; see README.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"bailiwick/client"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Getenv("LIBRARY_SECRET_KEY"), os.Stderr, func(net.Addr) {}); err != nil {
		fmt.Fprintln(os.Stderr, "service:", err)
		os.Exit(1)
	}
}

// run serves until the context ends. It calls ready with the address when it listens. The
// secret key is not a flag: command lines are readable for everybody on the machine.
func run(ctx context.Context, args []string, secretKey string, stderr io.Writer, ready func(net.Addr)) error {
	flags := flag.NewFlagSet("service", flag.ContinueOnError)
	flags.SetOutput(stderr)
	listen := flags.String("listen", "127.0.0.1:8081", "address to listen on")
	url := flags.String("bailiwick", "http://127.0.0.1:8080", "URL of the Bailiwick server")
	networks := flags.String("proxies", "127.0.0.1/32,::1/128", "networks of the proxy that authenticates the callers")
	if err := flags.Parse(args); err != nil {
		return err
	}
	proxies, err := parseNetworks(*networks)
	if err != nil {
		return err
	}
	c, err := client.New(client.Config{URL: *url, SecretKey: secretKey})
	if err != nil {
		return err
	}
	handler, err := newHandler(c, proxies, slog.New(slog.NewTextHandler(stderr, nil)))
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", *listen)
	if err != nil {
		return err
	}
	ready(listener.Addr())
	return serve(ctx, listener, handler)
}

func parseNetworks(text string) ([]netip.Prefix, error) {
	var networks []netip.Prefix
	for part := range strings.SplitSeq(text, ",") {
		network, err := netip.ParsePrefix(part)
		if err != nil {
			return nil, err
		}
		networks = append(networks, network)
	}
	return networks, nil
}

// serve ends with the context, after the requests in flight.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, IdleTimeout: time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := server.Shutdown(limited); err != nil {
		return errors.Join(err, server.Close())
	}
	return nil
}
