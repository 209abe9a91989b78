package pages

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"

	"bailiwick/iam"
)

// What the console's index.html holds in place of what each answer has of its own.
const (
	consoleNonce = "__NONCE__"
	consoleIcon  = "__ICON__"
)

// console is the web console: one document that every one of its paths answers with, and the
// files that it loads.
type console struct {
	document []byte // empty: the console was not built
	files    []consoleFile
}

// consoleFile is a file of the build. Its name holds a digest, so browsers may keep it.
type consoleFile struct {
	asset
	// compressed is made when it is first asked for: a start must not wait for it.
	compressed func() []byte
}

func newConsole(files fs.FS, icon string) (console, error) {
	if files == nil {
		return console{}, nil
	}
	document, err := fs.ReadFile(files, "index.html")
	if err != nil {
		return console{}, fmt.Errorf("pages: the console: %w", err)
	}
	c := console{document: bytes.ReplaceAll(document, []byte(consoleIcon), []byte(icon))}
	names, err := fs.Glob(files, "assets/*")
	if err != nil {
		return console{}, fmt.Errorf("pages: the console: %w", err)
	}
	for _, name := range names {
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return console{}, fmt.Errorf("pages: the console: %w", err)
		}
		kind, ok := consoleKind(path.Ext(name))
		if !ok {
			return console{}, fmt.Errorf("pages: the console has a file of a kind that is not served: %s", name)
		}
		c.files = append(c.files, consoleFile{
			asset:      asset{path.Base(name), "/console/" + name, kind, content},
			compressed: sync.OnceValue(func() []byte { return compress(content) }),
		})
	}
	return c, nil
}

// consoleKind is the media type of a file by the end of its name. It does not come from the
// machine's own table, which may say anything: a browser takes no script of another type.
func consoleKind(ext string) (string, bool) {
	kind, ok := map[string]string{
		".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".woff2": "font/woff2",
	}[ext]
	return kind, ok
}

// compress returns content in gzip.
func compress(content []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(content) // a bytes.Buffer takes everything
	w.Close()
	return out.Bytes()
}

func (f consoleFile) serve(w http.ResponseWriter, r *http.Request, client iam.Client) error {
	w.Header().Set("Vary", "Accept-Encoding")
	if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") || strings.HasPrefix(f.kind, "font/") {
		return f.asset.serve(w, r, client)
	}
	w.Header().Set("Content-Encoding", "gzip")
	return asset{f.name, f.path, f.kind, f.compressed()}.serve(w, r, client)
}

// routes of the console.
func (p *Pages) consoleRoutes() []Route {
	routes := []Route{
		{"GET", "/{$}", "Console", p.page((*request).showConsole)},
		{"GET", "/console/{path...}", "Console", p.page((*request).showConsole)},
		{"GET", "/console/session", "ConsoleSession", p.script((*request).showSession)},
		{"POST", "/console/sign-out", "ConsoleSignOut", p.script((*request).endSession)},
		{"POST", "/console/switch", "ConsoleSwitch", p.script((*request).switchOrganization)},
	}
	for _, f := range p.console.files {
		routes = append(routes, Route{"GET", f.path, "ConsoleFile", f.serve})
	}
	return routes
}

// showConsole shows the console to who is signed in, and else the login.
//
// A browser that another site has sent here keeps its Strict cookie to itself, so it may well be
// signed in: it gets the console, which asks once more, from here.
func (q *request) showConsole() error {
	if len(q.Pages.console.document) == 0 {
		return q.render(http.StatusOK, "message", "", message{
			Title: q.text.of("unbuilt.title"), Text: q.text.of("unbuilt.text"), Link: pathLogin, LinkText: q.text.of("to_login"),
		})
	}
	site := q.Request.Header.Get("Sec-Fetch-Site")
	if q.session == nil && (site == "none" || site == "same-origin") {
		return q.redirect(withNext(pathLogin, ownPath(q.URL.RequestURI())))
	}
	body := bytes.ReplaceAll(q.Pages.console.document, []byte(consoleNonce), []byte(q.nonce))
	q.security()
	h := q.Header()
	// Scripts are our own files only, none in the document. Styles are made while the console
	// runs, so those need this answer's nonce.
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-"+q.nonce+"'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Content-Type", "text/html; charset=utf-8")
	q.WriteHeader(http.StatusOK)
	_, err := q.ResponseWriter.Write(body)
	return err
}
