package connectors

import (
	"fmt"
	"sort"
)

// Plugin is a registered connector class.
type Plugin struct {
	// Class is the Java class name that REST answers show.
	Class string
	// TaskClass is the Java class name of its tasks, as the config topic shows it.
	TaskClass string
	// Aliases are further names users may configure: short names, other class names with the same keys.
	Aliases   []string
	Connector Connector
}

var (
	byName  = map[string]*Plugin{}
	plugins []*Plugin
)

// Register adds a connector class. It is called from init functions and panics when a name is taken.
func Register(p Plugin) {
	for _, n := range append([]string{p.Class}, p.Aliases...) {
		if n == "" || byName[n] != nil {
			panic(fmt.Sprintf("connectors: class name %q is empty or registered twice", n))
		}
		byName[n] = &p
	}
	plugins = append(plugins, &p)
	sort.Slice(plugins, func(i, j int) bool { return plugins[i].Class < plugins[j].Class })
}

// Lookup finds a connector class by class name or alias.
func Lookup(name string) (*Plugin, bool) {
	p, ok := byName[name]
	return p, ok
}

// Plugins lists the registered classes, sorted by class name. The slice must not be changed.
func Plugins() []*Plugin { return plugins }
