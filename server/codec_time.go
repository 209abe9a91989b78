package server

import (
	"reflect"
	"time"

	"github.com/scaleway/scaleway-sdk-go/scw"
)

// encodeTime writes a time as the API does: in UTC with six decimals, or with none on a
// whole second. The zero time is null.
func encodeTime(out []byte, v reflect.Value) ([]byte, error) {
	if v.CanAddr() {
		return appendTime(out, *v.Addr().Interface().(*time.Time)), nil // without the copy that Interface allocates
	}
	return appendTime(out, v.Interface().(time.Time)), nil
}

func appendTime(out []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(out, "null"...)
	}
	out = t.UTC().AppendFormat(append(out, '"'), time.RFC3339)
	if micros := t.Nanosecond() / 1000; micros > 0 {
		out = append(out[:len(out)-1], '.') // instead of Z
		for unit := 100_000; unit > 0; unit /= 10 {
			out = append(out, '0'+byte(micros/unit%10))
		}
		out = append(out, 'Z')
	}
	return append(out, '"')
}

func encodeDuration(out []byte, v reflect.Value) ([]byte, error) {
	return append(append(append(out, '"'), formatDuration(v.Interface().(scw.Duration))...), '"'), nil
}

// given returns a pointer to a time for an answer, and nil for the zero time.
func given(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
