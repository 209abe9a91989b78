package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"
)

// load is a client that costs little itself, so that what is compared is the servers: it
// writes requests that were made before on connections that stay open, and reads answers
// by their Content-Length.
type load struct {
	connections []net.Conn
	readers     []*bufio.Reader
	requests    [][]byte
}

const connectionCount = 8

func newLoad(address string, requests [][]byte) (*load, error) {
	l := &load{requests: requests}
	for range connectionCount {
		c, err := net.Dial("tcp", address)
		if err != nil {
			return nil, err
		}
		l.connections = append(l.connections, c)
		l.readers = append(l.readers, bufio.NewReader(c))
	}
	return l, nil
}

func (l *load) close() error {
	var err error
	for _, c := range l.connections {
		err = errors.Join(err, c.Close())
	}
	return err
}

// ask sends one request on one connection and returns the body of its answer, which must be
// a 200. The body is valid until the next call with the same buffer.
func (l *load) ask(connection, request int, buffer []byte) ([]byte, error) {
	if _, err := l.connections[connection].Write(l.requests[request%len(l.requests)]); err != nil {
		return nil, err
	}
	r, length := l.readers[connection], -1
	for first := true; ; first = false {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		line = bytes.TrimSpace(line)
		if first && !bytes.HasPrefix(line, []byte("HTTP/1.1 200 ")) {
			return nil, fmt.Errorf("the answer is %s", line)
		}
		if len(line) == 0 {
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return nil, err
			}
		}
	}
	if length < 0 || length > len(buffer) {
		return nil, fmt.Errorf("the answer has %d bytes", length)
	}
	_, err := io.ReadFull(r, buffer[:length])
	return buffer[:length], err
}

// run asks on all connections for a time, and returns the requests per second.
func (l *load) run(turn time.Duration) (float64, error) {
	var wait sync.WaitGroup
	counts, faults := make([]int, len(l.connections)), make([]error, len(l.connections))
	start := time.Now()
	for c := range l.connections {
		wait.Go(func() {
			buffer := make([]byte, 64<<10)
			for i := c * 997; time.Since(start) < turn; i++ {
				if _, faults[c] = l.ask(c, i, buffer); faults[c] != nil {
					return
				}
				counts[c]++
			}
		})
	}
	wait.Wait()
	total := 0
	for _, n := range counts {
		total += n
	}
	return float64(total) / time.Since(start).Seconds(), errors.Join(faults...)
}
