package examine

import (
	"context"
	"slices"
	"strings"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/connectorconfig"
	"github.com/sluice-connect/sluice/runtime/workerconfig"
	cd "github.com/sluice-connect/sluice/schemas/configdef"
	"github.com/sluice-connect/sluice/schemas/converter"
)

// Validate examines a configuration for the class named plugin and says what it found about every key.
func (x *Examiner) Validate(ctx context.Context, plugin string, raw runtime.RawConfig) (runtime.ConfigInfos, error) {
	class := raw["connector.class"]
	if class != nil && !matchesRequest(*class, plugin) {
		return runtime.ConfigInfos{}, runtime.Errorf(runtime.BadRequest, "Included connector type %s does not match request type %s", *class, plugin)
	}
	e, err := x.Examine(ctx, raw)
	if err == nil {
		err = e.refusal()
	}
	if err != nil {
		return runtime.ConfigInfos{}, err
	}
	infos := runtime.ConfigInfos{Name: e.Config["connector.class"], ErrorCount: e.count(), Groups: []string{}, Configs: []runtime.ConfigInfo{}}
	for _, f := range e.findings {
		info := runtime.ConfigInfo{Value: runtime.ConfigValueInfo{Name: f.name, Value: f.value, RecommendedValues: []string{}, Errors: []string{}, Visible: !f.hidden}}
		if f.key != nil {
			definition := keyInfo(*f.key)
			definition.Name = f.name
			info.Definition = &definition
			info.Value.RecommendedValues = recommended(*f.key)
			if g := f.key.Group; g != "" && !slices.Contains(infos.Groups, g) {
				infos.Groups = append(infos.Groups, g)
			}
		}
		info.Value.Errors = append(info.Value.Errors, f.errors...)
		infos.Configs = append(infos.Configs, info)
	}
	return infos, nil
}

// Plugins lists the installed connector classes and, unless connectorsOnly, the converters.
func (x *Examiner) Plugins(connectorsOnly bool) []runtime.PluginInfo {
	list := []runtime.PluginInfo{}
	for _, p := range connectors.Plugins() {
		list = append(list, runtime.PluginInfo{Class: p.Class, Type: runtime.TypeSink, Version: VersionOf(p, x.Version)})
	}
	if connectorsOnly {
		return list
	}
	var headers []runtime.PluginInfo
	for _, class := range converter.Classes() {
		p, _ := converter.Lookup(class)
		if p.Value {
			list = append(list, runtime.PluginInfo{Class: class, Type: "converter", Version: p.Version})
		}
		if p.Header {
			headers = append(headers, runtime.PluginInfo{Class: class, Type: "header_converter", Version: p.Version})
		}
	}
	return append(list, headers...)
}

// PluginConfig describes the keys of a connector or converter class: first its own, then those every sink has. version
// is a range that the installed version must lie in, "latest" for any.
func (x *Examiner) PluginConfig(name, version string) ([]runtime.ConfigKeyInfo, error) {
	infos := []runtime.ConfigKeyInfo{}
	wanted, err := parseVersionRange(version)
	if err != nil {
		return nil, runtime.Errorf(runtime.BadRequest, "Invalid version specification: %s", version)
	}
	if p, ok := converter.Lookup(name); ok {
		if !wanted.contains(p.Version) {
			return nil, runtime.Errorf(runtime.BadRequest, "%s", wanted.missing(p.Class, installedVersions(p)))
		}
		for _, k := range shownKeys(p).Keys() {
			infos = append(infos, keyInfo(k))
		}
		return infos, nil
	}
	p, err := LookupConnector(name)
	if err != nil {
		if otherPlugins[name] != "" {
			return nil, runtime.Errorf(runtime.BadRequest, "Invalid plugin class %s. Valid types are sink, source, converter, header_converter, transformation, predicate.", name)
		}
		return nil, runtime.Errorf(runtime.NotFound, "Unknown plugin %s.", name)
	}
	if installed := VersionOf(p, x.Version); !wanted.contains(installed) {
		return nil, runtime.Errorf(runtime.BadRequest, "%s", wanted.missing(p.Class, installed))
	}
	for _, k := range p.Connector.Config().Keys() {
		if !k.Internal {
			infos = append(infos, keyInfo(k))
		}
	}
	for _, k := range slices.Concat(connectorconfig.ConnectorKeys, connectorconfig.SinkKeys) {
		if k.Name == pluginVersion {
			k.Null, k.Default = false, VersionOf(p, x.Version)
		}
		infos = append(infos, keyInfo(k))
	}
	return infos, nil
}

// commonKeys are the keys every sink has, with the defaults this worker and the class give them.
func (x *Examiner) commonKeys(p *connectors.Plugin) []cd.Key {
	keys := slices.Concat(connectorconfig.ConnectorKeys, connectorconfig.SinkKeys)
	for i := range keys {
		k := &keys[i]
		switch {
		case k.Name == pluginVersion:
			version := VersionOf(p, x.Version)
			k.Null, k.Default = false, version
			k.Recommended = func() []string { return []string{version} }
		case k.Type == cd.Class && x.converterClass(k.Name) != "":
			k.Null, k.Default = false, x.converterClass(k.Name)
			k.Recommended = converterClasses(k.Name == "header.converter")
		}
	}
	return keys
}

// converterClass is the worker's converter under a key, "" when it has none.
func (x *Examiner) converterClass(key string) string {
	if class := x.Worker[key]; class != "" || key != workerconfig.HeaderConverter {
		return class
	}
	class := workerconfig.DefaultHeaderConverter
	if _, ok := converter.Lookup(class); !ok {
		return ""
	}
	return class
}

func converterClasses(header bool) func() []string {
	return func() []string {
		var list []string
		for _, class := range converter.Classes() {
			if p, _ := converter.Lookup(class); (header && p.Header) || (!header && p.Value) {
				list = append(list, class)
			}
		}
		return list
	}
}

func recommended(k cd.Key) []string {
	if k.Recommended == nil {
		return []string{}
	}
	return append([]string{}, k.Recommended()...)
}

func keyInfo(k cd.Key) runtime.ConfigKeyInfo {
	info := runtime.ConfigKeyInfo{Name: k.Name, Type: string(k.Type), Required: k.Required, Importance: string(k.Importance),
		Documentation: k.Doc, Order: k.Order, Width: string(k.Width), DisplayName: k.DisplayName,
		Dependents: append([]string{}, k.Dependents...)}
	if !k.Required && !k.Null {
		text := strings.TrimSpace(k.Default)
		if k.Type == cd.Password {
			text = cd.Hidden
		}
		info.DefaultValue = &text
	}
	if k.Group != "" {
		info.Group = &k.Group
	}
	switch k.Order {
	case 0:
		info.Order = -1
	case orderZero:
		info.Order = 0
	}
	if info.DisplayName == "" {
		info.DisplayName = k.Name
	}
	if info.Width == "" {
		info.Width = string(cd.WidthNone)
	}
	return info
}
