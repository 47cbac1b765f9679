package examine

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-connect/sluice/runtime"
)

// versionRange is a set of plugin versions in Maven's notation: intervals such as [1.0,2.0),[3.0,), or 1.0 for exactly
// that version. The zero value holds every version.
type versionRange []interval

// interval is a part of a range; "" is no limit.
type interval struct {
	low, high     string
	lowIn, highIn bool
	exact         bool // low and high are one version
}

// parseVersionRange reads text; "latest" stands for any version, and a lone version, even an empty one, for itself. The errors have Maven's words.
func parseVersionRange(text string) (versionRange, error) {
	if text == "latest" {
		return nil, nil
	}
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "[") && !strings.HasPrefix(text, "(") {
		text = "[" + text + "]"
	}
	var r versionRange
	rest := text
	for strings.HasPrefix(rest, "[") || strings.HasPrefix(rest, "(") {
		end := strings.IndexAny(rest, ")]")
		if end < 0 {
			return nil, runtime.Errorf(runtime.BadRequest, "Unbounded range: %s", text)
		}
		next, err := parseInterval(rest[:end+1])
		if err != nil {
			return nil, err
		}
		if len(r) > 0 && r.overlaps(next) {
			return nil, runtime.Errorf(runtime.BadRequest, "Ranges overlap: %s", text)
		}
		r = append(r, next)
		rest = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(rest[end+1:]), ","))
	}
	if rest != "" {
		return nil, runtime.Errorf(runtime.BadRequest, "Only fully-qualified sets allowed in multiple set scenario: %s", text)
	}
	return r, nil
}

// overlaps reports whether next does not lie behind the last interval of r.
func (r versionRange) overlaps(next interval) bool {
	high := r[len(r)-1].high
	return high != "" && (next.low == "" || compareVersions(next.low, high) < 0)
}

func parseInterval(text string) (interval, error) {
	i := interval{lowIn: text[0] == '[', highIn: text[len(text)-1] == ']'}
	low, high, comma := strings.Cut(strings.TrimSpace(text[1:len(text)-1]), ",")
	if !comma {
		if !i.lowIn || !i.highIn {
			return interval{}, runtime.Errorf(runtime.BadRequest, "Single version must be surrounded by []: %s", text)
		}
		i.low, i.high, i.exact = low, low, true
		return i, nil
	}
	i.low, i.high = strings.TrimSpace(low), strings.TrimSpace(high)
	if i.low != "" && i.high != "" && compareVersions(i.high, i.low) < 0 {
		return interval{}, runtime.Errorf(runtime.BadRequest, "Range defies version ordering: %s", text)
	}
	return i, nil
}

func (r versionRange) contains(version string) bool {
	return len(r) == 0 || slices.ContainsFunc(r, func(i interval) bool { return i.contains(version) })
}

func (i interval) contains(version string) bool {
	if i.exact {
		return i.low != "" && compareVersions(version, i.low) == 0
	}
	if i.low != "" {
		if c := compareVersions(version, i.low); c < 0 || c == 0 && !i.lowIn {
			return false
		}
	}
	if i.high != "" {
		if c := compareVersions(version, i.high); c > 0 || c == 0 && !i.highIn {
			return false
		}
	}
	return true
}

// missing says that a class is not there in any wanted version.
func (r versionRange) missing(class, installed string) string {
	parts := make([]string, len(r))
	for n, i := range r {
		open, end := "(", ")"
		if i.lowIn {
			open = "["
		}
		if i.highIn {
			end = "]"
		}
		parts[n] = open + i.low + "," + i.high + end
	}
	return "Plugin " + class + " not found that matches the version range " + strings.Join(parts, ",") +
		", available versions: [" + installed + "]"
}

// compareVersions compares number by number; what follows the numbers counts as text.
func compareVersions(a, b string) int {
	as, bs := strings.FieldsFunc(a, separatesVersion), strings.FieldsFunc(b, separatesVersion)
	for i := range max(len(as), len(bs)) {
		if c := compareParts(part(as, i), part(bs, i)); c != 0 {
			return c
		}
	}
	return 0
}

func separatesVersion(r rune) bool { return r == '.' || r == '-' }

func part(parts []string, i int) string {
	if i < len(parts) {
		return parts[i]
	}
	return "0"
}

func compareParts(a, b string) int {
	m, errA := strconv.Atoi(a)
	n, errB := strconv.Atoi(b)
	switch {
	case errA == nil && errB == nil:
		return cmp.Compare(m, n)
	case errA == nil:
		return 1 // a release comes after its snapshots
	case errB == nil:
		return -1
	}
	return cmp.Compare(a, b)
}
