package server

import (
	"math/bits"

	"github.com/go-json-experiment/json/jsontext"
)

// plainJSON reads JSON objects of strings and such objects. Strings must be of visible ASCII,
// without escapes and not empty, so that a value that is not empty has been given before.
//
//	for more := p.open(); more; more = p.next() {
//		switch p.name { ... } // reads the value of the member
//	}
//
// reads an object. What cannot be read so makes the rest bad, and a loop end.
type plainJSON struct {
	body string
	at   int    // what is before it has been read
	name string // of the member whose value comes
	bad  bool
}

// open begins an object, and reports whether it has a member.
func (p *plainJSON) open() bool {
	if !p.take('{') {
		p.bad = true
	}
	if p.bad || p.take('}') {
		return false
	}
	return p.key()
}

// next reports whether the object has one more member.
func (p *plainJSON) next() bool {
	if p.bad {
		return false
	}
	if p.take(',') {
		return p.key()
	}
	p.bad = !p.take('}')
	return false
}

func (p *plainJSON) key() bool {
	p.name = p.string()
	if !p.take(':') {
		p.bad = true
	}
	return !p.bad
}

// text reads a string into a place that has none yet.
func (p *plainJSON) text(into *string) {
	if *into != "" {
		p.bad = true
	}
	*into = p.string()
}

// string reads a string. It is a part of the body, not a copy.
func (p *plainJSON) string() string {
	if !p.take('"') {
		p.bad = true
		return ""
	}
	rest := p.body[p.at:]
	n := plainLength(rest)
	if n == 0 || n == len(rest) || rest[n] != '"' {
		p.bad = true
		return ""
	}
	p.at += n + 1
	return rest[:n]
}

// take reads white space and then a character.
func (p *plainJSON) take(c byte) bool {
	if p.at < len(p.body) && p.body[p.at] == c {
		p.at++
		return true
	}
	p.space()
	if p.at == len(p.body) || p.body[p.at] != c {
		return false
	}
	p.at++
	return true
}

func (p *plainJSON) space() {
	for p.at < len(p.body) && (p.body[p.at] == ' ' || p.body[p.at] == '\t' || p.body[p.at] == '\n' || p.body[p.at] == '\r') {
		p.at++
	}
}

// end reads white space up to the end, and reports whether all has been read.
func (p *plainJSON) end() bool {
	p.space()
	return !p.bad && p.at == len(p.body)
}

// appendText appends a string as JSON. Nearly all are plain, and only copied.
func appendText(out []byte, text string) ([]byte, error) {
	if plainLength(text) < len(text) {
		return jsontext.AppendQuote(out, text)
	}
	out = append(out, '"')
	out = append(out, text...)
	return append(out, '"'), nil
}

// plainLength returns how many characters a text begins with that stand for themselves in a JSON
// string: visible ASCII but the quotation mark and the backslash. It looks at eight at a time.
//
// In each test (above 0x7f, below the space, 0x7f, the two quoted) the highest bit of a byte tells
// that its character is not plain. What a byte
// that is not plain takes or gives its neighbours reaches higher ones only, so the lowest such
// bit is right.
func plainLength(text string) int {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(text); i += 8 {
		x := word(text[i : i+8])
		odd := x | (x - ' '*ones) | (x + ones) | ((x ^ '"'*ones) - ones) | ((x ^ '\\'*ones) - ones)
		if odd &= high; odd != 0 {
			return i + bits.TrailingZeros64(odd)/8
		}
	}
	for ; i < len(text); i++ {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			break
		}
	}
	return i
}

// word returns eight characters as a number, the first one lowest.
func word(eight string) uint64 {
	_ = eight[7]
	return uint64(eight[0]) | uint64(eight[1])<<8 | uint64(eight[2])<<16 | uint64(eight[3])<<24 |
		uint64(eight[4])<<32 | uint64(eight[5])<<40 | uint64(eight[6])<<48 | uint64(eight[7])<<56
}
