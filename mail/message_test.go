package mail

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var testFrom = mail.Address{Name: "Bailiwick", Address: "no-reply@iam.example.com"}

func testMessage() Message {
	return Message{Name: "Zoé Müller", Address: "zoe@example.com", Subject: "Votre code à usage unique", Text: "Bonjour,\n\n042137\n.\nÀ bientôt\n", HTML: "<p>042137 é</p>\n"}
}

// readMail parses a sent message with the standard library and requires that it is the one
// that was given, with exactly the headers that we write.
func readMail(t testing.TB, text string, want Message) {
	t.Helper()
	parsed, err := mail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	var names []string
	for name, values := range parsed.Header {
		names = append(names, name)
		if len(values) != 1 {
			t.Errorf("%s occurs %d times", name, len(values))
		}
	}
	slices.Sort(names)
	if diff := cmp.Diff([]string{"Auto-Submitted", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Subject", "To"}, names); diff != "" {
		t.Errorf("headers (-want +got):\n%s\n%s", diff, text)
	}
	to, err := parsed.Header.AddressList("To")
	if err != nil || len(to) != 1 {
		t.Fatalf("To: %v, %v", to, err)
	}
	from, err := parsed.Header.AddressList("From")
	if err != nil || len(from) != 1 || *from[0] != testFrom {
		t.Errorf("From: %v, %v", from, err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject"))
	if err != nil {
		t.Error(err)
	}
	got := Message{Name: to[0].Name, Address: to[0].Address, Subject: subject}
	kind, parameters, err := mime.ParseMediaType(parsed.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%s, %v", kind, err)
	}
	parts := multipart.NewReader(parsed.Body, parameters["boundary"])
	for _, c := range []struct {
		kind string
		into *string
	}{{"text/plain; charset=UTF-8", &got.Text}, {"text/html; charset=UTF-8", &got.HTML}} {
		part, err := parts.NextPart() // decodes quoted-printable
		if err != nil || part.Header.Get("Content-Type") != c.kind {
			t.Fatalf("part %v, %v; want %s", part, err, c.kind)
		}
		body, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		*c.into = strings.ReplaceAll(string(body), "\r\n", "\n")
	}
	if _, err := parts.NextPart(); err != io.EOF {
		t.Errorf("a third part: %v", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
}

func TestOutboxFolder(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "mail", "outbox")
	clock := letterTime
	sender, err := New(Config{URL: "file://" + folder, From: testFrom.String(), Clock: func() time.Time { clock = clock.Add(time.Second); return clock }})
	if err != nil {
		t.Fatal(err)
	}
	if want := "folder " + folder; sender.String() != want {
		t.Errorf("%q, want %q", sender, want)
	}
	first, second := testMessage(), testMessage()
	second.Subject = "Second"
	for _, m := range []Message{first, second} {
		if err := sender.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 2 {
		t.Fatalf("files: %v", files)
	}
	for i, file := range files {
		info, err := file.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != 0o600 || !regexp.MustCompile(`^20261120T08050[12]\.000000Z-[A-Z2-7]{26}\.eml$`).MatchString(file.Name()) {
			t.Errorf("%s: %v", file.Name(), info.Mode())
		}
		text, err := os.ReadFile(filepath.Join(folder, file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		readMail(t, string(text), []Message{first, second}[i])
		host, err := os.Hostname()
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte("go-mail")) || bytes.Contains(text, []byte("@"+host)) {
			t.Errorf("the message tells what made it:\n%s", text)
		}
	}
	if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v, %v", info, err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := sender.Send(cancelled, first); !errors.Is(err, context.Canceled) {
		t.Errorf("after the context: %v", err)
	}
	if err := sender.Send(t.Context(), Message{}); !errors.Is(err, ErrMessage) {
		t.Errorf("an empty message: %v", err)
	}
	if files, err = os.ReadDir(folder); err != nil || len(files) != 2 {
		t.Errorf("what was refused left %v, %v", files, err)
	}
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	if err := sender.Send(t.Context(), first); err == nil || !Temporary(err) {
		t.Errorf("without the folder: %v", err)
	}
}

func TestLogSender(t *testing.T) {
	var out bytes.Buffer
	sender, err := New(Config{URL: "log:", From: testFrom.String(), Logger: slog.New(slog.NewJSONHandler(&out, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := sender.Send(t.Context(), testMessage()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"to":"zoe@example.com"`, `"subject":"Votre code à usage unique"`, `042137`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("log without %s: %s", want, &out)
		}
	}
	if strings.Count(out.String(), "\n") != 1 {
		t.Errorf("more than one line:\n%s", &out)
	}
	if err := sender.Send(t.Context(), Message{}); !errors.Is(err, ErrMessage) {
		t.Error(err)
	}
}

// Line breaks and other tricks in what becomes a header.
func TestHeaderInjection(t *testing.T) {
	breaks := []string{"\r\n", "\n", "\r", "\r\n ", "\r\n\r\n", "\x00", "\u2028", "\u0085", "\x0b", "\u202e", "\xff"}
	for _, br := range breaks {
		payload := "x" + br + "Bcc: eve@example.org"
		for what, change := range map[string]func(*Message){
			"name":           func(m *Message) { m.Name = payload },
			"subject":        func(m *Message) { m.Subject = payload },
			"address":        func(m *Message) { m.Address = "zoe@example.com" + br + "Bcc: eve@example.org" },
			"address, comma": func(m *Message) { m.Address = "zoe@example.com," + br + "eve@example.org" },
			"quoted address": func(m *Message) { m.Address = `"x` + br + `y"@example.com` },
			"address domain": func(m *Message) { m.Address = "zoe@example" + br + ".com" },
		} {
			m := testMessage()
			change(&m)
			if msg, err := envelope(m, testFrom, letterTime); !errors.Is(err, ErrMessage) || msg != nil {
				t.Errorf("%s with %q: %v", what, br, err)
			}
		}
	}
	// What is no line break is text, whatever it looks like.
	for _, name := range []string{`Eve" <eve@example.org>, "Zoé`, `Zoé <eve@example.org>`, "a,b;c", `back\slash"`, "=?utf-8?q?Zo=C3=A9?=", "Zoé: x@y"} {
		m := testMessage()
		m.Name, m.Subject = name, name
		var out strings.Builder
		if err := write(&out, m, testFrom, letterTime); err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		if name != "=?utf-8?q?Zo=C3=A9?=" { // readers decode it once more
			readMail(t, out.String(), m)
		}
		if strings.Contains(out.String(), "\nBcc") || strings.Count(out.String(), "\nTo: ") != 1 {
			t.Errorf("%q:\n%s", name, &out)
		}
	}
}

func TestMessageBounds(t *testing.T) {
	for what, change := range map[string]func(*Message){
		"no address": func(m *Message) { m.Address = "" }, "no subject": func(m *Message) { m.Subject = "" },
		"no text": func(m *Message) { m.Text = "" }, "no HTML": func(m *Message) { m.HTML = "" },
		"long address": func(m *Message) { m.Address = strings.Repeat("a", 255) + "@example.com" },
		"long name":    func(m *Message) { m.Name = strings.Repeat("a", maxHeader+1) },
		"long subject": func(m *Message) { m.Subject = strings.Repeat("a", maxHeader+1) },
		"long body":    func(m *Message) { m.HTML = strings.Repeat("a", maxBody) },
		"wrong bytes":  func(m *Message) { m.Text = "\xff" },
	} {
		m := testMessage()
		change(&m)
		if err := m.check(); !errors.Is(err, ErrMessage) || Temporary(err) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
