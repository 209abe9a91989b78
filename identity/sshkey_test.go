package identity

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/md5"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"bailiwick/iam"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh"
)

// Keys and fingerprints as ssh-keygen -l -E md5 prints them.
var goldenKeys = []struct {
	line string
	want SSHKey
}{
	{"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDDOIcfLVg8v9BwBbThbIIO7+P947llBVwmaTL+5oaq3HL91UkicvV7t7E8CAE2I9j56k/ana4xdfLFfLA9MLTb6tQu0BvN81XlFCdDtJmKTGNWNkXSdSt0UTyCzevO7d4205gls55r73YjUnPRdzk7WWhyajM61CDm4ziHHPrMiw==", SSHKey{Type: "ssh-rsa", Bits: 1024, Fingerprint: "1024 MD5:7a:0b:07:cd:99:96:d1:d2:6a:24:1c:52:8a:af:ee:2f (ssh-rsa)"}},
	{"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC9qfyLP5FhLe7ol/h7NdETwxk+tR8FrYLDp0mJ5nTLBpTHplgVeVNgAbbdwbk98JI+8BgXd0quXy1Dj0k4GA6NS4z8V26AGA8v7EDXIFSCvRALGw6RtuvbfpsfEzYl7ZmuqHdar/Ud0XBS96BeHPbc5qQx4xokxkoAxHHPSLZJ4btUFy6wUY6E1V0505gbuxNdgOuJvRK5qwzuIQlwLpFJH4kvAl8VSO0H3fKM/h97nQV+ALL4LHFeygwaxFlZB4kANL7D1knbDLppcVVgaGPc2U2xZ6agFT5UPsaeInQwIklJ/7SnpJS0RBhqiMNJmTFww367VmBm1Xtpel10LhTR", SSHKey{Type: "ssh-rsa", Bits: 2048, Fingerprint: "2048 MD5:d4:a5:9f:16:3e:54:6d:d6:f4:ef:81:4b:fa:9f:a6:10 (ssh-rsa)"}},
	{"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH5FAg/E4TTM+mq1dHEirJlWVZJtVh1ItQdKuQo1Bs/U", SSHKey{Type: "ssh-ed25519", Bits: 256, Fingerprint: "256 MD5:1a:ce:aa:1f:99:59:1a:db:f0:d4:f4:e5:89:ab:43:24 (ssh-ed25519)"}},
	{"ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBLdNAs7DVJgaSRNf5ALoUGqE1eKRP3SDHpyGpGAJYGpn/A1WBMgvW3+yhC9jYPkU73on+s83b20d3/ltkhIlRUM=", SSHKey{Type: "ecdsa-sha2-nistp256", Bits: 256, Fingerprint: "256 MD5:f8:52:15:1e:b4:66:0d:ff:38:fc:a9:e9:94:ba:ad:c1 (ecdsa-sha2-nistp256)"}},
	{"ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBH2rPCQRXVGNpiIFm4zEJ903IPFk90Gmz5ci7HYcR58Y3m1MpTnemOKzMP/2aUmHwJ+hFC4dZRVrOJY+71mxDoQzO+YNeVbnerkRE8JGBgNSp/G2zZA+ZyQN4NvhSzGIYQ==", SSHKey{Type: "ecdsa-sha2-nistp384", Bits: 384, Fingerprint: "384 MD5:eb:8d:55:4c:74:6e:c8:34:52:26:d2:e7:77:71:df:06 (ecdsa-sha2-nistp384)"}},
	{"ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBADgXBY6Utxv/LlahXmGGEg/CD0T47R+tjs4ygaDAeatMxd4lAXrU/z5xP0kHEO9vg+x6zQPLVJhkYzyd0h9kaUYBwGcxqeM1GK8byVVcIzBpIxmJipPI9MfTuxSmgbfqSROrUgeDiOGwp9tjlu7J/GR8FAc8X/mREj2cPKALlpZGs8oqA==", SSHKey{Type: "ecdsa-sha2-nistp521", Bits: 521, Fingerprint: "521 MD5:1d:64:78:79:2d:e6:23:32:08:9b:25:8e:de:69:ae:ce (ecdsa-sha2-nistp521)"}},
	{"ssh-dss AAAAB3NzaC1kc3MAAACBAP7lV0HDX9eontSijuGgSLkS3xZoh0pKZO6TG4ZDoCmsF4RlKfIarxIEXTkrbWzU1P5CZylWbZSEyVmJN7NeYNbU+S461Oknh0BfAJ0wkbrjO+u1X3MYm8Mw4kDbnuthH89TXaZV63F0asacfMs4xI5jPHDzQVR/IRC9jpjMQShnAAAAFQCf2y1brZE4VNP7oCDufjlmWeHuPQAAAIBGaj+JSTKj//MWURZyU6CnFEOKBy/sqbMmtibWV4JL3R2WMPHj+VADx/VMGBxNLyGuGO0vGshiDP0X5GgkVGgznGOcaU3HohxYUWuOK+aM394LCwt9etxGfAPjBnHN+q9C72NzlN2AtvHqbzB7i3slhfV/I1k6EP61v1dVgHU+PAAAAIEAnezK9FT5qq8814fRSqnFtHBlztjLiyrKcwJ9Tg+p8KQ+E2vfrDPbD0HfLjMCW0BXwHCdtPYu6v8nT36Qwmha1o0KPlMMROs8vFyi5OCBPdw0C5kgcKBVn6HBrSBeVA4W985lrH9Z5KEg02xd7MQ2lax+h3pMIVPWGNn/pNsEjPY=", SSHKey{Type: "ssh-dss", Bits: 1024, Fingerprint: "1024 MD5:c5:82:74:b6:ff:c8:36:6b:49:1e:19:87:a9:f7:84:a5 (ssh-dss)"}},
}

func TestParseSSHKeyGolden(t *testing.T) {
	for _, c := range goldenKeys {
		want := c.want
		want.PublicKey = c.line
		for _, text := range []string{
			c.line, c.line + "\n", c.line + "\r\n", c.line + " alice@laptop", c.line + "\ta comment of words \n",
			"  " + c.line, strings.Replace(c.line, " ", " \t ", 1), c.line + " command=\"x\" ssh-rsa AAAA",
		} {
			got, err := ParseSSHKey(text)
			if err != nil {
				t.Errorf("%.60q: %v", text, err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%.60q (-want +got):\n%s", text, diff)
			}
		}
	}
}

// wire encodes SSH fields (RFC 4251) without the library under test.
func wire(fields ...[]byte) []byte {
	var blob []byte
	for _, f := range fields {
		blob = binary.BigEndian.AppendUint32(blob, uint32(len(f)))
		blob = append(blob, f...)
	}
	return blob
}

func mpint(n *big.Int) []byte {
	b := n.Bytes()
	if len(b) > 0 && b[0]&0x80 != 0 {
		b = append([]byte{0}, b...)
	}
	return b
}

func wantKey(keyType string, bits int, blob []byte) SSHKey {
	sum := md5.Sum(blob)
	text := hex.EncodeToString(sum[:])
	var pairs []string
	for ; text != ""; text = text[2:] {
		pairs = append(pairs, text[:2])
	}
	return SSHKey{
		Type: keyType, Bits: bits,
		PublicKey:   keyType + " " + base64.StdEncoding.EncodeToString(blob),
		Fingerprint: fmt.Sprintf("%d MD5:%s (%s)", bits, strings.Join(pairs, ":"), keyType),
	}
}

func TestParseSSHKeyGenerated(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	edKey, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	wants := []SSHKey{
		wantKey("ssh-rsa", 2048, wire([]byte("ssh-rsa"), mpint(big.NewInt(int64(rsaKey.E))), mpint(rsaKey.N))),
		wantKey("ssh-ed25519", 256, wire([]byte("ssh-ed25519"), edKey)),
	}
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		point, err := key.PublicKey.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		bits := curve.Params().BitSize
		name := fmt.Sprintf("nistp%d", bits)
		wants = append(wants, wantKey("ecdsa-sha2-"+name, bits, wire([]byte("ecdsa-sha2-"+name), []byte(name), point)))
	}
	for _, want := range wants {
		got, err := ParseSSHKey(want.PublicKey + " me@here")
		if err != nil {
			t.Errorf("%s: %v", want.Type, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestParseSSHKeyRefuses(t *testing.T) {
	ed := goldenKeys[2].line
	rsaLine := goldenKeys[1].line
	edBlob, err := base64.StdEncoding.DecodeString(strings.Fields(ed)[1])
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.StdEncoding.EncodeToString
	small := wire([]byte("ssh-rsa"), mpint(big.NewInt(65537)), mpint(new(big.Int).Lsh(big.NewInt(1), 511)))
	huge := wire([]byte("ssh-rsa"), mpint(big.NewInt(65537)), mpint(new(big.Int).Lsh(big.NewInt(1), 16400)))
	padded := wire([]byte("ssh-rsa"), append([]byte{0, 0}, 1, 0, 1), mpint(new(big.Int).Lsh(big.NewInt(1), 2047)))
	offCurve := wire([]byte("ecdsa-sha2-nistp256"), []byte("nistp256"), append([]byte{4}, bytes.Repeat([]byte{1}, 64)...))
	for _, c := range []struct{ name, text, reason string }{
		{"empty", "", iam.ReasonRequired},
		{"blank", " \t\n", iam.ReasonRequired},
		{"type only", "ssh-ed25519", iam.ReasonFormat},
		{"base64 only", strings.Fields(ed)[1], iam.ReasonFormat},
		{"comment line", "# " + ed, iam.ReasonFormat},
		{"option command", `command="/bin/sh" ` + ed, iam.ReasonFormat},
		{"option no-pty", "no-pty " + ed, iam.ReasonFormat},
		{"option from", `from="10.0.0.0/8",no-pty ` + ed, iam.ReasonFormat},
		{"option cert-authority", "cert-authority " + ed, iam.ReasonFormat},
		{"two lines", ed + "\n" + rsaLine, iam.ReasonFormat},
		{"second line after a carriage return", ed + "\r" + rsaLine, iam.ReasonFormat},
		{"second line in the comment", ed + " me\nssh-rsa AAAA", iam.ReasonFormat},
		{"NUL in the comment", ed + " me\x00", iam.ReasonFormat},
		{"escape sequence in the comment", ed + " \x1b[2J", iam.ReasonFormat},
		{"certificate", certificate, iam.ReasonFormat},
		{"certificate under a plain type", "ssh-ed25519 " + strings.Fields(certificate)[1], iam.ReasonFormat},
		{"hardware key", "sk-ssh-ed25519@openssh.com AAAA", iam.ReasonFormat},
		{"unknown type", "ssh-foo " + strings.Fields(ed)[1], iam.ReasonFormat},
		{"type in capitals", "SSH-ED25519 " + strings.Fields(ed)[1], iam.ReasonFormat},
		{"signature algorithm as type", "rsa-sha2-512 " + strings.Fields(rsaLine)[1], iam.ReasonFormat},
		{"type and blob differ", "ssh-rsa " + strings.Fields(ed)[1], iam.ReasonFormat},
		{"not base64", "ssh-ed25519 ????", iam.ReasonFormat},
		{"base64 without padding", strings.TrimRight(goldenKeys[3].line, "="), iam.ReasonFormat},
		{"cut", ed[:len(ed)-8], iam.ReasonFormat},
		{"bytes after the key", "ssh-ed25519 " + encode(append(bytes.Clone(edBlob), 0, 0, 0)), iam.ReasonFormat},
		{"number with leading zeros", "ssh-rsa " + encode(padded), iam.ReasonFormat},
		{"point not on the curve", "ecdsa-sha2-nistp256 " + encode(offCurve), iam.ReasonFormat},
		{"RSA of 512 bits", "ssh-rsa " + encode(small), iam.ReasonConstraint},
		{"RSA of 16401 bits", "ssh-rsa " + encode(huge), iam.ReasonFormat},
		{"private key", "-----BEGIN OPENSSH PRIVATE KEY-----", iam.ReasonFormat},
		{"too long", ed + " " + strings.Repeat("c", iam.MaxPublicKey), iam.ReasonConstraint},
		{"no-break space between", strings.Replace(ed, " ", "\u00a0", 1), iam.ReasonFormat},
	} {
		key, err := ParseSSHKey(c.text)
		if key != (SSHKey{}) || err == nil {
			t.Errorf("%s: accepted as %+v", c.name, key)
			continue
		}
		fault, ok := errors.AsType[*iam.Error](err)
		if !ok || fault.Kind != iam.KindInvalidArguments || len(fault.Arguments) != 1 ||
			fault.Arguments[0].Name != "public_key" || fault.Arguments[0].Reason != c.reason || fault.Arguments[0].Help == "" {
			t.Errorf("%s: error %#v, want one fault of public_key with reason %s", c.name, err, c.reason)
		}
	}
}

const certificate = "ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAIMJtwtaCOQ1tVCvCrpUlch8DG4dFVqZ1pUpEkonM1aAsAAAAIH5FAg/E4TTM+mq1dHEirJlWVZJtVh1ItQdKuQo1Bs/UAAAAAAAAAAAAAAABAAAAAm1lAAAAAAAAAAAAAAAA//////////8AAAAAAAAAggAAABVwZXJtaXQtWDExLWZvcndhcmRpbmcAAAAAAAAAF3Blcm1pdC1hZ2VudC1mb3J3YXJkaW5nAAAAAAAAABZwZXJtaXQtcG9ydC1mb3J3YXJkaW5nAAAAAAAAAApwZXJtaXQtcHR5AAAAAAAAAA5wZXJtaXQtdXNlci1yYwAAAAAAAAAAAAAAMwAAAAtzc2gtZWQyNTUxOQAAACCUAk65GsFXuaud+OfNiUEIRyzW7Ls2kdxKolwliee4xQAAAFMAAAALc3NoLWVkMjU1MTkAAABAMDc+GoenWJkfCdS8rpRVzzuRAh3ZvC/lC9EDfRAp+CgoRth5+aaqcBGC0iS9+832wG+O/xxHtQULER1GytjsAw=="

func FuzzParseSSHKey(f *testing.F) {
	for _, c := range goldenKeys {
		f.Add(c.line + " comment")
	}
	f.Add(certificate)
	f.Add(`command="x" ` + goldenKeys[2].line)
	f.Add(goldenKeys[2].line + "\n" + goldenKeys[2].line)
	f.Fuzz(func(t *testing.T, text string) {
		key, err := ParseSSHKey(text)
		if err != nil {
			if key != (SSHKey{}) || iam.KindOf(err) != iam.KindInvalidArguments {
				t.Fatalf("refused with %+v, %v", key, err)
			}
			return
		}
		again, err := ParseSSHKey(key.PublicKey)
		if err != nil || again != key {
			t.Fatalf("the stored form parses to %+v, %v; was %+v", again, err, key)
		}
		// What lands in authorized_keys is one key without options, whoever reads it.
		other, comment, options, rest, err := ssh.ParseAuthorizedKey([]byte(key.PublicKey))
		if err != nil || comment != "" || len(options) != 0 || len(rest) != 0 || other.Type() != key.Type || !acceptedKeyType(key.Type) {
			t.Fatalf("another reader sees type %v, comment %q, options %q, rest %q, %v", other, comment, options, rest, err)
		}
	})
}
