package configdef

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Markdown renders the reference of d: one table a group, groups in the order of their first keys, keys in the order
// they were added. Internal keys are left out.
func (d *Def) Markdown() string {
	var groups []string
	rows := map[string][]string{}
	for _, k := range d.keys {
		if k.Internal {
			continue
		}
		if !slices.Contains(groups, k.Group) {
			groups = append(groups, k.Group)
		}
		rows[k.Group] = append(rows[k.Group], k.row())
	}
	var out strings.Builder
	for n, g := range groups {
		if n > 0 {
			out.WriteString("\n")
		}
		if len(groups) > 1 {
			fmt.Fprintf(&out, "### %s\n\n", cmp.Or(g, "Other"))
		}
		out.WriteString("| key | type | default | importance | meaning |\n|---|---|---|---|---|\n")
		for _, row := range rows[g] {
			out.WriteString(row)
		}
	}
	return out.String()
}

func (k Key) row() string {
	return fmt.Sprintf("| `%s` | %s | %s | %s | %s |\n", cell(k.Name), strings.ToLower(string(k.Type)), k.shownDefault(),
		strings.ToLower(string(k.Importance)), cell(k.meaning()))
}

func (k Key) shownDefault() string {
	switch {
	case k.Required:
		return "required"
	case k.Null:
		return "null"
	case k.Default == "":
		return `""`
	}
	return "`" + cell(shown(k, k.Default)) + "`"
}

func (k Key) meaning() string {
	var notes []string
	if k.Ignored {
		notes = append(notes, "**Ignored:** accepted for compatibility, without effect.")
	}
	if k.Later {
		notes = append(notes, "**Later:** "+NotYet+", so that only the default is accepted.")
	}
	notes = append(notes, k.Doc)
	if k.Type == Password {
		notes = append(notes, "Shown as "+Hidden+".")
	}
	return strings.TrimSpace(strings.Join(notes, " "))
}

// cell keeps text within one cell of a table.
func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}
