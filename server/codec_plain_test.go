package server

import (
	"fmt"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// plainByOne is plainLength, one character after the other.
func plainByOne(text string) int {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return i
		}
	}
	return len(text)
}

// Every character at every place of a word, beside every other one.
func TestPlainLength(t *testing.T) {
	for a := range 256 {
		for _, b := range []int{0, 0x1f, ' ', '!', '"', '#', '[', '\\', ']', '~', 0x7f, 0x80, 0xa2, 0xdc, 0xff} {
			for i := range 16 {
				text := []byte("abcdefghijklmnopq")
				text[i], text[i+1] = byte(a), byte(b)
				for _, text := range []string{string(text), string(text[:i+1]), string(text[i:])} {
					if got, want := plainLength(text), plainByOne(text); got != want {
						t.Fatalf("%q: %d, not %d", text, got, want)
					}
				}
			}
		}
	}
}

// FuzzAppendText holds the writer of strings to the library's.
func FuzzAppendText(f *testing.F) {
	for _, text := range []string{"", "plain", "a longer plain text", `"`, `1234567\`, "12345678\n", "é<&>\u2028", "\x7f", "\xff", "1234567\x80"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		want, wantErr := jsontext.AppendQuote([]byte("x"), text)
		got, err := appendText([]byte("x"), text)
		if string(got) != string(want) || fmt.Sprint(err) != fmt.Sprint(wantErr) {
			t.Errorf("%q is written %q, %v; not %q, %v", text, got, err, want, wantErr)
		}
		if got, want := plainLength(text), plainByOne(text); got != want {
			t.Errorf("%q: %d, not %d", text, got, want)
		}
	})
}
