// Package converter defines what turns Kafka's bytes into Connect data, and the registry of the converter classes.
package converter

import (
	"context"
	"fmt"
	"log/slog"
	"sort"
	"strings"

	"github.com/sluice-connect/sluice/schemas"
	"github.com/sluice-connect/sluice/schemas/configdef"
)

// Converter turns the bytes of a record's key, value or header into a value. A Converter is used by one goroutine at a
// time; Clone makes one for another goroutine.
type Converter interface {
	// Convert checks data in full and returns the value it stands for; nil data is null. The value may keep data and
	// memory of the converter and build its tree later. An error that Retriable wraps means that the data could not be
	// judged now (a registry is away), one that Fatal wraps that no data can be judged until somebody changes a
	// configuration; any other error means that the data is bad. Error texts are at most 512 bytes and never quote more
	// than a few bytes of the data.
	Convert(ctx context.Context, topic string, data []byte) (schemas.Value, error)
	// Clone returns a converter with the same configuration that may be used beside this one; caches are shared.
	Clone() Converter
	// Close frees what the converter and its clones share. It is called once, on the original.
	Close() error
}

// Role says what a converter converts.
type Role uint8

// The roles of a converter.
const (
	ForKey Role = iota
	ForValue
	ForHeader
)

// Plugin is a converter class.
type Plugin struct {
	// Class is the Java class name users configure. Its last part is an alias, with and without the word Converter.
	Class string
	// Header is set for classes that implement HeaderConverter, Value for those that implement Converter.
	Header, Value bool
	Version       string // as /connector-plugins shows it
	// Config is the definition of the converter's keys without their prefix.
	Config func() *configdef.Def
	// New builds a converter from values that Config parsed without problems.
	New func(v configdef.Values, role Role) (Converter, error)
}

// Logging is implemented by converters that log. LogTo is called before anything is converted, with a logger that names
// connector and task.
type Logging interface {
	LogTo(log *slog.Logger)
}

var (
	plugins = map[string]*Plugin{} // by class and alias
	classes []string
)

// Register adds a converter class. It is called from init functions and panics when a name is taken.
func Register(p Plugin) {
	for _, n := range append([]string{p.Class}, p.Aliases()...) {
		if n == "" || plugins[n] != nil {
			panic(fmt.Sprintf("converter: class name %q is empty or registered twice", n))
		}
		plugins[n] = &p
	}
	classes = append(classes, p.Class)
	sort.Strings(classes)
}

// Aliases are the short names of the class that Connect accepts.
func (p *Plugin) Aliases() []string {
	simple := p.Class[strings.LastIndexByte(p.Class, '.')+1:]
	kind := "Converter"
	if !p.Value {
		kind = "HeaderConverter"
	}
	if short := strings.TrimSuffix(simple, kind); short != simple && short != "" {
		return []string{simple, short}
	}
	return []string{simple}
}

// Lookup finds a converter class by class name or alias.
func Lookup(name string) (*Plugin, bool) {
	p, ok := plugins[name]
	return p, ok
}

// Classes lists the registered class names, sorted.
func Classes() []string { return classes }

// New builds the converter class from the properties of a worker or connector with the prefix cut off.
func New(class string, props map[string]string, role Role) (Converter, error) {
	p, ok := Lookup(class)
	if !ok {
		return nil, fmt.Errorf("find converter: Class %s could not be found; known are %v", class, Classes())
	}
	if (role == ForHeader && !p.Header) || (role != ForHeader && !p.Value) {
		return nil, fmt.Errorf("build converter: class %s cannot be used as a %s converter", class, role)
	}
	v, problems := p.Config().Parse(props)
	if len(problems) > 0 {
		return nil, fmt.Errorf("configure converter %s: %s", class, problems[0].Message)
	}
	return p.New(v, role)
}

// String names the role as it appears in messages.
func (r Role) String() string { return [...]string{"key", "value", "header"}[r] }
