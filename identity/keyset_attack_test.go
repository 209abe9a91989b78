package identity

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func marshalPublic(t testing.TB, public *ecdsa.PublicKey) (der, text []byte) {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return der, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// forge signs any header and payload as a session key would, without the library under test.
func forge(t testing.TB, private *ecdsa.PrivateKey, header, payload string) string {
	t.Helper()
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(header)) + "." + encode([]byte(payload))
	digest := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, private, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	order := elliptic.P256().Params().N
	if s.Cmp(new(big.Int).Rsh(order, 1)) > 0 {
		s.Sub(order, s)
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return signed + "." + encode(signature)
}

type member struct{ name, value string } // the value as JSON

func object(members []member) string {
	parts := make([]string, len(members))
	for i, m := range members {
		parts[i] = strconv.Quote(m.name) + ":" + m.value
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// mutations returns each object that differs from the given one in one member: dropped,
// null, of another type, twice, changed, under another name, or at another place.
func mutations(members []member) map[string]string {
	out := map[string]string{}
	change := func(i int, what string, replacement ...member) {
		changed := slices.Concat(members[:i], replacement, members[i+1:])
		out[members[i].name+" "+what] = object(changed)
	}
	for i, m := range members {
		change(i, "dropped")
		for _, value := range []string{
			"null", "true", "false", "0", "1", "-1", "1e9", "1.5", "99999999999999999999", `""`, `"x"`, `" "`, "[]", "{}", "[null]",
			"[" + m.value + "]", `{"x":` + m.value + `}`, strconv.Quote(m.value),
		} {
			if value != m.value {
				change(i, "is "+value, member{m.name, value})
			}
		}
		if text, err := strconv.Unquote(m.value); err == nil {
			for what, changed := range map[string]string{
				"in capitals": strings.ToUpper(text), "in lower case": strings.ToLower(text), "with a space": text + " ",
				"with a NUL": text + "\x00", "cut": text[:len(text)-1], "with a path": "../" + text, "longer": text + text[:1],
				"with a query": text + "' OR '1'='1", "escaped": "",
			} {
				encoded, _ := json.Marshal(changed)
				if what == "escaped" {
					encoded = fmt.Appendf(nil, `"\u%04x%s"`, text[0], text[1:])
				}
				if changed != text {
					change(i, what, member{m.name, string(encoded)})
				}
			}
		} else {
			for _, value := range []string{m.value + ".0", "0" + m.value, "+" + m.value, m.value + "e0", "-" + m.value} {
				change(i, "is "+value, member{m.name, value})
			}
		}
		change(i, "twice", m, m)
		change(i, "twice, first null", member{m.name, "null"}, m)
		change(i, "twice, last null", m, member{m.name, "null"})
		change(i, "in capitals, beside it", m, member{strings.ToUpper(m.name), m.value})
		change(i, "under another name", member{m.name + "x", m.value})
		change(i, "under a name in capitals", member{strings.ToUpper(m.name), m.value})
		change(i, "with a stranger before", member{"x", "1"}, m)
		change(i, "with a stranger after", m, member{"x", "1"})
		for j := range i {
			swapped := slices.Clone(members)
			swapped[i], swapped[j] = swapped[j], swapped[i]
			out[m.name+" before "+members[j].name] = object(swapped)
			values := slices.Clone(members)
			values[i].value, values[j].value = values[j].value, values[i].value
			if !sameKind(m.name, members[j].name) {
				out[m.name+" and "+members[j].name+" exchanged"] = object(values)
			}
		}
	}
	whole := object(members)
	for what, text := range map[string]string{
		"space before": " " + whole, "space after": whole + " ", "line after": whole + "\n", "twice": whole + whole, "BOM": "\ufeff" + whole,
		"array": "[" + whole + "]", "string": strconv.Quote(whole), "null": "null", "empty": "", "number": "1", "open": whole[:len(whole)-1],
		"space inside": strings.Replace(whole, ":", ": ", 1), "deep": strings.Repeat("[", 600) + strings.Repeat("]", 600),
	} {
		out["whole: "+what] = text
	}
	return out
}

// sameKind says that two claims hold free identifiers: exchanged, they are the claims of
// somebody else, signed by us, and no fault of form.
func sameKind(a, b string) bool {
	free := []string{"sub", "org", "jti"}
	return slices.Contains(free, a) && slices.Contains(free, b)
}

func tokenParts(key *SigningKey) (header, claims []member) {
	want := testClaims()
	header = []member{{"alg", `"ES256"`}, {"kid", strconv.Quote(key.ID())}, {"typ", strconv.Quote(sessionType)}}
	claims = []member{
		{"iss", strconv.Quote(testIssuer)}, {"aud", strconv.Quote(testAudience)}, {"sub", strconv.Quote(string(want.UserID))},
		{"org", strconv.Quote(string(want.OrganizationID))}, {"jti", strconv.Quote(want.ID)},
		{"iat", fmt.Sprint(want.IssuedAt.Unix())}, {"exp", fmt.Sprint(want.ExpiresAt.Unix())},
	}
	return header, claims
}

// Every token here carries a valid signature of the right key over what it says, so that
// only the reading of header and claims stands between it and a session.
func TestSignedNonsenseIsRefused(t *testing.T) {
	key := testSigningKey(t)
	set := testKeySet(t, key)
	header, claims := tokenParts(key)
	if got, err := set.Verify(forge(t, key.private, object(header), object(claims)), tokenTime); err != nil || got != testClaims() {
		t.Fatalf("the unchanged token: %+v, %v; the generator proves nothing", got, err)
	}
	n := 0
	for what, text := range mutations(header) {
		if err := verifyOnly(set, forge(t, key.private, text, object(claims))); err != ErrSessionToken && (err != ErrUnknownKey || !strings.HasPrefix(what, "kid ")) {
			t.Errorf("header, %s: %v\n%s", what, err, text)
		}
		n++
	}
	for what, text := range mutations(claims) {
		if honest(text) {
			continue
		}
		if err := verifyOnly(set, forge(t, key.private, object(header), text)); err != ErrSessionToken {
			t.Errorf("claims, %s: %v\n%s", what, err, text)
		}
		n++
	}
	if n < 350 {
		t.Errorf("only %d tokens were tried", n)
	}
	t.Logf("%d tokens", n)
}

// honest reports whether a payload says, in our own words, that somebody else has a session:
// another identifier in sub, org or jti. Only we can sign that, and then it is true.
func honest(payload string) bool {
	var wire wireClaims
	if json.Unmarshal([]byte(payload), &wire) != nil {
		return false
	}
	again, err := json.Marshal(wire)
	named := wire.Subject != "" && wire.Organization != "" && wire.ID != ""
	wire.Subject, wire.Organization, wire.ID = "", "", ""
	want := wireClaims{Issuer: testIssuer, Audience: testAudience, IssuedAt: testClaims().IssuedAt.Unix(), ExpiresAt: testClaims().ExpiresAt.Unix()}
	return err == nil && string(again) == payload && named && wire == want
}

func verifyOnly(set *KeySet, token string) error {
	claims, err := set.Verify(token, tokenTime)
	if err != nil && claims != (SessionClaims{}) {
		return fmt.Errorf("claims beside the error %w", err)
	}
	return err
}

// The attacks of RFC 8725 by name.
func TestTokenAttacks(t *testing.T) {
	key, attacker := testSigningKey(t), testSigningKey(t)
	set := testKeySet(t, key)
	headerMembers, claimMembers := tokenParts(key)
	header, payload := object(headerMembers), object(claimMembers)
	valid := mustSign(t, set, testClaims())
	encode := base64.RawURLEncoding.EncodeToString
	attackerJWK := string(testKeySet(t, attacker).JWKS())
	attackerJWK = attackerJWK[len(`{"keys":[`) : len(attackerJWK)-len(`]}`)]
	with := func(extra string) string { return header[:len(header)-1] + "," + extra + "}" }
	kid := func(id string) string {
		return object([]member{headerMembers[0], {"kid", strconv.Quote(id)}, headerMembers[2]})
	}
	typ := func(value string) string {
		return object([]member{headerMembers[0], headerMembers[1], {"typ", strconv.Quote(value)}})
	}
	alg := func(value string) string {
		return object([]member{{"alg", strconv.Quote(value)}, headerMembers[1], headerMembers[2]})
	}
	tokens := map[string]string{
		"signed by another key": forge(t, attacker.private, header, payload),
		"jwk of the attacker":   forge(t, attacker.private, with(`"jwk":`+attackerJWK), payload),
		"jku of the attacker":   forge(t, attacker.private, with(`"jku":"https://attacker.example/jwks"`), payload),
		"x5u of the attacker":   forge(t, attacker.private, with(`"x5u":"https://attacker.example/cert"`), payload),
		"x5c":                   forge(t, key.private, with(`"x5c":["AAAA"]`), payload),
		"crit":                  forge(t, key.private, with(`"crit":["exp"],"exp":1`), payload),
		"b64 false":             forge(t, key.private, with(`"b64":false,"crit":["b64"]`), payload),
		"zip":                   forge(t, key.private, with(`"zip":"DEF"`), payload),
		"nonce":                 forge(t, key.private, with(`"nonce":"x"`), payload),
		"other signature":       highS(t, valid),
		"signature of zeros":    strings.Join(strings.Split(valid, ".")[:2], ".") + "." + encode(make([]byte, 64)),
		"no signature":          strings.Join(strings.Split(valid, ".")[:2], ".") + ".",
		"million dots":          strings.Repeat(".", 1_000_000),
		"long":                  valid + strings.Repeat("A", maxSessionToken),
		"JSON serialization":    fmt.Sprintf(`{"protected":%q,"payload":%q,"signature":%q}`, strings.Split(valid, ".")[0], strings.Split(valid, ".")[1], strings.Split(valid, ".")[2]),
		"five parts":            valid + ".AAAA.AAAA",
		"bearer":                "Bearer " + valid,
		"long claims":           forge(t, key.private, header, strings.Replace(payload, "1111", strings.Repeat("1", maxSessionToken), 1)),
		"other payload":         strings.Split(valid, ".")[0] + "." + encode([]byte(strings.Replace(payload, "1111", "3333", 1))) + "." + strings.Split(valid, ".")[2],
	}
	for _, value := range []string{"none", "None", "NONE", "nOnE", ""} {
		unsigned := encode([]byte(alg(value))) + "." + encode([]byte(payload)) + "."
		tokens["alg "+value+" without a signature"] = unsigned
		tokens["alg "+value+" with a signature"] = unsigned + strings.Split(valid, ".")[2]
	}
	for form, secret := range publicKeyForms(t, set, &key.private.PublicKey) {
		for _, h := range []string{alg("HS256"), header, `{"alg":"HS256","typ":"JWT"}`} {
			signed := encode([]byte(h)) + "." + encode([]byte(payload))
			mac := hmac.New(sha256.New, secret)
			mac.Write([]byte(signed))
			tokens["HMAC with the public key as "+form+" under "+h] = signed + "." + encode(mac.Sum(nil))
		}
	}
	for _, value := range []string{"ES384", "ES512", "RS256", "PS256", "EdDSA", "ES256K", "HS512", "dir", "RSA-OAEP"} {
		tokens["alg "+value] = forge(t, key.private, alg(value), payload)
	}
	for _, value := range []string{"JWT", "jwt", "at+jwt", "application/" + sessionType, "id_token", "renew", "Bailiwick-Session+JWT"} {
		tokens["typ "+value] = forge(t, key.private, typ(value), payload)
	}
	for _, id := range []string{"", "../../../dev/null", "/etc/passwd", "x' OR '1'='1", "https://attacker.example", key.ID() + "\x00", strings.Repeat("A", 42), strings.Repeat("A", 44)} {
		tokens["kid "+id] = forge(t, attacker.private, kid(id), payload)
	}
	for what, token := range tokens {
		refused(t, set, what, token, tokenTime, ErrSessionToken)
	}
	refused(t, set, "kid of the attacker", forge(t, attacker.private, kid(attacker.ID()), payload), tokenTime, ErrUnknownKey)
	if len(tokens) < 60 {
		t.Errorf("only %d attacks: names collide", len(tokens))
	}
}

// Claims that are well formed but not for this server or this time.
func TestClaimsOfAnotherServerOrTime(t *testing.T) {
	key := testSigningKey(t)
	set := testKeySet(t, key)
	for _, c := range [][2]string{{testIssuer + "/", testAudience}, {testIssuer, testIssuer}, {testAudience, testIssuer}, {"https://other.example", testAudience}} {
		other, err := NewKeySet(c[0], c[1], key)
		if err != nil {
			t.Fatal(err)
		}
		refused(t, set, fmt.Sprint(c), mustSign(t, other, testClaims()), tokenTime, ErrSessionToken)
	}
	header, claims := tokenParts(key)
	at := func(issued, expires int64) string {
		changed := slices.Clone(claims)
		changed[5].value, changed[6].value = fmt.Sprint(issued), fmt.Sprint(expires)
		return forge(t, key.private, object(header), object(changed))
	}
	now := tokenTime.Unix()
	for what, token := range map[string]string{
		"never expires":   at(now, 253402300799),
		"an hour and one": at(now, now+3601),
		"from the future": at(now+61, now+120),
		"backwards":       at(now, now-1),
		"no time at all":  at(now, now),
		"from 1970":       at(0, 3600),
		"overflow":        at(-9223372036854775808, 9223372036854775807),
	} {
		refused(t, set, what, token, tokenTime, ErrSessionToken)
	}
	refused(t, set, "of last week", at(now-7*86400, now-7*86400+3600), tokenTime, ErrSessionExpired)
}

// Every change of every byte of a valid token, in every place.
func TestChangedBytesOfASessionToken(t *testing.T) {
	set := testKeySet(t, testSigningKey(t))
	token := mustSign(t, set, testClaims())
	try := func(what string, changed string) {
		t.Helper()
		if changed == token {
			return
		}
		if err := verifyOnly(set, changed); err == nil || (err != ErrSessionToken && err != ErrUnknownKey) {
			t.Errorf("%s: %v\n%s", what, err, changed)
		}
	}
	for i := range len(token) {
		for bit := range 8 {
			try(fmt.Sprintf("bit %d of byte %d flipped", bit, i), token[:i]+string([]byte{token[i] ^ 1<<bit})+token[i+1:])
		}
		try(fmt.Sprint("cut at ", i), token[:i])
		try(fmt.Sprint("without the first ", i+1), token[i+1:])
		try(fmt.Sprint("without byte ", i), token[:i]+token[i+1:])
		for _, insert := range []string{" ", "\n", "\r", "\x00", "=", ".", "A", "%", "\u00a0", token[i : i+1]} {
			try(fmt.Sprintf("%q at %d", insert, i), token[:i]+insert+token[i:])
		}
	}
	for _, end := range []string{" ", "\n", "=", "==", ".", "A", ".A", "#", "\x00"} {
		try("end "+end, token+end)
	}
	for what, changed := range map[string]string{
		"capitals": strings.ToUpper(token), "lower case": strings.ToLower(token), "empty": "", "dots": "..",
		"standard alphabet": strings.NewReplacer("-", "+", "_", "/").Replace(token) + "=",
	} {
		try(what, changed)
	}
	// The last symbol of each segment has bits that decoding throws away.
	segments := strings.Split(token, ".")
	for i, segment := range segments {
		for _, symbol := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
			changed := slices.Clone(segments)
			changed[i] = segment[:len(segment)-1] + string(symbol)
			try(fmt.Sprintf("last symbol of segment %d is %c", i, symbol), strings.Join(changed, "."))
		}
	}
}

func FuzzVerifySession(f *testing.F) {
	key := testSigningKey(f)
	set := testKeySet(f, key)
	valid := mustSign(f, set, testClaims())
	f.Add(valid)
	f.Add(highS(f, valid))
	f.Add("")
	f.Add("..")
	header, claims := tokenParts(key)
	for _, text := range slices.Sorted(maps.Values(mutations(header))) {
		f.Add(forge(f, key.private, text, object(claims)))
	}
	f.Fuzz(func(t *testing.T, token string) {
		claims, err := set.Verify(token, tokenTime)
		if err == nil && token != valid {
			t.Fatalf("accepted %q as %+v", token, claims)
		}
		if err != nil && (claims != (SessionClaims{}) || token == valid) {
			t.Fatalf("%q: %+v, %v", token, claims, err)
		}
	})
}
