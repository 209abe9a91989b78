package pages

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"bailiwick/authority"
	"bailiwick/iam"
)

//go:embed templates text assets
var files embed.FS

// templates are the pages by language and name: "en/login".
type templates struct {
	pages     map[string]*template.Template
	languages map[string]texts
}

// view is what every template gets.
type view struct {
	Lang    string
	Nonce   string
	CSRF    string
	Next    string
	Assets  map[string]string // path by name
	Session *authority.PageSession
	// Error is what went wrong, in the reader's language; empty: nothing did.
	Error string
	// Data is the page's own.
	Data any
}

func newTemplates() (templates, error) {
	t := templates{map[string]*template.Template{}, map[string]texts{}}
	names, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		return t, fmt.Errorf("pages: %w", err)
	}
	for _, code := range languages() {
		words, err := readTexts(code)
		if err != nil {
			return t, err
		}
		t.languages[code] = words
		for _, name := range names {
			if path.Base(name) == "base.html" {
				continue
			}
			parsed, err := template.New("base.html").Option("missingkey=error").Funcs(words.functions()).ParseFS(files, "templates/base.html", name)
			if err != nil {
				return t, fmt.Errorf("pages: %w", err)
			}
			t.pages[code+"/"+strings.TrimSuffix(path.Base(name), ".html")] = parsed
		}
	}
	return t, nil
}

// security sets the headers that every answer of the pages has. Nothing is loaded but our own
// files, and scripts and styles only with this answer's nonce; nobody may frame a page; no
// cache keeps one; and no address of ours, which may hold a token, is told to another site.
func (q *request) security() {
	h := q.Header()
	form := "'self'"
	if q.formAction != "" {
		form += " " + q.formAction
	}
	image := "'self'"
	if q.imageSource != "" {
		image += " " + q.imageSource
	}
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'nonce-"+q.nonce+"'; style-src 'nonce-"+q.nonce+"'; img-src "+image+"; connect-src 'self'; form-action "+form+"; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Language")
}

// render writes a page. The template is run to its end first, so that a fault is a 500 and not
// half a page.
func (q *request) render(status int, name, fault string, data any) error {
	t, ok := q.templates.pages[q.text.code+"/"+name]
	if !ok {
		return fmt.Errorf("pages: there is no page %q", name)
	}
	v := view{Lang: q.text.code, Nonce: q.nonce, CSRF: q.csrf, Next: q.next(), Session: q.session, Error: fault, Data: data, Assets: map[string]string{}}
	for _, a := range q.assets {
		v.Assets[a.name] = a.path
	}
	var out bytes.Buffer
	if err := t.Execute(&out, v); err != nil {
		http.Error(q.ResponseWriter, "internal error", http.StatusInternalServerError)
		return fmt.Errorf("pages: %s: %w", name, err)
	}
	q.security()
	h := q.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", q.text.code)
	h.Set("Content-Length", strconv.Itoa(out.Len()))
	q.WriteHeader(status)
	q.ResponseWriter.Write(out.Bytes())
	return nil
}

// message is a page that says one thing. Its texts are name.title and name.text.
type message struct {
	Title, Text string
	// Link leads on; its words are LinkText. Empty: there is none.
	Link, LinkText string
	Refresh        string // the browser goes there by itself; empty: it stays
}

// message shows what is in the way, and returns cause for the log.
func (q *request) message(status int, name string, cause error) error {
	return errors.Join(cause, q.render(status, "message", "", message{
		Title: q.text.of(name + ".title"), Text: q.text.of(name + ".text"), Link: withNext(pathLogin, q.next()), LinkText: q.text.of("to_login"),
	}))
}

// fail shows an error that no page has words of its own for.
func (q *request) fail(err error) error {
	switch iam.KindOf(err) {
	case iam.KindDeniedAuthentication:
		return q.message(http.StatusUnauthorized, "signed_out", err)
	case iam.KindUnavailable:
		return q.message(http.StatusServiceUnavailable, "unavailable", err)
	case iam.KindInvalidArguments, iam.KindPreconditionFailed, iam.KindQuotasExceeded:
		return q.message(http.StatusBadRequest, "bad_form", err)
	case iam.KindPermissionsDenied:
		return q.message(http.StatusForbidden, "denied", err)
	}
	return q.message(http.StatusInternalServerError, "internal", err)
}

// asset is a file that pages load. Its path holds a digest of what is in it, so that browsers
// may keep it and a new version is another file.
type asset struct {
	name, path, kind string
	content          []byte
}

func (a asset) serve(w http.ResponseWriter, _ *http.Request, _ iam.Client) error {
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Cache-Control", "public, max-age="+strconv.Itoa(int((365*24*time.Hour).Seconds()))+", immutable")
	h.Set("Content-Length", strconv.Itoa(len(a.content)))
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	w.WriteHeader(http.StatusOK)
	_, err := w.Write(a.content)
	return err
}
