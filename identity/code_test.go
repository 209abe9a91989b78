package identity

import (
	"encoding/hex"
	"regexp"
	"strings"
	"testing"
)

// Part of the stored format, computed with another HKDF and HMAC (Python).
func TestCodeHashesAreStable(t *testing.T) {
	k := testKeyring(t, 7)
	for _, c := range []struct{ what, got, want string }{
		{"renew token", hex.EncodeToString(k.HashToken(PurposeRenew, "token")), "9a21be7d2cfbf1a4b8cee3f0481107f58572274a5c8433bb0275fb323cc99030"},
		{"magic code", hex.EncodeToString(k.HashMagicCode("login", "123456")), "d7911c5d7d544ac597196902d09e0a6e1358113512d7c4e7613086671e0b20aa"},
		{"recovery code", hex.EncodeToString(k.HashRecoveryCode("user", "0123-4567-89ab-cdef")), "e6457eaa0efba6a73870c89d02318feeb2a89c72e89cd8634edbf65607049db6"},
	} {
		if c.got != c.want {
			t.Errorf("hash of a %s is %s, want %s", c.what, c.got, c.want)
		}
	}
}

func TestHashesOfOnePurposeAreWorthNothingForAnother(t *testing.T) {
	a, b := testKeyring(t, 1), testKeyring(t, 2)
	values := map[string]string{
		"a secret":   string(a.HashSecret("x")),
		"a magic":    string(a.HashMagicCode("id", "x")),
		"a magic 2":  string(a.HashMagicCode("i", "dx")),
		"b magic":    string(b.HashMagicCode("id", "x")),
		"a recovery": string(a.HashRecoveryCode("id", "x")),
	}
	for _, purpose := range []Purpose{PurposeLogin, PurposeRenew, PurposeReset, PurposeInvitation, PurposeSignup, PurposeConnection} {
		values["a "+string(purpose)] = string(a.HashToken(purpose, "x"))
		values["b "+string(purpose)] = string(b.HashToken(purpose, "x"))
	}
	seen := map[string]string{}
	for name, value := range values {
		if other, taken := seen[value]; taken || len(value) != 32 {
			t.Errorf("%s has %d bytes and equals %q", name, len(value), other)
		}
		seen[value] = name
	}
}

func TestMagicCode(t *testing.T) {
	k := testKeyring(t, 1)
	form := regexp.MustCompile(`^[0-9]{6}$`)
	first := map[byte]int{}
	const codes = 10_000
	for range codes {
		code := NewMagicCode()
		if !form.MatchString(code) {
			t.Fatalf("code %q", code)
		}
		first[code[0]]++
	}
	// 1,000 of each first digit are expected; the standard deviation is 30. Eight of them
	// away happens by chance once in 10^13 runs.
	for digit, n := range first {
		if len(first) != 10 || n < 760 || n > 1240 {
			t.Errorf("first digit %c: %d of %d codes", digit, n, codes)
		}
	}
	hash := k.HashMagicCode("login-1", "042137")
	for code, want := range map[string]bool{
		"042137": true, "042 137": true, "042-137": true, " 042137\t": true, "042\u00a0137": true,
		"": false, "42137": false, "0421370": false, "042138": false, "O42137": false, "042137\n": false, "٠٤٢١٣٧": false,
	} {
		if got := k.VerifyMagicCode("login-1", code, hash); got != want {
			t.Errorf("%q: %v, want %v", code, got, want)
		}
	}
	for name, accepted := range map[string]bool{
		"other login": k.VerifyMagicCode("login-2", "042137", hash),
		"other key":   testKeyring(t, 2).VerifyMagicCode("login-1", "042137", hash),
		"no hash":     k.VerifyMagicCode("login-1", "042137", nil),
		"short hash":  k.VerifyMagicCode("login-1", "042137", hash[:16]),
		"recovery":    k.VerifyMagicCode("login-1", "042137", k.HashRecoveryCode("login-1", "042137")),
	} {
		if accepted {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestRecoveryCodes(t *testing.T) {
	k := testKeyring(t, 1)
	form := regexp.MustCompile(`^[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){3}$`)
	codes := NewRecoveryCodes()
	hashes := make([][]byte, len(codes))
	seen := map[string]bool{}
	for i, code := range codes {
		if !form.MatchString(code) || seen[code] {
			t.Errorf("code %q, seen before: %v", code, seen[code])
		}
		seen[code] = true
		hashes[i] = k.HashRecoveryCode("user", code)
	}
	if len(codes) != RecoveryCodes {
		t.Errorf("%d codes, want %d", len(codes), RecoveryCodes)
	}
	for i, code := range codes {
		for _, typed := range []string{code, strings.ToUpper(code), strings.ReplaceAll(code, "-", ""), " " + strings.ReplaceAll(code, "-", " "), strings.ReplaceAll(strings.ReplaceAll(code, "0", "o"), "1", "I"), strings.ReplaceAll(code, "1", "l")} {
			if got := k.MatchRecoveryCode("user", typed, hashes); got != i {
				t.Errorf("%q: %d, want %d", typed, got, i)
			}
		}
		used := append(append([][]byte{}, hashes[:i]...), hashes[i+1:]...)
		for what, got := range map[string]int{
			"used":         k.MatchRecoveryCode("user", code, used),
			"other user":   k.MatchRecoveryCode("other", code, hashes),
			"other key":    testKeyring(t, 2).MatchRecoveryCode("user", code, hashes),
			"cut":          k.MatchRecoveryCode("user", code[:18], hashes),
			"longer":       k.MatchRecoveryCode("user", code+"0", hashes),
			"no hashes":    k.MatchRecoveryCode("user", code, nil),
			"empty hashes": k.MatchRecoveryCode("user", code, [][]byte{nil, {}}),
			"empty":        k.MatchRecoveryCode("user", "", hashes),
		} {
			if got != -1 {
				t.Errorf("%s code: matches %d", what, got)
			}
		}
	}
}

func FuzzMatchRecoveryCode(f *testing.F) {
	k := testKeyring(f, 1)
	hashes := [][]byte{k.HashRecoveryCode("user", "0123-4567-89ab-cdef")}
	f.Add("user", "0123-4567-89AB-CDEF")
	f.Add("use", "r0123-4567-89ab-cdef")
	f.Add("user", "o123 4567 89ab cdef")
	f.Fuzz(func(t *testing.T, user, code string) {
		symbols := strings.Map(func(r rune) rune {
			switch r {
			case ' ', '-', '\t', '\u00a0':
				return -1
			case 'o', 'O':
				return '0'
			case 'i', 'I', 'l', 'L':
				return '1'
			}
			return r
		}, code)
		want := -1
		if user == "user" && strings.EqualFold(symbols, "0123456789ABCDEF") {
			want = 0
		}
		if got := k.MatchRecoveryCode(user, code, hashes); got != want {
			t.Fatalf("%q %q: %d, want %d", user, code, got, want)
		}
	})
}
