package main

import (
	"bytes"
	"fmt"
	"html"
	"math"
)

// plot draws bars on a logarithmic scale, in groups.
func plot(bars []bar) []byte {
	const line, left, width = 20, 230, 420
	lowest, highest := 10.0, 100.0
	for _, b := range bars {
		highest = max(highest, b.nanoseconds)
	}
	scale := func(ns float64) float64 {
		return width * math.Log10(max(ns, lowest)/lowest) / math.Log10(highest/lowest)
	}
	var b bytes.Buffer
	y := 40
	group := ""
	for _, x := range bars {
		if x.group != group {
			group = x.group
			fmt.Fprintf(&b, `<text x="10" y="%d" font-weight="bold">%s</text>`+"\n", y+line, html.EscapeString(group))
			y += line + 8
		}
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s</text><rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/><text x="%.1f" y="%d">%s</text>`+"\n",
			left-8, y+14, html.EscapeString(x.name), left, y+2, scale(x.nanoseconds), line-5, colour(x.name), left+6+scale(x.nanoseconds), y+14, duration(x.nanoseconds))
		y += line
	}
	head := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 %d" font-family="sans-serif" font-size="13">`+"\n"+
		`<rect width="760" height="%d" fill="#fff"/><text x="10" y="24" font-size="15">Processor time of one decision (logarithmic; shorter is better)</text>`+"\n", y+20, y+20)
	return append(append([]byte(head), b.Bytes()...), "</svg>\n"...)
}

func colour(name string) string {
	switch name {
	case "Bailiwick":
		return "#2a6fbb"
	case "floor":
		return "#999"
	}
	return "#d08a3c"
}
