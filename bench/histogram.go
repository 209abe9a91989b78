package main

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"time"
)

// bucket is how many of the measured times lie in a span of nanoseconds.
type bucket struct {
	from, to float64
	count    int
}

// histogram sorts times into buckets, each twice as wide as the one before; those before the
// first and behind the last time are left out. The first one holds all that is shorter.
func histogram(sorted []float64) []bucket {
	var list []bucket
	from := 0.0
	for to, i := float64(250*time.Microsecond), 0; i < len(sorted); to *= 2 {
		b := bucket{from: from, to: to}
		for ; i < len(sorted) && sorted[i] < to; i++ {
			b.count++
		}
		if b.count > 0 || len(list) > 0 {
			list = append(list, b)
		}
		from = to
	}
	return list
}

// plotHistogram draws buckets, their counts on a logarithmic scale: the few that are late are
// what the plot is for.
func plotHistogram(title string, list []bucket) []byte {
	const line, left, width = 20, 170, 480
	most := 1
	for _, b := range list {
		most = max(most, b.count)
	}
	var out bytes.Buffer
	height := 50 + line*len(list)
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 %d" font-family="sans-serif" font-size="13">`+"\n"+
		`<rect width="760" height="%d" fill="#fff"/><text x="10" y="24" font-size="15">%s</text>`+"\n", height, height, html.EscapeString(title))
	for i, b := range list {
		y := 40 + i*line
		long := width * math.Log(float64(1+b.count)) / math.Log(float64(1+most))
		fmt.Fprintf(&out, `<text x="%d" y="%d" text-anchor="end">%s</text><rect x="%d" y="%d" width="%.1f" height="%d" fill="#2a6fbb"/><text x="%.1f" y="%d">%d</text>`+"\n",
			left-8, y+14, html.EscapeString(duration(b.from)+" to "+duration(b.to)), left, y+2, long, line-5, left+6+long, y+14, b.count)
	}
	out.WriteString("</svg>\n")
	return out.Bytes()
}
