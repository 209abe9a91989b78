package server

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/scaleway/scaleway-sdk-go/scw"
)

const helpDuration = `value must be a duration in seconds such as "86400s"`

// maxSeconds bounds a duration: about 190 years, well within a time.Duration.
const maxSeconds = 6_000_000_000

// parseDuration reads the text form of a duration of protocol buffers: seconds with up to
// nine decimals and an s.
func parseDuration(text string) (seconds int64, nanos int32, ok bool) {
	number, ok := strings.CutSuffix(text, "s")
	if !ok {
		return 0, 0, false
	}
	whole, fraction, dot := strings.Cut(number, ".")
	if strings.HasPrefix(whole, "+") || (dot && (fraction == "" || len(fraction) > 9 || strings.Trim(fraction, "0123456789") != "")) {
		return 0, 0, false
	}
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || seconds < 0 || seconds > maxSeconds || strings.HasPrefix(whole, "-") {
		return 0, 0, false
	}
	padded, err := strconv.ParseInt((fraction + "000000000")[:9], 10, 32)
	if err != nil {
		return 0, 0, false
	}
	return seconds, int32(padded), true
}

// formatDuration writes a duration with no, three, six or nine decimals.
func formatDuration(d scw.Duration) string {
	switch {
	case d.Nanos == 0:
		return fmt.Sprintf("%ds", d.Seconds)
	case d.Nanos%1_000_000 == 0:
		return fmt.Sprintf("%d.%03ds", d.Seconds, d.Nanos/1_000_000)
	case d.Nanos%1_000 == 0:
		return fmt.Sprintf("%d.%06ds", d.Seconds, d.Nanos/1_000)
	default:
		return fmt.Sprintf("%d.%09ds", d.Seconds, d.Nanos)
	}
}

// fromDuration returns the duration that a request gives, and nil when it gives none.
func fromDuration(d *scw.Duration) *time.Duration { return d.ToTimeDuration() }

// toDuration returns a duration for an answer.
func toDuration(d time.Duration) *scw.Duration { return scw.NewDurationFromTimeDuration(d) }
