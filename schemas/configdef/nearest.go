package configdef

import "strings"

// Names lists the settings that have an effect: the keys that are neither internal nor ignored, and what d Reads besides.
func (d *Def) Names() []string {
	names := make([]string, 0, len(d.keys))
	for _, k := range d.keys {
		if !k.Internal && !k.Ignored {
			names = append(names, k.Name)
		}
	}
	return append(names, d.read...)
}

// Unread is a setting that nothing reads: a typing error, most of the time.
type Unread struct {
	Name    string
	Nearest string // the key that was probably meant, "" when none is close
}

// mostNearest bounds for how many settings a key is searched that is near: the search is not for free.
const mostNearest = 50

// FindNearest returns the settings of the given names, each with the nearest of keys; those beyond the first fifty without.
func FindNearest(names, keys []string) []Unread {
	list := make([]Unread, len(names))
	for i, name := range names {
		list[i].Name = name
		if i < mostNearest {
			list[i].Nearest = Nearest(name, keys)
		}
	}
	return list
}

// String names the setting, and the key that was probably meant.
func (u Unread) String() string {
	if u.Nearest == "" {
		return u.Name
	}
	return u.Name + " (did you mean " + u.Nearest + "?)"
}

// Nearest returns the name that who wrote name has probably meant: the first of those that the fewest mistakes lead away
// from, where a mistake is a letter too many, too few, another one, or two that changed places; whether letters are capital
// does not count. It returns "" when none of names is close: one mistake is allowed in short names, up to three in long ones.
func Nearest(name string, names []string) string {
	found, limit := "", allowed(name)
	from := []rune(strings.ToLower(name))
	for _, candidate := range names {
		to := []rune(strings.ToLower(candidate))
		if n := mistakes(from, to, limit); n <= limit {
			found, limit = candidate, n-1
		}
	}
	return found
}

// allowed is how many mistakes name may have.
func allowed(name string) int {
	const lettersForOne, most = 6, 3
	return min(len(name)/lettersForOne, most-1) + 1
}

// mistakes counts those between a and b; it gives up beyond limit, and then returns more than that. It looks at texts of
// about the same length only, so that a long name from outside costs nothing.
func mistakes(a, b []rune, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	var before []int // the row of a[:i-2]
	last, row := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			changed := last[j-1]
			if a[i-1] != b[j-1] {
				changed++
			}
			row[j] = min(last[j]+1, row[j-1]+1, changed)
			if before != nil && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		if before == nil {
			before = make([]int, len(b)+1)
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
