package rest

import (
	"mime"
	"slices"
	"strconv"
	"strings"
)

// mediaType is a Content-Type, or one entry of an Accept header.
type mediaType struct {
	kind, sub string // in lower case; * for any
	params    map[string]string
	quality   float64
}

// parseMedia reads what the Java worker's HTTP layer reads. Asked for an entry of an Accept header it takes a lone
// type for one with any subtype.
func parseMedia(text string, accept bool) (mediaType, bool) {
	head, rest, _ := strings.Cut(text, ";")
	head = strings.TrimSpace(head)
	if accept && !strings.Contains(head, "/") && head != "" {
		head += "/*"
	}
	kind, sub, ok := strings.Cut(head, "/")
	if !ok || !isToken(kind) || !isToken(sub) {
		return mediaType{}, false
	}
	m := mediaType{kind: strings.ToLower(kind), sub: strings.ToLower(sub), quality: 1}
	m.params, ok = parseParameters(rest)
	if q, set := m.params["q"]; ok && set {
		m.quality, ok = parseQuality(q)
	}
	return m, ok
}

// parseParameters reads name=value pairs; of a name that appears twice the last counts, as in Java.
func parseParameters(text string) (map[string]string, bool) {
	params := map[string]string{}
	for _, pair := range splitQuoted(text, ';') {
		if pair = strings.TrimSpace(pair); pair == "" {
			continue
		}
		_, one, err := mime.ParseMediaType("a/b;" + pair)
		if err != nil || len(one) != 1 {
			return nil, false
		}
		for name, value := range one {
			if value == "" {
				return nil, false
			}
			params[name] = value
		}
	}
	return params, true
}

func parseQuality(text string) (float64, bool) {
	q, err := strconv.ParseFloat(text, 64)
	return q, err == nil && q >= 0 && q <= 1 && len(text) <= len("0.000")
}

// splitQuoted cuts text at sep outside quotes.
func splitQuoted(text string, sep rune) []string {
	quoted, escaped := false, false
	return strings.FieldsFunc(text, func(r rune) bool {
		switch {
		case escaped:
			escaped = false
		case r == '\\' && quoted:
			escaped = true
		case r == '"':
			quoted = !quoted
		}
		return r == sep && !quoted
	})
}

func isToken(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r)
	})
}

// includes reports whether a request that names m can be about kind/sub.
func (m mediaType) includes(kind, sub string) bool {
	return (m.kind == "*" || m.kind == kind) && (m.sub == "*" || m.sub == sub)
}

func (m mediaType) wildcard() bool { return m.kind == "*" || m.sub == "*" }

// wildcards counts them, for the order of an Accept header.
func (m mediaType) wildcards() int {
	n := 0
	for _, part := range []string{m.kind, m.sub} {
		if part == "*" {
			n++
		}
	}
	return n
}

// render writes m as the Java worker does, with the parameters sorted; those named in without are left out.
func (m mediaType) render(without ...string) string {
	names := make([]string, 0, len(m.params))
	for name := range m.params {
		if !slices.Contains(without, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var b strings.Builder
	b.WriteString(m.kind + "/" + m.sub)
	for _, name := range names {
		value := m.params[name]
		if lower := strings.ToLower(value); len(names) == 1 && name == "charset" && (lower == "utf-8" || lower == "iso-8859-1") {
			value = lower // the two types that Java's web container has a spelling of its own for
		}
		if !isToken(value) {
			value = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
		}
		b.WriteString(";" + name + "=" + value)
	}
	return b.String()
}

// parseAccept returns what a client accepts, best first: by quality, then the more precise one, then as written. It is
// not ok when an entry cannot be read.
func parseAccept(values []string) ([]mediaType, bool) {
	text := strings.TrimSpace(strings.Join(values, ","))
	if text == "" {
		return []mediaType{{kind: "*", sub: "*", quality: 1}}, true
	}
	if strings.HasPrefix(text, ",") {
		return nil, false
	}
	var list []mediaType
	for _, part := range splitQuoted(text, ',') {
		if strings.TrimSpace(part) == "" {
			continue
		}
		m, ok := parseMedia(part, true)
		if !ok {
			return nil, false
		}
		list = append(list, m)
	}
	slices.SortStableFunc(list, func(a, b mediaType) int {
		switch {
		case a.quality > b.quality:
			return -1
		case a.quality < b.quality:
			return 1
		}
		return a.wildcards() - b.wildcards()
	})
	return list, true
}
