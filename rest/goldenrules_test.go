package rest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"sort"
	"strings"
)

// goldenRules say what of an answer is compared how.
type goldenRules struct {
	Message       string   `json:"message"` // "code": any text; "regex:...": a text like that
	Body          string   `json:"body"`    // "any", "text-any"
	Status        []int    `json:"status"`  // where the recorded worker does not agree with itself
	IgnoreHeaders []string `json:"ignore_headers"`
	Unordered     []string `json:"unordered"` // paths of lists
	Loose         []string `json:"loose"`     // paths whose type counts only
	Ignore        []string `json:"ignore"`
	Shape         []string `json:"shape"` // paths of lists whose elements depend on what is installed
	ShapeMap      bool     `json:"shape_map"`
	Contains      []any    `json:"contains"`
	OwnOnly       bool     `json:"own_only"`       // other connectors do not count
	CommonConfigs bool     `json:"common_configs"` // only the keys that every sink has count
}

// volatile are keys whose type is compared only, wherever they occur.
var volatile = []string{"worker_id", "version", "commit", "kafka_cluster_id", "trace", "last_modified"}

// asWritten is where we differ on purpose: a validation by the real worker shows what references stand for, ours shows the
// references, so that no answer holds a secret.
func asWritten(want any, s goldenStep) any {
	doc, _ := want.(map[string]any)
	configs, validation := doc["configs"].(map[string]any)
	var written map[string]any
	if !validation || json.Unmarshal(s.Body, &written) != nil {
		return want
	}
	for key, text := range written {
		entry, _ := configs[key].(map[string]any)
		value, shown := entry["value"].(map[string]any)
		if text, is := text.(string); is && shown && strings.Contains(text, "${env:") {
			value["value"] = text
		}
	}
	return want
}

// differences compares an answer with a recorded one.
func (r *replay) differences(want goldenAnswer, g got, s goldenStep) []string {
	rules := s.Match
	if want.Status == 500 && g.status == 400 && s.Method != "" && s.Method != "GET" {
		// To what is plainly the client's fault we answer 400, and say why.
		if m, ok := g.doc.(map[string]any); ok && len(m) == 2 && m["error_code"] == 400.0 && len(fmt.Sprint(m["message"])) >= 10 {
			return nil
		}
	}
	var out []string
	if len(rules.Status) > 0 {
		rules.Ignore = append(slices.Clone(rules.Ignore), "$.error_code")
		if !slices.Contains(rules.Status, g.status) {
			out = append(out, fmt.Sprintf("status %d, want one of %v", g.status, rules.Status))
		}
	} else if g.status != want.Status {
		out = append(out, fmt.Sprintf("status %d, want %d", g.status, want.Status))
	}
	out = append(out, r.headerDifferences(want, g, rules)...)
	if rules.Body == "any" {
		return out
	}
	c := &comparison{rules: rules}
	switch {
	case (want.JSON != nil) != (g.doc != nil):
		c.note("$", "is there: %v, want %v", g.doc != nil, want.JSON != nil)
	case want.JSON != nil:
		c.compare("$", "", asWritten(r.define(want.JSON), s), r.prepared(g.doc, rules))
	case want.Text != nil && string(g.body) != *want.Text:
		c.note("text", "is %q, want %q", g.body, *want.Text)
	}
	return append(out, c.out...)
}

func (r *replay) headerDifferences(want goldenAnswer, g got, rules goldenRules) []string {
	var out []string
	for _, name := range []string{"Content-Type", "Location", "Allow"} {
		if slices.Contains(rules.IgnoreHeaders, name) {
			continue
		}
		have, _ := r.general(g.header.Get(name)).(string)
		expected := want.Headers[name]
		if name == "Content-Type" && expected == "" && want.JSON != nil && have == jsonType {
			continue // the recorded worker forgets the header on some errors
		}
		if name == "Allow" {
			have, expected = sortedList(have), sortedList(expected)
		}
		if have != expected {
			out = append(out, fmt.Sprintf("header %s %q, want %q", name, have, expected))
		}
	}
	return out
}

func sortedList(text string) string {
	list := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
	sort.Strings(list)
	return strings.Join(list, ",")
}

// define puts recorded definitions in their places.
func (r *replay) define(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = r.define(v[i])
		}
		return out
	case map[string]any:
		if number, ok := v["same"].(float64); ok {
			out := map[string]any{"name": v["name"]}
			for k, e := range r.definitions[int(number)] {
				out[k] = e
			}
			return out
		}
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = r.define(e)
		}
		return out
	}
	return v
}

// prepared reduces an answer to what is compared.
func (r *replay) prepared(doc any, rules goldenRules) any {
	doc = r.general(doc)
	if rules.OwnOnly {
		doc = ownOnly(doc)
	}
	if rules.CommonConfigs {
		doc = commonConfigs(doc)
	}
	if m, ok := doc.(map[string]any); ok && rules.ShapeMap && m["error_code"] == nil {
		list := []any{}
		for _, v := range m {
			list = append(list, v)
		}
		doc = list
	}
	return doc
}

func ownOnly(doc any) any {
	switch doc := doc.(type) {
	case []any:
		return slices.DeleteFunc(slices.Clone(doc), func(v any) bool { return !strings.Contains(fmt.Sprint(v), "${RUN}") })
	case map[string]any:
		out := map[string]any{}
		for k, v := range doc {
			if strings.Contains(k, "${RUN}") || doc["error_code"] != nil {
				out[k] = v
			}
		}
		return out
	}
	return doc
}

var (
	commonKeys = regexp.MustCompile(`^(name|connector\.(class|plugin\.version)|tasks\.max(\.enforce)?|(key|value|header)\.converter|transforms|predicates|config\.action\.reload|` +
		`errors\..*|topics(\.regex)?)$|^(transforms|predicates|(key|value|header)\.converter|(consumer|producer|admin)\.override)\.`)
	commonGroups = regexp.MustCompile(`^(Common|Transforms|Predicates|Error Handling|Error)$|^(Transforms|Predicates): `)
	installed    = regexp.MustCompile(`(converter(\.plugin\.version)?|connector\.plugin\.version|\.(type|predicate)(\.version|\.plugin\.version)?)$`)
)

// commonConfigs keeps of the description or the validation of a configuration what does not depend on the sink and on
// what is installed.
func commonConfigs(doc any) any {
	switch doc := doc.(type) {
	case []any:
		out := map[string]any{}
		for _, v := range doc {
			if d, ok := v.(map[string]any); ok && commonKeys.MatchString(fmt.Sprint(d["name"])) {
				out[fmt.Sprint(d["name"])] = hideVersion(d, "default_value")
			}
		}
		return out
	case map[string]any:
		if configs, ok := doc["configs"].([]any); ok {
			return commonValidation(doc, configs)
		}
	}
	return doc
}

func commonValidation(doc map[string]any, configs []any) any {
	kept := map[string]any{}
	own, all := 0, 0
	for _, entry := range configs {
		c, _ := entry.(map[string]any)
		value, _ := c["value"].(map[string]any)
		messages, _ := value["errors"].([]any)
		all += len(messages)
		name := fmt.Sprint(value["name"])
		definition, defined := c["definition"].(map[string]any)
		if defined && !commonKeys.MatchString(name) {
			continue
		}
		own += len(messages)
		if list, ok := value["recommended_values"].([]any); ok && installed.MatchString(name) && allStrings(list) {
			value["recommended_values"] = "list of strings"
		}
		if defined {
			c["definition"] = hideVersion(definition, "default_value")
			value = hideVersion(value, "value")
		}
		kept[name] = map[string]any{"definition": c["definition"], "value": value}
	}
	groups := []any{}
	list, _ := doc["groups"].([]any)
	for _, g := range list {
		if commonGroups.MatchString(fmt.Sprint(g)) {
			groups = append(groups, g)
		}
	}
	return map[string]any{"name": doc["name"], "configs": kept, "common_errors": float64(own),
		"error_count_is_sum_of_errors": doc["error_count"] == float64(all), "groups": groups}
}

func hideVersion(m map[string]any, key string) map[string]any {
	if strings.HasSuffix(fmt.Sprint(m["name"]), ".plugin.version") {
		m[key] = "version"
	}
	return m
}

func allStrings(list []any) bool {
	return !slices.ContainsFunc(list, func(v any) bool { _, ok := v.(string); return !ok })
}

// comparison collects the differences of two JSON values.
type comparison struct {
	rules goldenRules
	out   []string
}

func (c *comparison) note(path, format string, a ...any) {
	c.out = append(c.out, path+" "+fmt.Sprintf(format, a...))
}

func (c *comparison) compare(path, key string, want, have any) {
	switch {
	case matchesPath(path, c.rules.Ignore):
	case path == "$.message" && c.rules.Message == "code":
	case path == "$.message" && strings.HasPrefix(c.rules.Message, "regex:"):
		if text, _ := have.(string); !regexp.MustCompile("(?s)" + c.rules.Message[len("regex:"):]).MatchString(text) {
			c.note(path, "%q is not like %s", have, c.rules.Message)
		}
	case slices.Contains(volatile, key), matchesPath(path, c.rules.Loose):
		nullable := (want == nil || have == nil) && (key == "version" || key == "last_modified")
		if kind(want) != kind(have) && !nullable {
			c.note(path, "is a %s, want a %s", kind(have), kind(want))
		}
	case matchesPath(path, c.rules.Shape):
		c.compareShapes(path, want, have)
	case kind(want) != kind(have):
		c.note(path, "is %s, want %s", text(have), text(want))
	default:
		c.compareSame(path, want, have)
	}
}

// compareSame compares values of the same kind.
func (c *comparison) compareSame(path string, want, have any) {
	switch want := want.(type) {
	case map[string]any:
		h := have.(map[string]any)
		for k, v := range want {
			if other, ok := h[k]; ok {
				c.compare(path+"."+k, k, v, other)
			} else if !matchesPath(path+"."+k, c.rules.Ignore) {
				c.note(path+"."+k, "is missing, want %s", text(v))
			}
		}
		for k, v := range h {
			if _, ok := want[k]; !ok && !matchesPath(path+"."+k, c.rules.Ignore) {
				c.note(path+"."+k, "is %s, want nothing", text(v))
			}
		}
	case []any:
		h := have.([]any)
		if len(want) != len(h) {
			c.note(path, "has %d elements, want %d: %s, want %s", len(h), len(want), text(h), text(want))
			return
		}
		if matchesPath(path, c.rules.Unordered) {
			want, h = sorted(want), sorted(h)
		}
		for i := range want {
			c.compare(fmt.Sprintf("%s[%d]", path, i), "", want[i], h[i])
		}
	default:
		if want != have {
			c.note(path, "is %s, want %s", text(have), text(want))
		}
	}
}

// compareShapes wants every element to look like some recorded one, and certain ones to be there.
func (c *comparison) compareShapes(path string, want, have any) {
	list, ok := have.([]any)
	if !ok {
		c.note(path, "is %s, want a list", text(have))
		return
	}
	shapes := map[string]bool{}
	for _, v := range want.([]any) {
		shapes[text(shape(v))] = true
	}
	for i, v := range list {
		if !shapes[text(shape(v))] {
			c.note(path, "[%d] %s has an unknown shape", i, text(v))
		}
	}
	for _, wanted := range c.rules.Contains {
		if !slices.ContainsFunc(list, func(v any) bool { return includes(v, wanted) }) {
			c.note(path, "lacks %s", text(wanted))
		}
	}
}

func includes(v, wanted any) bool {
	m, ok := wanted.(map[string]any)
	h, is := v.(map[string]any)
	if !ok || !is {
		return reflect.DeepEqual(v, wanted)
	}
	for k, e := range m {
		if !reflect.DeepEqual(h[k], e) {
			return false
		}
	}
	return true
}

func shape(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			if out[k] = "volatile"; !slices.Contains(volatile, k) {
				out[k] = shape(e)
			}
		}
		return out
	case []any:
		if len(v) == 0 {
			return v
		}
		return []any{shape(v[0])}
	}
	return kind(v)
}

func kind(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "bool"
	case float64:
		return "number"
	case string:
		return "string"
	case []any:
		return "list"
	}
	return "object"
}

func text(v any) string {
	data, _ := json.Marshal(v)
	return string(data)
}

func sorted(list []any) []any {
	out := slices.Clone(list)
	sort.Slice(out, func(i, j int) bool { return text(out[i]) < text(out[j]) })
	return out
}

// matchesPath knows [*] for any element and * for any key.
func matchesPath(path string, patterns []string) bool {
	for _, p := range patterns {
		p = strings.ReplaceAll(regexp.QuoteMeta(p), `\[\*\]`, `\[\d+\]`)
		if regexp.MustCompile("^" + strings.ReplaceAll(p, `\*`, `[^.\[\]]+`) + "$").MatchString(path) {
			return true
		}
	}
	return false
}

// holds reports whether an answer meets conditions of the form [path, operator, value].
func holds(conditions any, g got) bool {
	list, _ := conditions.([]any)
	for _, entry := range list {
		c := entry.([]any)
		if c[0] == "status" {
			if float64(g.status) != c[2] {
				return false
			}
			continue
		}
		found := pick(g.doc, c[0].(string))
		ok := len(found) > 0
		switch c[1] {
		case "==":
			ok = ok && !slices.ContainsFunc(found, func(v any) bool { return !reflect.DeepEqual(v, c[2]) })
		case "len":
			elements, isList := []any(nil), false
			if len(found) == 1 {
				elements, isList = found[0].([]any)
			}
			ok = isList && float64(len(elements)) == c[2]
		case "sum":
			sum := 0.0
			for _, v := range found {
				n, _ := v.(float64)
				sum += n
			}
			ok = sum == c[2]
		default:
			panic(fmt.Sprint("unknown condition ", c))
		}
		if !ok {
			return false
		}
	}
	return true
}

var pathPart = regexp.MustCompile(`[^.\[\]]+|\[\*\]|\[\d+\]`)

// pick returns what a path such as tasks[*].state leads to.
func pick(doc any, path string) []any {
	found := []any{doc}
	for _, part := range pathPart.FindAllString(path, -1) {
		var next []any
		for _, v := range found {
			switch v := v.(type) {
			case []any:
				var i int
				if part == "[*]" {
					next = append(next, v...)
				} else if n, _ := fmt.Sscanf(part, "[%d]", &i); n == 1 && i < len(v) {
					next = append(next, v[i])
				}
			case map[string]any:
				if e, ok := v[part]; ok {
					next = append(next, e)
				}
			}
		}
		found = next
	}
	return found
}
