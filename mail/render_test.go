package mail

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the letters in testdata anew")

var letterTime = time.Date(2026, 11, 20, 9, 5, 0, 0, time.FixedZone("CET", 3600))

// letters are one of each kind, with every value.
func letters() map[string]Letter {
	return map[string]Letter{
		"magic_code":      MagicCode{"042137", 10 * time.Minute, "203.0.113.7", "Firefox on Linux"},
		"password_reset":  PasswordReset{"https://iam.example.com/reset?token=T0k3n", letterTime, "203.0.113.7"},
		"confirm_address": ConfirmAddress{"https://iam.example.com/confirm?token=T0k3n", letterTime},
		"account_exists":  AccountExists{"https://iam.example.com/login", "203.0.113.7"},
		"sign_up_invited": SignUpInvited{"https://iam.example.com/sign-up", letterTime},
		"invitation":      Invitation{"Acme", "Bob Durand", "https://iam.example.com/invitation?token=T0k3n", letterTime},
		"welcome":         Welcome{"Acme", "alice", "correct  horse & <battery>", "https://iam.example.com/login?organization=acme"},
		"key_expiring":    KeyExpiring{"Acme", "SCW00000000000000000", "deploys to production", "", letterTime},
		"alert":           Alert{"Acme", "ApiKeyCreated", "An API key was created.", "info", letterTime, "0193"},
		"new_login":       NewLogin{"Acme", letterTime, "203.0.113.7", "Firefox on Linux"},
		"account_changed": AccountChanged{TOTPRemoved, letterTime, "203.0.113.7"},
	}
}

func testRenderer(t testing.TB) *Renderer {
	t.Helper()
	r, err := NewRenderer("Bailiwick")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The words of each letter, as readers get them. Run with -update after a change and read
// the difference.
func TestLetters(t *testing.T) {
	r := testRenderer(t)
	all := letters()
	all["key_expiring_application"] = KeyExpiring{"Acme", "SCW00000000000000000", "deploys to production", "deployer <2>", letterTime}
	for name, letter := range all {
		for locale, code := range map[string]string{"en_US": "en", "fr_FR": "fr"} {
			m, err := r.Render(Recipient{"Alice Martin", "alice@example.com", locale}, letter)
			if err != nil {
				t.Errorf("%s, %s: %v", name, locale, err)
				continue
			}
			got := fmt.Sprintf("To: %s <%s>\nSubject: %s\n\n%s\n%s", m.Name, m.Address, m.Subject, m.Text, m.HTML)
			file := filepath.Join("testdata", name+"."+code+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", file, diff)
			}
			for _, trace := range []string{"{{", "<no value>", "ZgotmplZ", "%!"} {
				if strings.Contains(got, trace) {
					t.Errorf("%s holds %q", file, trace)
				}
			}
		}
	}
}

// Each kind of letter has a template in each language, and each template a letter.
func TestEveryTemplateIsALetter(t *testing.T) {
	r := testRenderer(t)
	if want := len(letters()) * len(languages()); len(r.letters) != want {
		t.Errorf("%d templates, want %d", len(r.letters), want)
	}
	kinds := map[reflect.Type]bool{}
	for name, letter := range letters() {
		got, _, err := letter.letter(english())
		if err != nil || got != name || kinds[reflect.TypeOf(letter)] {
			t.Errorf("%T is %q, %v; want %q", letter, got, err, name)
		}
		kinds[reflect.TypeOf(letter)] = true
	}
	for _, l := range languages() {
		for change := range english().changes {
			if l.changes[change] == "" {
				t.Errorf("%s has no words for %s", l.code, change)
			}
		}
		if len(l.changes) != len(english().changes) {
			t.Errorf("%s has %d changes", l.code, len(l.changes))
		}
	}
}

func TestLanguage(t *testing.T) {
	r := testRenderer(t)
	for locale, french := range map[string]bool{"fr_FR": true, "fr": true, "fr_CA": true, "": false, "en_US": false, "de_DE": false, "x": false} {
		m, err := r.Render(Recipient{Address: "alice@example.com", Locale: locale}, letters()["magic_code"])
		if err != nil || strings.Contains(m.Text, "Bonjour,") != french || strings.Contains(m.Text, "Hello,") == french {
			t.Errorf("locale %q: %v\n%s", locale, err, m.Text)
		}
	}
}

// What people write about themselves stays one short line, and is text and no markup.
func TestValuesOfStrangers(t *testing.T) {
	r := testRenderer(t)
	nasty := "Acme\r\nBcc: eve@example.org\r\n\r\n<script>alert(1)</script>\u202e\u200b \x00\u2028 \xff {{.Code}} " + strings.Repeat("visit evil.example ", 50)
	for name, letter := range map[string]Letter{
		"invitation":      Invitation{nasty, nasty, "https://iam.example.com/x", letterTime},
		"key_expiring":    KeyExpiring{nasty, nasty, nasty, nasty, letterTime},
		"alert":           Alert{nasty, nasty, nasty, nasty, letterTime, nasty},
		"new_login":       NewLogin{nasty, letterTime, nasty, nasty},
		"magic_code":      MagicCode{"042137", time.Minute, nasty, nasty},
		"account_changed": AccountChanged{MFAEnforced, letterTime, nasty},
		"welcome":         Welcome{nasty, nasty, "", "https://iam.example.com/x"},
	} {
		m, err := r.Render(Recipient{nasty, "alice@example.com", ""}, letter)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if strings.ContainsFunc(m.Subject+m.Name, notPlain) || strings.Contains(m.HTML, "<script") || strings.Contains(m.Text+m.HTML, "\nBcc") ||
			strings.ContainsAny(m.Text+m.HTML, "\r\x00\u202e\u200b\u2028") || strings.Count(m.Text+m.HTML, "visit evil.example") > 5*2*10 {
			t.Errorf("%s:\n%s\n%s", name, m.Subject, m.Text)
		}
		if len([]rune(m.Name)) > maxValue {
			t.Errorf("%s: a name of %d characters", name, len([]rune(m.Name)))
		}
	}
}

func TestRenderRefuses(t *testing.T) {
	r := testRenderer(t)
	reader := Recipient{Address: "alice@example.com"}
	for name, c := range map[string]struct {
		to     Recipient
		letter Letter
	}{
		"no code":              {reader, MagicCode{Lifetime: time.Minute}},
		"code of two lines":    {reader, MagicCode{Code: "1\n2"}},
		"no link":              {reader, PasswordReset{}},
		"link in clear":        {reader, PasswordReset{Link: "http://iam.example.com/reset"}},
		"link with a password": {reader, PasswordReset{Link: "https://user:pass@iam.example.com/reset"}},
		"script":               {reader, PasswordReset{Link: "javascript:alert(1)"}},
		"relative link":        {reader, ConfirmAddress{Link: "/confirm"}},
		"link without a host":  {reader, Invitation{Link: "https:///x"}},
		"link with a break":    {reader, Welcome{Link: "https://iam.example.com/\nx"}},
		"long link":            {reader, Welcome{Link: "https://iam.example.com/" + strings.Repeat("x", maxExact)}},
		"password of lines":    {reader, Welcome{Link: "https://iam.example.com/", Password: "a\nb"}},
		"no access key":        {reader, KeyExpiring{}},
		"unknown change":       {reader, AccountChanged{Change: "something"}},
		"no change":            {reader, AccountChanged{}},
		"no address":           {Recipient{}, letters()["welcome"]},
		"two addresses":        {Recipient{Address: "a@example.com,b@example.com"}, letters()["welcome"]},
		"address with a name":  {Recipient{Address: "Eve <eve@example.com>"}, letters()["welcome"]},
		"address with a line":  {Recipient{Address: "a@example.com\r\nBcc: eve@example.org"}, letters()["welcome"]},
		"quoted line":          {Recipient{Address: "\"a\r\n b\"@example.com"}, letters()["welcome"]},
	} {
		m, err := r.Render(c.to, c.letter)
		if !errors.Is(err, ErrMessage) || Temporary(err) {
			t.Errorf("%s: %+v, %v; want ErrMessage", name, m, err)
		}
		if err != nil && strings.Contains(err.Error(), "pass@") {
			t.Errorf("%s: the error quotes the link: %v", name, err)
		}
	}
	if _, err := r.Render(reader, Welcome{Organization: "Acme", Username: "alice", Link: "http://localhost:8080/login"}); err != nil {
		t.Errorf("a link to this machine: %v", err)
	}
	for _, product := range []string{"", "a\nb", strings.Repeat("x", 300)} {
		if _, err := NewRenderer(product); err == nil {
			t.Errorf("product %q: accepted", product)
		}
	}
}

func FuzzRender(f *testing.F) {
	r := testRenderer(f)
	f.Add("Alice", "alice@example.com", "fr_FR", "Acme", "Firefox")
	f.Add("Al\r\nBcc: x@y.z", "a@b.c\r\n", "", "<b>", "\u202e{{.Code}}")
	f.Fuzz(func(t *testing.T, name, address, locale, organization, device string) {
		if strings.Contains(name+organization, "=?") {
			return // looks encoded: readers decode it once more
		}
		m, err := r.Render(Recipient{name, address, locale}, NewLogin{organization, letterTime, device, device})
		if err != nil {
			if !errors.Is(err, ErrMessage) {
				t.Fatal(err)
			}
			return
		}
		var out strings.Builder
		if err := write(&out, m, testFrom, letterTime); err != nil {
			t.Fatal(err)
		}
		readMail(t, out.String(), m)
	})
}
