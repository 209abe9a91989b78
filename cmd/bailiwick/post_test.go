package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// mailbox is an SMTP server that keeps what it gets.
type mailbox struct{ letters chan string }

func (b mailbox) NewSession(*smtp.Conn) (smtp.Session, error) { return b, nil }
func (b mailbox) Mail(string, *smtp.MailOptions) error        { return nil }
func (b mailbox) Rcpt(string, *smtp.RcptOptions) error        { return nil }
func (b mailbox) Reset()                                      {}
func (b mailbox) Logout() error                               { return nil }
func (b mailbox) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	b.letters <- string(text)
	return err
}

// askForReset asks for the reset of the first owner's password.
func askForReset(t *testing.T, url string) {
	t.Helper()
	answer, err := http.Post(url+"/bailiwick/v1/login/reset/start", "application/json", strings.NewReader(`{"email":"owner@localhost"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusNoContent {
		t.Fatal(answer.Status)
	}
}

// The link in a mail begins with the configured address, whatever a request says of the host.
func TestMailBySMTP(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	box := mailbox{make(chan string, 1)}
	server := smtp.NewServer(box)
	go server.Serve(listener)
	defer server.Close()
	p := start(t, t.TempDir(), "--smtp", fmt.Sprintf("smtp://%s?tls=none", listener.Addr()), "--mail-from", "Bailiwick <iam@example.com>", "--public-url", "https://iam.example.com")
	askForReset(t, p.url)
	select {
	case letter := <-box.letters:
		plain := strings.ReplaceAll(letter, "=\r\n", "")
		for _, want := range []string{"To: <owner@localhost>", "iam@example.com", "https://iam.example.com/login/reset#token=3D"} {
			if !strings.Contains(plain, want) {
				t.Errorf("the letter has no %q:\n%s", want, letter)
			}
		}
	case <-time.After(time.Minute):
		t.Fatal("no letter came")
	}
}

// Somebody signs up at a real server: the link is in the letter, the token behind it makes the
// organization.
func TestSignUpByMail(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, "--signup", "open")
	send := func(path, body string) (int, string) {
		t.Helper()
		answer, err := http.Post(p.url+path, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(text)
	}
	const password = "quiet harbour lantern seven"
	if status, text := send("/bailiwick/v1/sign-up", `{"email":"zoe@example.com","password":"`+password+`","name":"Zoes"}`); status != http.StatusNoContent {
		t.Fatal(status, text)
	}
	var letters []string
	for deadline := time.Now().Add(time.Minute); len(letters) == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no letter came")
		}
		letters, _ = filepath.Glob(filepath.Join(dir, "data", "outbox", "*.eml"))
	}
	text, err := os.ReadFile(letters[0])
	if err != nil {
		t.Fatal(err)
	}
	plain := strings.ReplaceAll(strings.ReplaceAll(string(text), "=\r\n", ""), "=3D", "=")
	_, token, found := strings.Cut(plain, "/sign-up/confirm#token=")
	if !found || strings.Contains(plain, password) {
		t.Fatalf("the letter:\n%s", text)
	}
	token = strings.Fields(token)[0]
	if status, text := send("/bailiwick/v1/sign-up/confirm", `{"token":"`+token+`","password":"`+password+`"}`); status != http.StatusOK {
		t.Fatal(status, text)
	}
	if status, text := send("/bailiwick/v1/login/password", `{"email":"zoe@example.com","password":"`+password+`"}`); status != http.StatusOK || !strings.Contains(text, `"token"`) {
		t.Fatal(status, text)
	}
}

// Without a mail server letters go into a folder that only the server's user can read, and no
// secret of theirs is in the log.
func TestMailIntoTheFolder(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir)
	askForReset(t, p.url)
	var letters []string
	for deadline := time.Now().Add(time.Minute); len(letters) == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no letter came")
		}
		letters, _ = filepath.Glob(filepath.Join(dir, "data", "outbox", "*.eml"))
	}
	text, err := os.ReadFile(letters[0])
	if err != nil {
		t.Fatal(err)
	}
	plain := strings.ReplaceAll(strings.ReplaceAll(string(text), "=\r\n", ""), "=3D", "=")
	_, token, found := strings.Cut(plain, "/login/reset#token=")
	if !found {
		t.Fatalf("no link in the letter:\n%s", text)
	}
	if token = strings.Fields(token)[0]; strings.Contains(p.log.String(), token) {
		t.Error("the token is in the log")
	}
	if info, err := os.Stat(letters[0]); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("the letter can be read by others: %v, %v", info.Mode(), err)
	}
}
