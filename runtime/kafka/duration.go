package kafka

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// ByDuration begins a value of auto.offset.reset that counts back from now.
const ByDuration = "by_duration:"

// isoDuration is what Java's Duration reads: days, hours, minutes and seconds.
var isoDuration = regexp.MustCompile(`(?i)^([-+]?)P(?:([-+]?[0-9]{1,9})D)?(T(?:([-+]?[0-9]{1,9})H)?(?:([-+]?[0-9]{1,9})M)?(?:([-+]?[0-9]{1,9}(?:[.,][0-9]{0,9})?)S)?)?$`)

// ResetDuration reads how far a value of auto.offset.reset goes back; ok is false for one that does not count time. Like
// Java's client it does not look into the future.
func ResetDuration(value string) (back time.Duration, ok bool, err error) {
	text, ok := strings.CutPrefix(value, ByDuration)
	if !ok {
		return 0, false, nil
	}
	m := isoDuration.FindStringSubmatch(text)
	if m == nil || strings.EqualFold(m[3], "T") || m[2]+m[4]+m[5]+m[6] == "" {
		return 0, true, fmt.Errorf("duration %q is not of the form P1DT2H3M4S", text)
	}
	var seconds float64
	for at, unit := range map[int]float64{2: 24 * 60 * 60, 4: 60 * 60, 5: 60, 6: 1} {
		n, _ := strconv.ParseFloat(strings.ReplaceAll("0"+strings.TrimLeft(m[at], "+-"), ",", "."), 64) // the pattern has seen to it
		if strings.HasPrefix(m[at], "-") {
			n = -n
		}
		seconds += n * unit
	}
	if m[1] == "-" {
		seconds = -seconds
	}
	const longest = 200 * 365 * 24 * time.Hour // what time.Duration holds, and then some
	if seconds < 0 || seconds > longest.Seconds() {
		return 0, true, fmt.Errorf("duration %q must be between 0 and 200 years", text)
	}
	return time.Duration(seconds * float64(time.Second)), true, nil
}
