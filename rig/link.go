package rig

import (
	"encoding/binary"
	"io"
	"net"
	"strings"
	"sync"
	"time"
)

// Weather is what a link does to what goes through it. The zero value does nothing.
type Weather struct {
	// Cut ends all connections and every new one at once.
	Cut bool
	// Hole lets nothing through and ends nothing: what is sent waits until the weather changes.
	Hole bool
	// Delay is how much later each piece arrives, in each direction.
	Delay time.Duration
	// Slice is how many bytes are sent on at a time; 0: as many as came.
	Slice int
	// NoNotifications takes the notifications out of what a PostgreSQL server says.
	NoNotifications bool
	// LostCommits ends a connection when a PostgreSQL server says on it that it has committed,
	// and keeps that back.
	LostCommits bool
}

// Link is a way to a server through which everything goes, and to which things happen. It is
// safe for concurrent use.
type Link struct {
	listener net.Listener
	postgres bool // the target is a PostgreSQL server, spoken to in the clear

	mu      sync.Mutex
	changed sync.Cond
	network string
	target  string
	weather Weather
	ends    map[net.Conn]bool
	closed  bool
}

// NewLink lays a link to an address of a network, "tcp" or "unix", on a free port.
func NewLink(network, target string) (*Link, error) { return newLink(network, target, false) }

// NewDatabaseLink is NewLink for a PostgreSQL server. Connections must not be encrypted.
func NewDatabaseLink(network, target string) (*Link, error) { return newLink(network, target, true) }

func newLink(network, target string, postgres bool) (*Link, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &Link{listener: listener, postgres: postgres, network: network, target: target, ends: map[net.Conn]bool{}}
	l.changed.L = &l.mu
	go l.accept()
	return l, nil
}

// Address is where the link begins.
func (l *Link) Address() string { return l.listener.Addr().String() }

// Lead leads new connections to another address, and ends those that there are.
func (l *Link) Lead(network, target string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.network, l.target = network, target
	l.drop()
}

// Set changes the weather.
func (l *Link) Set(w Weather) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.weather = w
	if w.Cut {
		l.drop()
	}
	l.changed.Broadcast()
}

// Close ends the link.
func (l *Link) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.drop()
	l.changed.Broadcast()
	return l.listener.Close()
}

// drop ends all connections. The caller holds the lock.
func (l *Link) drop() {
	for end := range l.ends {
		if c, ok := end.(*net.TCPConn); ok {
			_ = c.SetLinger(0) // a reset, as of a machine that is gone; else a kind goodbye
		}
		end.Close()
	}
	clear(l.ends)
}

func (l *Link) accept() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return
		}
		l.join(near)
	}
}

func (l *Link) join(near net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.weather.Cut || l.closed {
		near.Close()
		return
	}
	far, err := net.Dial(l.network, l.target)
	if err != nil {
		near.Close()
		return
	}
	l.ends[near], l.ends[far] = true, true
	go l.pump(far, near, false)
	go l.pump(near, far, true)
}

// pump carries what comes from one end to the other until one of them ends, and then ends
// both.
func (l *Link) pump(to, from net.Conn, back bool) {
	defer l.forget(to, from)
	buffer := make([]byte, 32<<10)
	for {
		if back && l.postgres {
			if l.message(to, from) != nil {
				return
			}
			continue
		}
		n, err := from.Read(buffer)
		if n > 0 && l.deliver(to, buffer[:n]) != nil {
			return
		}
		if err != nil {
			return
		}
	}
}

// message carries one message of a PostgreSQL server (Frontend/Backend Protocol, Message
// Formats), unless the weather takes it away.
func (l *Link) message(to, from net.Conn) error {
	head := make([]byte, 5) // type, length with itself
	if _, err := io.ReadFull(from, head); err != nil {
		return err
	}
	body := make([]byte, max(4, binary.BigEndian.Uint32(head[1:]))-4)
	if _, err := io.ReadFull(from, body); err != nil {
		return err
	}
	weather := l.now()
	switch {
	case head[0] == 'A' && weather.NoNotifications: // NotificationResponse
		return nil
	case head[0] == 'C' && weather.LostCommits && strings.HasPrefix(string(body), "COMMIT"): // CommandComplete
		return io.ErrClosedPipe
	}
	return l.deliver(to, append(head, body...))
}

// deliver sends a piece on as the weather allows.
func (l *Link) deliver(to net.Conn, piece []byte) error {
	time.Sleep(l.now().Delay)
	for len(piece) > 0 {
		n := len(piece)
		if slice := l.settled().Slice; slice > 0 {
			n = min(n, slice)
		}
		if _, err := to.Write(piece[:n]); err != nil {
			return err
		}
		piece = piece[n:]
	}
	return nil
}

func (l *Link) now() Weather {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.weather
}

// settled waits for as long as nothing gets through.
func (l *Link) settled() Weather {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.weather.Hole && !l.closed {
		l.changed.Wait()
	}
	return l.weather
}

func (l *Link) forget(ends ...net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, end := range ends {
		end.Close()
		delete(l.ends, end)
	}
}
