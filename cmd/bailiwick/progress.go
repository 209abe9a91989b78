package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// progress shows on a terminal how far a long piece of work is, in a line of its own that is
// written again and again. Elsewhere, in a log for one, it shows nothing.
type progress struct {
	out   io.Writer // nil: nobody looks
	what  string
	total int64
	done  int64
	shown time.Time
}

// progressWidth is the width of the bar, in characters.
const progressWidth = 30

func newProgress(out io.Writer, what string, total int64) *progress {
	p := &progress{what: what, total: total}
	if file, ok := out.(*os.File); ok {
		if info, err := file.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			p.out = out
		}
	}
	return p
}

// add counts what is done, and shows it ten times a second at most.
func (p *progress) add(n int64) {
	p.done += n
	if p.out == nil || time.Since(p.shown) < 100*time.Millisecond {
		return
	}
	p.shown = time.Now()
	p.show()
}

func (p *progress) show() {
	share := 1.0
	if p.total > 0 {
		share = min(1, float64(p.done)/float64(p.total))
	}
	full := int(share * progressWidth)
	fmt.Fprintf(p.out, "\r%s [%s%s] %3.0f%% %d of %d", p.what, strings.Repeat("#", full), strings.Repeat(" ", progressWidth-full), 100*share, p.done, p.total)
}

// end shows the last state and ends the line.
func (p *progress) end() {
	if p.out != nil {
		p.show()
		fmt.Fprintln(p.out)
	}
}
