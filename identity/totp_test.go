package identity

import (
	"encoding/base32"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// rfcSecret is the SHA-1 seed of RFC 6238, appendix B.
var rfcSecret = base32.StdEncoding.EncodeToString([]byte("12345678901234567890"))

// The vectors of RFC 6238, appendix B; a code of six digits is the end of one of eight.
var rfcCodes = []struct {
	unix int64
	code string
}{
	{59, "94287082"}, {1111111109, "07081804"}, {1111111111, "14050471"},
	{1234567890, "89005924"}, {2000000000, "69279037"}, {20000000000, "65353130"},
}

func TestTOTPVectors(t *testing.T) {
	for _, c := range rfcCodes {
		at, code := time.Unix(c.unix, 0), c.code[2:]
		for shift := -3; shift <= 3; shift++ {
			near := at.Add(time.Duration(shift) * 30 * time.Second)
			step, ok := ValidateTOTP(rfcSecret, code, near, 0)
			if want := shift >= -1 && shift <= 1; ok != want || (ok && step != c.unix/30) || (!ok && step != 0) {
				t.Errorf("%s, %d steps from its time %d: step %d, %v; want %v", code, shift, c.unix, step, ok, want)
			}
		}
	}
}

func TestTOTPIsGoodForOneLogin(t *testing.T) {
	at := time.Unix(1111111111, 0)
	step, ok := ValidateTOTP(rfcSecret, "050471", at, 0)
	if !ok {
		t.Fatal("its own code is refused")
	}
	for last := step; last <= step+2; last++ {
		if again, ok := ValidateTOTP(rfcSecret, "050471", at, last); ok || again != 0 {
			t.Errorf("a code of step %d is accepted after step %d", step, last)
		}
	}
	if _, ok := ValidateTOTP(rfcSecret, "050471", at, step-1); !ok {
		t.Error("the code is refused after the step before it")
	}
	// The code of the step before comes too late once this one was used, although its 30
	// seconds of grace are not over.
	before := "081804"
	if _, ok := ValidateTOTP(rfcSecret, before, at, 0); !ok {
		t.Fatal("the code of the step before is refused within the window")
	}
	if _, ok := ValidateTOTP(rfcSecret, before, at, step); ok {
		t.Error("the code of the step before is accepted after a newer one")
	}
}

func TestTOTPRefuses(t *testing.T) {
	at := time.Unix(1111111111, 0)
	for _, code := range []string{
		"", "05047", "0504710", "14050471", "050472", "050 471", " 050471", "050471 ", "050471\n", "+50471", "0x0471",
		"٠٥٠٤٧١", "０５０４７１", "abcdef", "05047\x00",
	} {
		if step, ok := ValidateTOTP(rfcSecret, code, at, 0); ok || step != 0 {
			t.Errorf("%q: step %d, accepted", code, step)
		}
	}
	for _, secret := range []string{"", "1", "not base32!", rfcSecret[:8], strings.Repeat("A", 32)} {
		if step, ok := ValidateTOTP(secret, "050471", at, 0); ok || step != 0 {
			t.Errorf("secret %q: step %d, accepted", secret, step)
		}
	}
	for _, at := range []time.Time{{}, time.Unix(0, 0), time.Unix(-60, 0)} {
		for _, code := range []string{"755224", "287082", "000000"} { // RFC 4226, counters 0 and 1
			if step, ok := ValidateTOTP(rfcSecret, code, at, 0); ok && step <= 0 {
				t.Errorf("%s at %v: step %d", code, at, step)
			}
		}
	}
}

func TestNewTOTP(t *testing.T) {
	secret, uri, err := NewTOTP("Bailiwick of Acme", "alice+x@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^[A-Z2-7]{32}$`).MatchString(secret) {
		t.Errorf("secret %q, want 160 bits in base32", secret)
	}
	parsed, err := url.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{"scheme": parsed.Scheme, "type": parsed.Host, "label": parsed.Path}
	for name := range parsed.Query() {
		got[name] = parsed.Query().Get(name)
	}
	want := map[string]string{
		"scheme": "otpauth", "type": "totp", "label": "/Bailiwick of Acme:alice+x@example.com",
		"secret": secret, "issuer": "Bailiwick of Acme", "period": "30", "digits": "6", "algorithm": "SHA1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("URI %s (-want +got):\n%s", uri, diff)
	}
	if again, _, _ := NewTOTP("Bailiwick of Acme", "alice+x@example.com"); again == secret {
		t.Error("two secrets are equal")
	}
	for _, c := range [][2]string{{"", "alice"}, {"Bailiwick", ""}, {"Bai:liwick", "alice"}, {"Bailiwick", "al:ice"}} {
		if secret, uri, err := NewTOTP(c[0], c[1]); err == nil || secret != "" || uri != "" {
			t.Errorf("%q: %q, %q, %v; want a refusal", c, secret, uri, err)
		}
	}
}

func FuzzValidateTOTP(f *testing.F) {
	f.Add(rfcSecret, "050471", int64(1111111111), int64(0))
	f.Add("A", "000000", int64(-1), int64(-1))
	f.Fuzz(func(t *testing.T, secret, code string, unix, last int64) {
		step, ok := ValidateTOTP(secret, code, time.Unix(unix, 0), last)
		if !ok && step != 0 {
			t.Fatalf("refused with step %d", step)
		}
		if ok && (len(code) != 6 || step <= last || step <= 0 || step < unix/30-1 || step > unix/30+1) {
			t.Fatalf("%q accepted at %d after step %d with step %d", code, unix, last, step)
		}
	})
}
