package pages

import (
	"encoding/json"
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"
)

// languages are those that the pages speak; the first is for who speaks none of them.
func languages() []string { return []string{"en", "fr"} }

// texts are the words of one language.
type texts struct {
	code  string
	words map[string]string
}

func readTexts(code string) (texts, error) {
	t := texts{code: code}
	content, err := files.ReadFile("text/" + code + ".json")
	if err == nil {
		err = json.Unmarshal(content, &t.words)
	}
	if err != nil {
		return t, fmt.Errorf("pages: the texts of %s: %w", code, err)
	}
	return t, nil
}

// of returns a text by its key, with values for its %s.
func (t texts) of(key string, values ...any) string {
	text, ok := t.words[key]
	if !ok {
		return key
	}
	if len(values) == 0 {
		return text
	}
	return fmt.Sprintf(text, values...)
}

// has reports whether there is a text.
func (t texts) has(key string) bool { return t.words[key] != "" }

// functions are what templates call: "t" for a text, "date" for a moment.
func (t texts) functions() template.FuncMap {
	return template.FuncMap{"t": t.of, "date": t.date}
}

// date writes a moment, in UTC.
func (t texts) date(at time.Time) string { return at.UTC().Format("2006-01-02 15:04") + " UTC" }

// texts returns the words of the language that a browser asks for (RFC 9110 section 12.5.4).
func (t templates) texts(accept string) texts {
	best, weight := languages()[0], 0.0
	if len(accept) > 1000 {
		accept = ""
	}
	for part := range strings.SplitSeq(accept, ",") {
		name, parameter, _ := strings.Cut(part, ";")
		code, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(name)), "-")
		w := 1.0
		if text, ok := strings.CutPrefix(strings.TrimSpace(parameter), "q="); ok {
			var err error
			if w, err = strconv.ParseFloat(text, 64); err != nil {
				w = 0
			}
		}
		if _, known := t.languages[code]; known && w > weight {
			best, weight = code, w
		}
	}
	return t.languages[best]
}
