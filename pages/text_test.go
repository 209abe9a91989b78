package pages

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every text that the pages use is there, in every language, with the same places for values.
func TestTexts(t *testing.T) {
	templates, err := newTemplates()
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	in := func(fsys fs.FS, pattern string, expression *regexp.Regexp, suffixes ...string) {
		names, err := fs.Glob(fsys, pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			content, err := fs.ReadFile(fsys, name)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range expression.FindAllStringSubmatch(string(content), -1) {
				for _, suffix := range suffixes {
					used[found[1]+suffix] = true
				}
			}
		}
	}
	in(files, "templates/*.html", regexp.MustCompile(`\bt "([^"]+)"`), "")
	in(os.DirFS("."), "*.go", regexp.MustCompile(`text\.of\("([^"]+)"`), "")
	in(os.DirFS("."), "*.go", regexp.MustCompile(`\.(?:message|passOn|tell)\([^"\n]*"([^"]+)"`), ".title", ".text")
	english := templates.languages["en"].words
	for key := range used {
		if english[key] == "" {
			t.Errorf("the text %q is missing", key)
		}
	}
	for key := range english {
		if !used[key] && !strings.HasPrefix(key, "fault.") {
			t.Errorf("the text %q is not used", key)
		}
	}
	for _, code := range languages() {
		words := templates.languages[code].words
		for key, text := range words {
			if english[key] == "" || strings.Count(text, "%s") != strings.Count(english[key], "%s") || strings.TrimSpace(text) != text || text == "" {
				t.Errorf("%s: %q is %q, in English %q", code, key, text, english[key])
			}
		}
		if len(words) != len(english) {
			t.Errorf("%s has %d texts, English %d", code, len(words), len(english))
		}
	}
}

func TestLanguages(t *testing.T) {
	templates, err := newTemplates()
	if err != nil {
		t.Fatal(err)
	}
	for accept, want := range map[string]string{
		"": "en", "en": "en", "fr": "fr", "fr-CA": "fr", "FR-ca,en;q=0.5": "fr", "en;q=0.4, fr;q=0.5": "fr", "de, fr;q=0.1": "fr", "de": "en", "*": "en",
		"fr;q=0": "en", "fr;q=x": "en", ";;,,": "en", "en,fr": "en", "fr,en": "fr", strings.Repeat("fr,", 500): "en",
	} {
		if got := templates.texts(accept).code; got != want {
			t.Errorf("%q: %s, want %s", accept, got, want)
		}
	}
	if !slices.Contains(languages(), "fr") {
		t.Error("French is gone")
	}
}
