package identity

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCheckPassword(t *testing.T) {
	const ok = PasswordReason("")
	context := []string{"alice.martin", "alice.martin@example.com", "Zoé Müller", "Acme Cloud"}
	for _, c := range []struct {
		password string
		minimum  int
		want     PasswordReason
	}{
		{"correct horse battery staple", MinPasswordLength, ok},
		{"ALL CAPITALS BUT LONG", MinPasswordLength, ok},
		{"tout en minuscules", MinPasswordLength, ok},
		{"длинный пароль из слов", MinPasswordLength, ok},
		{"🌵🎻🧭🪁🫖🌋🧩🎠🪐🦔🍋🧊🎧🪵🌙", MinPasswordLength, ok},
		{"8f2Kq0Zp", MinPasswordLengthMFA, ok},
		{NewToken(), MinPasswordLength, ok},
		{strings.Repeat("long words and more ", 12) + "end", MinPasswordLength, ok},
		{"alice likes violet umbrellas", MinPasswordLength, ok},
		{"bananas are yellow fruit", MinPasswordLength, ok},
		{"5519-8472-dragon-3307", MinPasswordLength, ok},

		{"", MinPasswordLength, PasswordLength},
		{"14 characters!", MinPasswordLength, PasswordLength},
		{"éééééééééééééé", MinPasswordLength, PasswordLength}, // 14 code points, 28 bytes
		{"e\u0301" + strings.Repeat("x", 13), MinPasswordLength, PasswordLength},
		{"8f2Kq0Z", MinPasswordLengthMFA, PasswordLength},
		{strings.Repeat("word ", 51) + "ab", MinPasswordLength, PasswordLength},

		{"not utf-8 \xff inside it", MinPasswordLength, PasswordForm},
		{"a NUL \x00 inside the text", MinPasswordLength, PasswordForm},
		{"two\nlines of a password", MinPasswordLength, PasswordForm},
		{"a C1 control \u0085 in it", MinPasswordLength, PasswordForm},

		{"passwordpassword", MinPasswordLength, PasswordCommon},
		{"PasswordPassword", MinPasswordLength, PasswordCommon},
		{"polniypizdec0211", MinPasswordLength, PasswordCommon},
		{"sunshine", MinPasswordLengthMFA, PasswordCommon},
		{"Sunshine1", MinPasswordLengthMFA, PasswordCommon},
		{"ｓｕｎｓｈｉｎｅ", MinPasswordLengthMFA, PasswordCommon},
		{"P@ssw0rd!!!!!!!!", MinPasswordLength, PasswordCommon},
		{"Dragon1234567890", MinPasswordLength, PasswordCommon},
		{"12345678-sunshine", MinPasswordLength, PasswordCommon},
		{"!!!Welc0me2025!!!", MinPasswordLength, PasswordCommon},
		{"tr1n1ty99", MinPasswordLengthMFA, PasswordCommon},

		{"aaaaaaaaaaaaaaaa", MinPasswordLength, PasswordPattern},
		{"abcabcabcabcabcabc", MinPasswordLength, PasswordPattern},
		{"xk7 xk7 xk7 xk7 ", MinPasswordLength, PasswordPattern},
		{"xk7mxk7mxk7mxk7", MinPasswordLength, PasswordPattern},
		{"sunshine1sunshine1", MinPasswordLength, PasswordPattern},
		{"abcdefghijklmnopqrs", MinPasswordLength, PasswordPattern},
		{"asdfghjklqwertyuiop", MinPasswordLength, PasswordPattern},
		{"6789efgh", MinPasswordLengthMFA, PasswordPattern},
		{"AZERTYUIOPqsdfghjklm", MinPasswordLength, PasswordPattern},
		{"987654321abcdefgh", MinPasswordLength, PasswordPattern},
		{"                    ", MinPasswordLength, PasswordPattern},
		{"🌵🌵🌵🌵🌵🌵🌵🌵🌵🌵🌵🌵🌵🌵🌵🌵", MinPasswordLength, PasswordPattern},

		{"bailiwick-bailiwick-1", MinPasswordLength, PasswordContext},
		{"Bailiwick2025!x", MinPasswordLength, PasswordContext},
		{"alice.martin@example.com", MinPasswordLength, PasswordContext},
		{"Alice.Martin.1987", MinPasswordLength, PasswordContext},
		{"martin-alice-acme", MinPasswordLength, PasswordContext},
		{"AcmeCloud#2024-x", MinPasswordLength, PasswordContext},
		{"zoe\u0301mu\u0308ller4711", MinPasswordLengthMFA, PasswordContext},
		{"zo\u00e9m\u00fcller47112", MinPasswordLengthMFA, PasswordContext},
	} {
		err := CheckPassword(c.password, c.minimum, context...)
		if c.want == ok {
			if err != nil {
				t.Errorf("%q of at least %d: %v, want it accepted", c.password, c.minimum, err)
			}
			continue
		}
		weak, is := errors.AsType[*WeakPassword](err)
		if !is || weak.Reason != c.want || weak.Help == "" {
			t.Errorf("%q of at least %d: %#v, want the reason %q", c.password, c.minimum, err, c.want)
		} else if len(c.password) > 2 && strings.Contains(err.Error(), c.password) {
			t.Errorf("the refusal quotes the password: %v", err)
		}
	}
}

// A blocked password stays blocked whatever the minimum says, and every line is found: a
// list out of order would hide passwords from the search.
func TestEveryCommonPasswordIsFound(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(commonPasswords, "\n"), "\n")
	if len(lines) < 40_000 || !slices.IsSorted(lines) {
		t.Fatalf("%d lines, sorted %v", len(lines), slices.IsSorted(lines))
	}
	for i, line := range lines {
		if !listed(line) {
			t.Fatalf("line %d, %q, is not found", i+1, line)
		}
		if folded := foldPassword(normalizePassword(line)); folded != line {
			t.Errorf("line %d, %q: a password that folds to %q never meets it", i+1, line, folded)
		}
		if err := CheckPassword(line, 1); err == nil {
			t.Errorf("%q is accepted", line)
		}
	}
	for _, word := range []string{"", "\n", "password\n", lines[0][:1], lines[len(lines)-1] + "z", "correct horse"} {
		if listed(word) {
			t.Errorf("%q is found", word)
		}
	}
}

// What another keyboard sends for the same typed password opens the same account.
func TestPasswordsAreNormalised(t *testing.T) {
	p := NewPasswords(1)
	for _, c := range []struct {
		chosen, typed string
		same          bool
	}{
		{"caf\u00e9 au lait le matin", "cafe\u0301 au lait le matin", true},
		{"four words with\u00a0spaces", "four words with spaces", true},
		{"four words with\u3000spaces", "four words with spaces", true},
		{"caf\u00e9 au lait le matin", "cafe au lait le matin", false},
		{"Four words with spaces", "four words with spaces", false},
		{"ﬁve words with a ligature", "five words with a ligature", false},
		{"trailing space counts ", "trailing space counts", false},
		{"not utf-8 \xff inside it", "not utf-8 \xfe inside it", false},
	} {
		phc, err := p.Hash(t.Context(), c.chosen)
		if err != nil {
			t.Fatal(err)
		}
		if ok, _, err := p.Verify(t.Context(), phc, c.typed); ok != c.same || err != nil {
			t.Errorf("%q for %q: %v, %v; want %v", c.typed, c.chosen, ok, err, c.same)
		}
	}
}

func FuzzCheckPassword(f *testing.F) {
	for _, seed := range []string{"", "passwordpassword", "P@ssw0rd!!!!!!!!", "alice.martin.1987", "zoe\u0301 mu\u0308ller", "\xff", "abc\x00", "1qaz2wsx3edc4rfv"} {
		f.Add(seed, "alice.martin@example.com")
	}
	f.Fuzz(func(t *testing.T, password, name string) {
		err := CheckPassword(password, MinPasswordLength, name)
		normal := normalizePassword(password)
		if normalizePassword(normal) != normal {
			t.Fatalf("%q normalises to %q and then to something else", password, normal)
		}
		if err == nil && (utf8.RuneCountInString(normal) < MinPasswordLength || !utf8.ValidString(password)) {
			t.Fatalf("%q accepted", password)
		}
		if again := CheckPassword(normal, MinPasswordLength, name); (again == nil) != (err == nil) && utf8.ValidString(password) {
			t.Fatalf("%q: %v, but in normal form: %v", password, err, again)
		}
	})
}

func BenchmarkCheckPassword(b *testing.B) {
	for b.Loop() {
		if err := CheckPassword("correct horse battery staple", MinPasswordLength, "alice.martin@example.com", "Acme Cloud"); err != nil {
			b.Fatal(err)
		}
	}
}
