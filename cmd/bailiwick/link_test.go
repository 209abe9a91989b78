package main

import (
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// link is the way from one node to its database, which can be cut.
type link struct {
	t        *testing.T
	from, to string // sockets

	mu       sync.Mutex
	listener net.Listener
	ends     map[net.Conn]bool
}

// newLink lays a link to a database and returns it with the database's URL over it.
func newLink(t *testing.T, database string) (*link, string) {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "link") // short: the path of a socket has about 100 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	const socket = ".s.PGSQL.5432"
	query := u.Query()
	l := &link{t: t, from: filepath.Join(dir, socket), to: filepath.Join(query.Get("host"), socket), ends: map[net.Conn]bool{}}
	l.mend()
	t.Cleanup(l.cut)
	query.Set("host", dir)
	u.RawQuery = query.Encode()
	return l, u.String()
}

// cut ends all connections and refuses new ones.
func (l *link) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.listener == nil {
		return
	}
	l.listener.Close()
	l.listener = nil
	for end := range l.ends {
		end.Close()
	}
	clear(l.ends)
}

// mend takes connections again.
func (l *link) mend() {
	listener, err := net.Listen("unix", l.from)
	if err != nil {
		l.t.Fatal(err)
	}
	l.mu.Lock()
	l.listener = listener
	l.mu.Unlock()
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			l.join(listener, near)
		}
	}()
}

func (l *link) join(listener net.Listener, near net.Conn) {
	far, err := net.Dial("unix", l.to)
	if err != nil {
		near.Close()
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.listener != listener { // cut meanwhile
		near.Close()
		far.Close()
		return
	}
	for _, pair := range [][2]net.Conn{{near, far}, {far, near}} {
		l.ends[pair[0]] = true
		go func() {
			io.Copy(pair[0], pair[1])
			pair[0].Close()
			pair[1].Close()
		}()
	}
}
