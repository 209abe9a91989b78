package condition

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // a condition must mean the same on a machine without zone files

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// zoneName is the form of an IANA name. time.LoadLocation opens a file of this name: without
// dots and doubled slashes one file has one name, so that the set of zones is finite.
var zoneName = regexp.MustCompile(`^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$`)

// zones holds the time zones that conditions name. Loading one reads a file (90 us), so it
// is done when a condition is compiled, never when it is evaluated.
type zones struct {
	loaded sync.Map // name -> *time.Location; names of existing zones only
}

// load returns a zone by IANA name or by offset such as "+02:00"; "" is UTC. "Local" is
// refused: the same policy must not change its meaning from one server to the next.
func (z *zones) load(name string) (*time.Location, error) {
	if name == "" {
		return time.UTC, nil
	}
	if strings.Contains(name, ":") {
		return parseOffset(name)
	}
	if location, ok := z.loaded.Load(name); ok {
		return location.(*time.Location), nil
	}
	if name == "Local" || !zoneName.MatchString(name) {
		return nil, fmt.Errorf("unknown time zone %q", name)
	}
	location, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("unknown time zone %q", name)
	}
	z.loaded.Store(strings.Clone(name), location) // a name may lie in memory that is used again
	return location, nil
}

// parseOffset reads hours and minutes the way cel-go does: the sign may be left out.
func parseOffset(text string) (*time.Location, error) {
	hourText, minuteText, _ := strings.Cut(text, ":")
	hours, err := strconv.Atoi(hourText)
	minutes, err2 := strconv.Atoi(minuteText)
	if err != nil || err2 != nil || hours < -23 || hours > 23 || minutes < 0 || minutes > 59 {
		return nil, fmt.Errorf("time zone offset %q is not of the form +hh:mm", text)
	}
	if text[0] == '-' {
		minutes = -minutes
	}
	return time.FixedZone("", (hours*60+minutes)*60), nil
}

// calendarField is one of the functions that read a part of a timestamp.
type calendarField struct {
	function string
	overload string // the one with a time zone
	get      func(time.Time) int
	least    int64
	most     int64
}

// maxYear is more than any time can have.
const maxYear = 1 << 40

func calendarFields() []calendarField {
	return []calendarField{
		{overloads.TimeGetFullYear, overloads.TimestampToYearWithTz, time.Time.Year, -maxYear, maxYear},
		{overloads.TimeGetMonth, overloads.TimestampToMonthWithTz, func(t time.Time) int { return int(t.Month()) - 1 }, 0, 11},
		{overloads.TimeGetDayOfYear, overloads.TimestampToDayOfYearWithTz, func(t time.Time) int { return t.YearDay() - 1 }, 0, 365},
		{overloads.TimeGetDayOfMonth, overloads.TimestampToDayOfMonthZeroBasedWithTz, func(t time.Time) int { return t.Day() - 1 }, 0, 30},
		{overloads.TimeGetDate, overloads.TimestampToDayOfMonthOneBasedWithTz, time.Time.Day, 1, 31},
		{overloads.TimeGetDayOfWeek, overloads.TimestampToDayOfWeekWithTz, func(t time.Time) int { return int(t.Weekday()) }, 0, 6},
		{overloads.TimeGetHours, overloads.TimestampToHoursWithTz, time.Time.Hour, 0, 23},
		{overloads.TimeGetMinutes, overloads.TimestampToMinutesWithTz, time.Time.Minute, 0, 59},
		{overloads.TimeGetSeconds, overloads.TimestampToSecondsWithTz, time.Time.Second, 0, 59},
		{overloads.TimeGetMilliseconds, overloads.TimestampToMillisecondsWithTz, func(t time.Time) int { return t.Nanosecond() / 1_000_000 }, 0, 999},
	}
}

func calendarFieldOf(function string) (calendarField, bool) {
	for _, f := range calendarFields() {
		if f.function == function {
			return f, true
		}
	}
	return calendarField{}, false
}

// options rebinds the functions that take a time zone, so that cel-go finds loaded zones.
func (z *zones) options() []cel.EnvOption {
	var options []cel.EnvOption
	for _, f := range calendarFields() {
		binding := func(timestamp, zone ref.Val) ref.Val {
			location, err := z.load(string(zone.(types.String)))
			if err != nil {
				return types.WrapErr(err)
			}
			return types.Int(f.get(timestamp.(types.Timestamp).Time.In(location)))
		}
		options = append(options, cel.Function(f.function, cel.MemberOverload(f.overload,
			[]*cel.Type{cel.TimestampType, cel.StringType}, cel.IntType, cel.BinaryBinding(binding))))
	}
	return options
}
