package decisionlog

import (
	"bytes"
	"io"
)

// chunk bounds, in bytes, how much is gathered before it is written. Lines that wait
// together travel in one write; a line that is alone does not wait for others.
const chunk = 64 << 10

// write writes until the queue is closed and empty.
func (l *Log) write() {
	defer close(l.ended)
	var lines bytes.Buffer
	torn := false // what is in the file ends inside a line
	failing := false
	for line := range l.queue {
		lines.Reset()
		if torn {
			// The next reader must not take the rest of a cut line and a whole one for one.
			lines.WriteByte('\n')
		}
		start := lines.Len()
		count := l.gather(&lines, line)
		n, err := l.config.Writer.Write(lines.Bytes())
		if n < 0 || n > lines.Len() {
			n = 0 // the writer breaks its contract: nothing it says counts
		}
		if err == nil && n < lines.Len() {
			err = io.ErrShortWrite
		}
		whole := 0
		if n > start {
			whole = bytes.Count(lines.Bytes()[start:n], []byte{'\n'})
		}
		l.written.Add(uint64(whole))
		l.dropped.Add(uint64(count - whole))
		if n > 0 {
			torn = lines.Bytes()[n-1] != '\n'
		}
		switch {
		case err != nil && !failing:
			l.config.Logger.Error("the decision log cannot be written; decisions are lost and counted", "error", err)
		case err == nil && failing:
			l.config.Logger.Info("the decision log can be written again", "lost", l.dropped.Load())
		}
		failing = err != nil
	}
}

// gather adds the line and those that wait behind it, and returns how many they are.
func (l *Log) gather(lines *bytes.Buffer, line []byte) int {
	lines.Write(line)
	for count := 1; ; count++ {
		if lines.Len() >= chunk {
			return count
		}
		select {
		case line, ok := <-l.queue:
			if !ok {
				return count
			}
			lines.Write(line)
		default:
			return count
		}
	}
}
