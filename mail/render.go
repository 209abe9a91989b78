package mail

import (
	"embed"
	"errors"
	"fmt"
	html "html/template"
	"io"
	"io/fs"
	"path"
	"strings"
	text "text/template"
)

//go:embed templates
var templateFiles embed.FS

const (
	maxValue = 200  // characters of a value in a letter
	maxExact = 2000 // bytes of a code, a link or a password
)

// Recipient is the reader of a letter.
type Recipient struct {
	Name    string // may be empty
	Address string
	Locale  string // such as "fr_FR"; empty or unknown: English
}

// Renderer puts letters into words. It is safe for concurrent use.
type Renderer struct {
	product string
	letters map[string]letterTemplates // by language and name: "en/welcome"
}

// letterTemplates holds the parts of one letter. Subject and text come from one, the page
// from the other, which escapes for HTML.
type letterTemplates struct {
	text *text.Template
	html *html.Template
}

// NewRenderer reads the embedded templates. The product is the name that letters speak of.
func NewRenderer(product string) (*Renderer, error) {
	if product == "" || clean(product, maxValue) != product {
		return nil, errors.New("mail: the product needs a name of one line")
	}
	r := &Renderer{product: product, letters: map[string]letterTemplates{}}
	for _, l := range languages() {
		files, err := fs.Glob(templateFiles, "templates/"+l.code+"/*.tmpl")
		if err != nil {
			return nil, fmt.Errorf("mail: %w", err)
		}
		page := "templates/" + l.code + "/page.tmpl"
		for _, file := range files {
			if file == page {
				continue
			}
			var t letterTemplates
			// A template that asks for a value which the letter does not have is an error, not
			// an empty place.
			if t.text, err = text.New("").Option("missingkey=error").ParseFS(templateFiles, page, file); err != nil {
				return nil, fmt.Errorf("mail: %w", err)
			}
			if t.html, err = html.New("").Option("missingkey=error").ParseFS(templateFiles, page, file); err != nil {
				return nil, fmt.Errorf("mail: %w", err)
			}
			r.letters[l.code+"/"+strings.TrimSuffix(path.Base(file), ".tmpl")] = t
		}
	}
	return r, nil
}

// Render puts a letter into the words of its reader's language. An error is an [ErrMessage].
//
// Values come from people: names of organizations, descriptions of keys, user agents. Each is
// cut to one short line without invisible characters, so that nobody writes a paragraph of
// their own into a mail that we sign. What must arrive as it is, such as a code, is refused
// instead of being cut.
func (r *Renderer) Render(to Recipient, letter Letter) (Message, error) {
	l := languageOf(to.Locale)
	name, values, err := letter.letter(l)
	if err != nil {
		return Message{}, err
	}
	for key, value := range values {
		switch key {
		case "Code", "Link", "Password":
			if strings.ContainsFunc(value, notPlain) || len(value) > maxExact {
				return Message{}, fmt.Errorf("%w: the value of %s", ErrMessage, key)
			}
		default:
			values[key] = clean(value, maxValue)
		}
	}
	values["Name"], values["Product"] = clean(to.Name, maxValue), r.product
	t, ok := r.letters[l.code+"/"+name]
	if !ok {
		return Message{}, fmt.Errorf("%w: no template %s in %s", ErrMessage, name, l.code)
	}
	m := Message{Name: values["Name"], Address: to.Address}
	for part, into := range map[string]*string{"subject": &m.Subject, "text": &m.Text} {
		if *into, err = execute(t.text.ExecuteTemplate, part, values); err != nil {
			return Message{}, err
		}
	}
	if m.HTML, err = execute(t.html.ExecuteTemplate, "page", values); err != nil {
		return Message{}, err
	}
	m.Subject = strings.TrimSpace(m.Subject)
	return m, m.check()
}

func execute(run func(io.Writer, string, any) error, part string, values map[string]string) (string, error) {
	var out strings.Builder
	if err := run(&out, part, values); err != nil {
		return "", fmt.Errorf("%w: %w", ErrMessage, err)
	}
	return strings.TrimSpace(out.String()) + "\n", nil
}

// clean makes one line of at most so many characters.
func clean(value string, limit int) string {
	value = strings.ToValidUTF8(value, "")
	line := []rune(strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if notPlain(r) {
			return ' '
		}
		return r
	}, value)), " "))
	if len(line) > limit {
		line = append(line[:limit-1], '…')
	}
	return string(line)
}
