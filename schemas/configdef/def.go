// Package configdef describes configurations as data: from one definition come parsing, defaults, validation, masking
// and the reference tables.
package configdef

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sort"
	"strings"
)

// Type is a configuration type of Kafka's ConfigDef.
type Type string

// The types of Kafka's ConfigDef.
const (
	Boolean  Type = "BOOLEAN"
	String   Type = "STRING"
	Int      Type = "INT"
	Short    Type = "SHORT"
	Long     Type = "LONG"
	Double   Type = "DOUBLE"
	List     Type = "LIST"
	Class    Type = "CLASS"
	Password Type = "PASSWORD"
)

// Importance is how much a key matters to most users.
type Importance string

// The importances of Kafka's ConfigDef.
const (
	High   Importance = "HIGH"
	Medium Importance = "MEDIUM"
	Low    Importance = "LOW"
)

// Width is a hint for user interfaces.
type Width string

// The widths of Kafka's ConfigDef.
const (
	WidthNone   Width = "NONE"
	WidthShort  Width = "SHORT"
	WidthMedium Width = "MEDIUM"
	WidthLong   Width = "LONG"
)

// Key defines one configuration key. Only Name, Type and Doc are needed.
type Key struct {
	Name string
	Type Type
	// Default is the text that stands when the key is not set; it is parsed like a set value. It is ignored when
	// Required, and an optional key with the Null flag has no value at all.
	Default     string
	Required    bool
	Null        bool // the default is null: Values.Has tells
	Importance  Importance
	Group       string
	Order       int // 0 means -1, as Kafka prints for keys without an order
	Width       Width
	DisplayName string // the name when empty
	Dependents  []string
	// Valid checks a parsed value; it is not called for null. The error text completes
	// "Invalid value V for configuration K: ".
	Valid func(value any) error
	// NonNull is the same text about null, "" when the key may be null. It counts when the user sets the key to null,
	// and after what is wrong with a value that cannot be parsed.
	NonNull string
	// Recommended lists the values a user interface offers; nil for none.
	Recommended func() []string
	Doc         string
	// Internal keys work but are left out of reference tables.
	Internal bool
	// Ignored keys are accepted for compatibility and have no effect; the reference says so.
	Ignored bool
	// Later keys are known and not honoured yet: every value but the default is refused, because to ignore it would lose
	// what its user relies on; the reference says so. For single values there is the validator Later.
	Later bool
}

// Def is an ordered set of keys plus checks over all of them together.
type Def struct {
	keys   []Key
	index  map[string]int
	checks []func(Values) []Problem
	read   []string // names of settings that are read without a definition
}

// Problem is one thing wrong with the configuration of a key.
type Problem struct {
	Key     string
	Message string
}

// New returns a definition of the given keys. It panics on a duplicate or nameless key: definitions are program text.
func New(keys ...Key) *Def {
	d := &Def{index: map[string]int{}}
	return d.Add(keys...)
}

// Add appends keys and returns d.
func (d *Def) Add(keys ...Key) *Def {
	for _, k := range keys {
		if _, dup := d.index[k.Name]; dup || k.Name == "" || k.Type == "" {
			panic(fmt.Sprintf("configdef: key %q is defined twice or lacks a name or type", k.Name))
		}
		if k.Importance == "" {
			k.Importance = Medium
		}
		if k.Width == "" {
			k.Width = WidthNone
		}
		if k.DisplayName == "" {
			k.DisplayName = k.Name
		}
		d.index[k.Name] = len(d.keys)
		d.keys = append(d.keys, k)
	}
	return d
}

// Check adds a check over the whole configuration; it runs on whatever values could be parsed.
func (d *Def) Check(f func(Values) []Problem) *Def {
	d.checks = append(d.checks, f)
	return d
}

// Reads says that settings of these names are read although they are no keys, and returns d.
func (d *Def) Reads(names ...string) *Def {
	d.read = append(d.read, names...)
	return d
}

// Keys returns the keys in the order they were added. The slice must not be changed.
func (d *Def) Keys() []Key { return d.keys }

// Key finds a key by name.
func (d *Def) Key(name string) (Key, bool) {
	i, ok := d.index[name]
	if !ok {
		return Key{}, false
	}
	return d.keys[i], true
}

// Merge returns a new definition with the keys and checks of d and of others, in this order.
func (d *Def) Merge(others ...*Def) *Def {
	m := New(d.keys...)
	m.checks = append(m.checks, d.checks...)
	m.read = append(m.read, d.read...)
	for _, o := range others {
		m.Add(o.keys...)
		m.checks = append(m.checks, o.checks...)
		m.read = append(m.read, o.read...)
	}
	return m
}

// Only returns a new definition of some keys of d, in the order of d and without its checks. It panics on a name that d does
// not define: definitions are program text.
func (d *Def) Only(names ...string) *Def {
	part := New()
	for _, k := range d.keys {
		if slices.Contains(names, k.Name) {
			part.Add(k)
		}
	}
	if len(part.keys) != len(names) {
		panic(fmt.Sprintf("configdef: of %q only %d are defined", names, len(part.keys)))
	}
	return part
}

// Parse reads props: it returns the values of all keys of d and every problem found, in key order. Keys that d does
// not define are kept in Values.Originals and are no problem.
func (d *Def) Parse(props map[string]string) (Values, []Problem) {
	v := Values{def: d, props: props, parsed: make(map[string]any, len(d.keys))}
	var problems []Problem
	for _, k := range d.keys {
		value, err := k.parse(props)
		if err == nil {
			err = k.validate(value, props)
		}
		if err != nil {
			problems = append(problems, Problem{Key: k.Name, Message: err.Error()})
			if text, _ := k.text(props); k.unparsable(text) && k.NonNull != "" {
				problems = append(problems, Problem{Key: k.Name, Message: k.Refusal("null", k.NonNull)})
			}
			continue
		}
		v.parsed[k.Name] = value
	}
	for _, check := range d.checks {
		problems = append(problems, check(v)...)
	}
	return v, problems
}

// text returns what is to be parsed for k; ok is false when that is null.
func (k Key) text(props map[string]string) (text string, ok bool) {
	if text, ok = props[k.Name]; ok {
		return text, true
	}
	return k.Default, !k.Null
}

// parse returns the value of k in props, set or by default; nil is null.
func (k Key) parse(props map[string]string) (any, error) {
	if _, set := props[k.Name]; k.Required && !set {
		return nil, fmt.Errorf("Missing required configuration %q which has no default value.", k.Name) //nolint:staticcheck // Kafka's text
	}
	text, ok := k.text(props)
	if !ok {
		return nil, nil
	}
	value, err := parse(k.Type, text)
	if err != nil {
		return nil, k.invalid(text, err)
	}
	return value, nil
}

// validate asks the validator of k about a parsed value. An empty default stands for "not set" and is not asked about.
func (k Key) validate(value any, props map[string]string) error {
	_, set := props[k.Name]
	if value == nil || (!set && k.Default == "") {
		return nil
	}
	if k.Valid != nil {
		if err := k.Valid(value); err != nil {
			return k.invalid(written(value), err)
		}
	}
	if k.Later && !k.isDefault(value) {
		return k.invalid(written(value), errLater)
	}
	return nil
}

// isDefault reports whether a parsed value is the default of k, or nothing where that is null.
func (k Key) isDefault(value any) bool {
	usual, err := parse(k.Type, k.Default)
	return err == nil && reflect.DeepEqual(value, usual)
}

// unparsable reports whether text is no value of k's type.
func (k Key) unparsable(text string) bool {
	_, err := parse(k.Type, text)
	return err != nil
}

// Refusal is the message that a value of k is wrong, as Kafka words it.
func (k Key) Refusal(value, why string) string {
	return "Invalid value " + shown(k, value) + " for configuration " + k.Name + ": " + why
}

// written renders a parsed value as Java does when it is put into a message: a list in brackets.
func written(value any) string {
	if list, ok := value.([]string); ok {
		return "[" + strings.Join(list, ", ") + "]"
	}
	return *Text(value)
}

func (k Key) invalid(text string, err error) error {
	var hidden hiddenError
	if errors.As(err, &hidden) {
		text = Hidden
	}
	return errors.New(k.Refusal(text, err.Error()))
}

func shown(k Key, text string) string {
	if k.Type == Password {
		return Hidden
	}
	return text
}

// Unknown returns the names in props that d neither defines nor Reads, sorted.
func (d *Def) Unknown(props map[string]string) []string {
	var names []string
	for n := range props {
		if _, ok := d.index[n]; !ok && !slices.Contains(d.read, n) {
			names = append(names, n)
		}
	}
	sort.Strings(names)
	return names
}
