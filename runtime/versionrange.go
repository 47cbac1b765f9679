package runtime

import (
	"cmp"
	"strconv"
	"strings"
)

// versionRange is a range of plugin versions in Maven's notation, with one interval: [1.0,2.0), or 1.0 for exactly
// that version. The zero value holds every version.
type versionRange struct {
	low, high     string // "" for no limit
	lowIn, highIn bool
	limited       bool
}

// parseVersionRange reads text; nothing and "latest" stand for any version.
func parseVersionRange(text string) (versionRange, error) {
	text = strings.TrimSpace(text)
	if text == "" || strings.EqualFold(text, "latest") {
		return versionRange{}, nil
	}
	if !strings.ContainsAny(text, "[](),") {
		return versionRange{low: text, high: text, lowIn: true, highIn: true, limited: true}, nil
	}
	inside, ok := strings.CutPrefix(text, "[")
	r := versionRange{limited: true, lowIn: ok}
	if !ok {
		inside, ok = strings.CutPrefix(text, "(")
	}
	body, closed := strings.CutSuffix(inside, "]")
	r.highIn = closed
	if !closed {
		body, closed = strings.CutSuffix(inside, ")")
	}
	parts := strings.Split(body, ",")
	if !ok || !closed || len(parts) > 2 || strings.ContainsAny(body, "[]()") {
		return versionRange{}, Errorf(BadRequest, "Invalid version specification: %s", text)
	}
	r.low, r.high = strings.TrimSpace(parts[0]), strings.TrimSpace(parts[len(parts)-1])
	empty := r.low != "" && r.high != "" && compareVersions(r.low, r.high) > 0
	if empty || len(parts) == 1 && (r.low == "" || !r.lowIn || !r.highIn) {
		return versionRange{}, Errorf(BadRequest, "Invalid version specification: %s", text)
	}
	return r, nil
}

func (r versionRange) contains(version string) bool {
	if !r.limited {
		return true
	}
	if r.low != "" {
		if c := compareVersions(version, r.low); c < 0 || c == 0 && !r.lowIn {
			return false
		}
	}
	if r.high != "" {
		if c := compareVersions(version, r.high); c > 0 || c == 0 && !r.highIn {
			return false
		}
	}
	return true
}

// missing says that a class is not there in any wanted version.
func (r versionRange) missing(class, installed string) string {
	open, end := "(", ")"
	if r.lowIn {
		open = "["
	}
	if r.highIn {
		end = "]"
	}
	return "Plugin " + class + " not found that matches the version range " + open + r.low + "," + r.high + end +
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
