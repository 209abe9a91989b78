// Package decisionlog writes decisions as JSON lines: who asked, about whom, what for, and
// the answer. It promises that nothing is lost without being counted.
package decisionlog

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
)

// Mode says which decisions are written.
type Mode string

// The modes.
const (
	Off Mode = "off"
	// Sampled keeps every denial and a share of the allows.
	Sampled Mode = "sampled"
	Full    Mode = "full"
)

// WhenFull says what happens to a decision while the queue is full.
type WhenFull string

// Either nothing is lost and answers wait for a slow disk, or answers never wait and what
// does not fit is counted.
const (
	Block WhenFull = "block"
	Drop  WhenFull = "drop"
)

// DefaultQueue is the length of the queue when Config names none.
const DefaultQueue = 8192

// Config is what a Log is made of.
type Config struct {
	Writer   io.Writer
	Mode     Mode     // empty: Off
	Sample   float64  // share of the allows that Sampled keeps, from 0 to 1
	Queue    int      // decisions that wait to be written; zero: DefaultQueue
	WhenFull WhenFull // empty: Block
	// Logger is told when writing begins to fail and when it works again; nil: nobody is.
	Logger *slog.Logger
}

// Log is a decision log. It is safe for concurrent use. A nil Log is off.
type Log struct {
	config Config
	queue  chan []byte
	ended  chan struct{} // the writer is done
	cut    chan struct{} // closed: nobody waits for room any more
	cutOff sync.Once

	// mutex keeps the queue open while somebody puts a line into it.
	mutex  sync.RWMutex
	closed bool

	written, dropped, sampled atomic.Uint64
}

// New returns a Log and starts its writer, which Close ends. The error joins all faults of
// the configuration.
func New(config Config) (*Log, error) {
	if config.Mode == "" {
		config.Mode = Off
	}
	if config.WhenFull == "" {
		config.WhenFull = Block
	}
	if config.Queue == 0 {
		config.Queue = DefaultQueue
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	var faults []error
	if config.Mode != Off && config.Mode != Sampled && config.Mode != Full {
		faults = append(faults, fmt.Errorf("mode must be off, sampled or full, not %q", config.Mode))
	}
	if config.WhenFull != Block && config.WhenFull != Drop {
		faults = append(faults, fmt.Errorf("what happens when the queue is full must be block or drop, not %q", config.WhenFull))
	}
	if !(config.Sample >= 0 && config.Sample <= 1) { // also not a number
		faults = append(faults, fmt.Errorf("sample must be from 0 to 1, not %v", config.Sample))
	}
	if config.Queue < 0 {
		faults = append(faults, fmt.Errorf("queue must not be negative, but is %d", config.Queue))
	}
	if config.Mode != Off && config.Writer == nil {
		faults = append(faults, errors.New("there is nothing to write to"))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("decision log: %w", err)
	}
	l := &Log{config: config, ended: make(chan struct{}), cut: make(chan struct{})}
	if config.Mode == Off {
		close(l.ended)
		l.closed = true
		return l, nil
	}
	l.queue = make(chan []byte, config.Queue)
	go l.write()
	return l, nil
}

// Off reports whether nothing is ever written, so that there is no need to make an Entry.
func (l *Log) Off() bool { return l == nil || l.config.Mode == Off }

// Log hands a decision over to the writer. While the queue is full it waits, or counts the
// decision as dropped.
func (l *Log) Log(e Entry) {
	switch {
	case l.Off():
		return
	case l.config.Mode == Sampled && e.Allowed && !l.chosen(e.DecisionID):
		l.sampled.Add(1)
		return
	}
	line, err := e.line()
	if err != nil {
		l.dropped.Add(1)
		l.config.Logger.Error("a decision cannot be logged", "decision_id", e.DecisionID, "error", err)
		return
	}
	l.mutex.RLock()
	defer l.mutex.RUnlock()
	if l.closed || !l.put(line) {
		l.dropped.Add(1)
	}
}

// put reports whether the line is in the queue.
func (l *Log) put(line []byte) bool {
	select {
	case l.queue <- line:
		return true
	default:
	}
	if l.config.WhenFull == Drop {
		return false
	}
	select {
	case l.queue <- line:
		return true
	case <-l.cut:
		return false
	}
}

// chosen draws a share of the decisions. It rests on the id alone: every node and every
// later reader with the id in hand comes to the same result.
func (l *Log) chosen(decisionID string) bool {
	sum := sha256.Sum256([]byte(decisionID))
	return float64(binary.BigEndian.Uint64(sum[:])>>11)/(1<<53) < l.config.Sample
}

// Close takes no more decisions, writes what waits and returns when that is done. When the
// context ends first, because the writer hangs, what waits is dropped and counted, and the
// error says so. What the writer holds at that moment is neither written nor dropped.
func (l *Log) Close(ctx context.Context) error {
	if l.Off() {
		return nil
	}
	stop := context.AfterFunc(ctx, func() { l.cutOff.Do(func() { close(l.cut) }) })
	defer stop()
	l.mutex.Lock()
	if l.closed {
		l.mutex.Unlock()
		return nil
	}
	l.closed = true
	close(l.queue)
	l.mutex.Unlock()
	select {
	case <-l.ended:
		return nil
	case <-ctx.Done():
	}
	for range l.queue {
		l.dropped.Add(1)
	}
	return fmt.Errorf("decision log: decisions are lost, the writer does not answer: %w", ctx.Err())
}

// Written returns how many decisions are written.
func (l *Log) Written() uint64 {
	if l == nil {
		return 0
	}
	return l.written.Load()
}

// Dropped returns how many decisions are lost: the queue was full, writing failed, or they
// came after the end.
func (l *Log) Dropped() uint64 {
	if l == nil {
		return 0
	}
	return l.dropped.Load()
}

// SampledOut returns how many allows were left out because the sample does not hold them.
func (l *Log) SampledOut() uint64 {
	if l == nil {
		return 0
	}
	return l.sampled.Load()
}
