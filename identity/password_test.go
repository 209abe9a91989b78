package identity

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
)

func TestPasswordRoundTrip(t *testing.T) {
	ctx := t.Context()
	p := NewPasswords(2)
	form := regexp.MustCompile(`^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`)
	for _, password := range []string{"a", "correct horse battery staple", "пароль", strings.Repeat("x", 72), "nul\x00inside"} {
		phc, err := p.Hash(ctx, password)
		if err != nil || !form.MatchString(phc) {
			t.Fatalf("hash of %q: %q, %v", password, phc, err)
		}
		ok, rehash, err := p.Verify(ctx, phc, password)
		if !ok || rehash || err != nil {
			t.Errorf("%q: ok %v, rehash %v, %v", password, ok, rehash, err)
		}
		for _, wrong := range []string{"", password + "x", password[:len(password)-1], strings.ToUpper(password) + " "} {
			if ok, rehash, err := p.Verify(ctx, phc, wrong); ok || rehash || err != nil {
				t.Errorf("%q for %q: ok %v, rehash %v, %v", wrong, password, ok, rehash, err)
			}
		}
		if again, _ := p.Hash(ctx, password); again == phc {
			t.Error("two hashes of one password are equal: no salt")
		}
	}
}

// Another cost than today's is accepted and reported as due for a new hash.
func TestVerifyOtherCosts(t *testing.T) {
	p := NewPasswords(1)
	for _, phc := range otherCosts {
		ok, rehash, err := p.Verify(t.Context(), phc, "password")
		if !ok || !rehash || err != nil {
			t.Errorf("%s: ok %v, rehash %v, %v", phc, ok, rehash, err)
		}
		if ok, rehash, err := p.Verify(t.Context(), phc, "Password"); ok || rehash || err != nil {
			t.Errorf("%s, wrong password: ok %v, rehash %v, %v", phc, ok, rehash, err)
		}
	}
}

// From the test vectors of the Argon2 reference implementation (argon2id, version 19,
// password "password", salt "somesalt").
var otherCosts = []string{
	"$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
	"$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
	"$argon2id$v=19$m=65536,t=1,p=1$c29tZXNhbHQ$9qWtwbpyPd3vm1rB1GThgPzZ3/ydHL92zKL+15XZypg",
}

func TestVerifyRefusesStrangeHashes(t *testing.T) {
	p := NewPasswords(1)
	salt, key := strings.Repeat("A", 22), strings.Repeat("A", 43)
	for _, phc := range []string{
		"", "password", "$", "$argon2id$", "$2b$12$abcdefghijklmnopqrstuv",
		"$argon2i$v=19$m=19456,t=2,p=1$" + salt + "$" + key,
		"$argon2id$v=16$m=19456,t=2,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=19456,t=0,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=19456,t=2,p=0$" + salt + "$" + key,
		"$argon2id$v=19$m=4,t=2,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=4294967295,t=2,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=4294986752,t=2,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=19456,t=4000000,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=19456,t=2,p=255$" + salt + "$" + key,
		"$argon2id$v=19$m=+19456,t=2,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=019456,t=2,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=19456,t=2,p=1,x=1$" + salt + "$" + key,
		"$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + key + "$",
		"$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$",
		"$argon2id$v=19$m=19456,t=2,p=1$$" + key,
		"$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + key + "=",
		" $argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + key,
	} {
		ok, rehash, err := p.Verify(t.Context(), phc, "password")
		if ok || rehash || !errors.Is(err, errPasswordHash) {
			t.Errorf("%q: ok %v, rehash %v, %v; want a refusal", phc, ok, rehash, err)
		}
	}
}

func TestVerifyNobodyWorksAndNeverMatches(t *testing.T) {
	p := NewPasswords(1)
	if !p.nobody.costs(DefaultPasswordCost()) {
		t.Error("nobody's hash has another cost than a real one: the time would tell them apart")
	}
	if err := p.VerifyNobody(t.Context(), "password"); err != nil {
		t.Error(err)
	}
}

func TestPasswordsBoundTheirWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPasswords(1)
		<-p.slots // as if a hash were running
		ctx, cancel := context.WithCancel(t.Context())
		errs := make(chan error, 3)
		go func() { _, err := p.Hash(ctx, "x"); errs <- err }()
		go func() { _, _, err := p.Verify(ctx, otherCosts[0], "password"); errs <- err }()
		go func() { errs <- p.VerifyNobody(ctx, "x") }()
		synctest.Wait()
		if len(errs) != 0 {
			t.Fatal("a hash ran beyond the bound")
		}
		cancel()
		for range 3 {
			if err := <-errs; !errors.Is(err, context.Canceled) {
				t.Errorf("error %v, want context canceled", err)
			}
		}
		p.slots <- nil
		if _, err := p.Hash(t.Context(), "x"); err != nil {
			t.Errorf("after the slot is free: %v", err)
		}
		if len(p.slots) != 1 {
			t.Error("a slot was not given back")
		}
	})
}

func TestPasswordsStopWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := NewPasswords(1)
	if phc, err := p.Hash(ctx, "x"); phc != "" || !errors.Is(err, context.Canceled) {
		t.Errorf("%q, %v", phc, err)
	}
}

func BenchmarkPasswordHash(b *testing.B) {
	p := NewPasswords(1)
	for b.Loop() {
		if _, err := p.Hash(b.Context(), "correct horse battery staple"); err != nil {
			b.Fatal(err)
		}
	}
}
