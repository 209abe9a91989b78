package bailiwicktest

import (
	"encoding/base64"
	"encoding/hex"
	"testing"
)

// The finder finds, or the test below proves nothing.
func TestCanariesAreFound(t *testing.T) {
	c := Canaries{"a": "Tq-vivid-lantern-7531", "code": "834120"}
	for i, text := range []string{
		"x Tq-vivid-lantern-7531 y", `{"code":"834120"}`, hex.EncodeToString([]byte("..Tq-vivid-lantern-7531")),
		base64.StdEncoding.EncodeToString([]byte("Tq-vivid-lantern-7531")), base64.URLEncoding.EncodeToString([]byte("aTq-vivid-lantern-7531b")),
		base64.StdEncoding.EncodeToString([]byte("aaTq-vivid-lantern-7531bbb")),
	} {
		if len(c.Found([]byte(text))) != 1 {
			t.Errorf("%d: %q is not found", i, text)
		}
	}
	if got := c.Found([]byte("12:00.834120Z Tq-vivid-lantern-753")); got != nil {
		t.Errorf("found %v", got)
	}
}
