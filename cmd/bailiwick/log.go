package main

import (
	"io"
	"sync"
	"time"
)

const (
	// logGather is how long a line of the log is held back at most, so that lines which come
	// together are written together: a write for each takes as long as answering a request.
	logGather = 50 * time.Millisecond
	// logHeld bounds what is held back, in bytes.
	logHeld = 32 << 10
)

// logWriter writes a log. A line that comes alone is written at once; those that follow within
// logGather are held back until then, or until there are many. None is dropped: a log that
// cannot be written holds up who writes to it.
type logWriter struct {
	out io.Writer

	mutex     sync.Mutex
	held      []byte
	gathering *time.Timer // nil: the next line is written at once
	unheld    bool        // so is every one
}

// Write takes one or more whole lines.
func (w *logWriter) Write(lines []byte) (int, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.gathering == nil {
		if !w.unheld {
			w.gathering = time.AfterFunc(logGather, w.gathered)
		}
		return w.out.Write(lines)
	}
	w.held = append(w.held, lines...)
	if len(w.held) < logHeld {
		return len(lines), nil
	}
	return len(lines), w.flush()
}

// gathered writes what came in a while. When nothing came, the next line is alone again.
func (w *logWriter) gathered() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.gathering == nil {
		return
	}
	if len(w.held) == 0 {
		w.gathering = nil
		return
	}
	w.gathering.Reset(logGather)
	w.flush()
}

// flush writes what is held back. The caller holds the mutex. There is nowhere to tell that a
// log cannot be written.
func (w *logWriter) flush() error {
	_, err := w.out.Write(w.held)
	w.held = w.held[:0]
	return err
}

// Flush writes what is held back.
func (w *logWriter) Flush() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if len(w.held) > 0 {
		w.flush()
	}
}

// HoldNothing writes what is held back, and from now on every line at once: the process may
// end at any moment.
func (w *logWriter) HoldNothing() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.unheld = true
	if w.gathering == nil {
		return
	}
	w.gathering.Stop()
	w.gathering = nil
	w.flush()
}
