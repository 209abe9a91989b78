package client_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
)

// take reads one request to its end.
func take(reader *bufio.Reader) {
	if r, err := http.ReadRequest(reader); err == nil {
		io.Copy(io.Discard, r.Body)
	}
}

// A server that restarts closes its idle connections. The next question must not fail
// because it was given one of them.
func TestIdleConnectionThatTheServerClosed(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	served := make(chan int, 10)
	go func() {
		for connection := 1; ; connection++ {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			reader := bufio.NewReader(conn)
			take(reader)
			fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(yes), yes)
			served <- connection
			if connection == 1 {
				take(reader) // the second question, and no answer to it
			}
			conn.Close()
		}
	}()
	c := connect(t, "http://"+listener.Addr().String())
	for range 2 {
		if got, err := c.Check(t.Context(), question()); err != nil || !got.Allowed {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	same(t, []int{<-served, <-served}, []int{1, 2})
}
