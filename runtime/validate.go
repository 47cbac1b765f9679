package runtime

import (
	"context"
	"slices"
	"strings"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/runtime/workerconfig"
	cd "github.com/sluice-connect/sluice/schemas/configdef"
	"github.com/sluice-connect/sluice/schemas/converter"
)

// Validate examines a configuration for the class named plugin and says what it found about every key.
func (h *Herder) Validate(ctx context.Context, plugin string, raw RawConfig) (ConfigInfos, error) {
	class := raw["connector.class"]
	if class != nil && !matchesRequest(*class, plugin) {
		return ConfigInfos{}, Errorf(BadRequest, "Included connector type %s does not match request type %s", *class, plugin)
	}
	e, err := h.examine(ctx, raw)
	if err == nil {
		err = e.refusal()
	}
	if err != nil {
		return ConfigInfos{}, err
	}
	infos := ConfigInfos{Name: e.config["connector.class"], ErrorCount: e.count(), Groups: []string{}, Configs: []ConfigInfo{}}
	for _, f := range e.findings {
		info := ConfigInfo{Value: ConfigValueInfo{Name: f.name, Value: f.value, RecommendedValues: []string{}, Errors: []string{}, Visible: !f.hidden}}
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
func (h *Herder) Plugins(connectorsOnly bool) []PluginInfo {
	list := []PluginInfo{}
	for _, p := range connectors.Plugins() {
		list = append(list, PluginInfo{Class: p.Class, Type: typeSink, Version: versionOf(p, h.opt.Version)})
	}
	if connectorsOnly {
		return list
	}
	var headers []PluginInfo
	for _, class := range converter.Classes() {
		p, _ := converter.Lookup(class)
		if p.Value {
			list = append(list, PluginInfo{Class: class, Type: "converter", Version: p.Version})
		}
		if p.Header {
			headers = append(headers, PluginInfo{Class: class, Type: "header_converter", Version: p.Version})
		}
	}
	return append(list, headers...)
}

// PluginConfig describes the keys of a connector or converter class: first its own, then those every sink has. version
// is a range that the installed version must lie in, "latest" for any.
func (h *Herder) PluginConfig(name, version string) ([]ConfigKeyInfo, error) {
	infos := []ConfigKeyInfo{}
	wanted, err := parseVersionRange(version)
	if err != nil {
		return nil, Errorf(BadRequest, "Invalid version specification: %s", version)
	}
	if p, ok := converter.Lookup(name); ok {
		if !wanted.contains(p.Version) {
			return nil, Errorf(BadRequest, "%s", wanted.missing(p.Class, installedVersions(p)))
		}
		for _, k := range shownKeys(p).Keys() {
			infos = append(infos, keyInfo(k))
		}
		return infos, nil
	}
	p, err := lookupConnector(name)
	if err != nil {
		if otherPlugins[name] != "" {
			return nil, Errorf(BadRequest, "Invalid plugin class %s. Valid types are sink, source, converter, header_converter, transformation, predicate.", name)
		}
		return nil, Errorf(NotFound, "Unknown plugin %s.", name)
	}
	if installed := versionOf(p, h.opt.Version); !wanted.contains(installed) {
		return nil, Errorf(BadRequest, "%s", wanted.missing(p.Class, installed))
	}
	for _, k := range p.Connector.Config().Keys() {
		if !k.Internal {
			infos = append(infos, keyInfo(k))
		}
	}
	for _, k := range slices.Concat(connectorKeys, sinkKeys) {
		if k.Name == pluginVersion {
			k.Null, k.Default = false, versionOf(p, h.opt.Version)
		}
		infos = append(infos, keyInfo(k))
	}
	return infos, nil
}

// commonKeys are the keys every sink has, with the defaults this worker and the class give them.
func (h *Herder) commonKeys(p *connectors.Plugin) []cd.Key {
	keys := slices.Concat(connectorKeys, sinkKeys)
	for i := range keys {
		k := &keys[i]
		switch {
		case k.Name == pluginVersion:
			version := versionOf(p, h.opt.Version)
			k.Null, k.Default = false, version
			k.Recommended = func() []string { return []string{version} }
		case k.Type == cd.Class && h.converterClass(k.Name) != "":
			k.Null, k.Default = false, h.converterClass(k.Name)
			k.Recommended = converterClasses(k.Name == "header.converter")
		}
	}
	return keys
}

// converterClass is the worker's converter under a key, "" when it has none.
func (h *Herder) converterClass(key string) string {
	if class := h.opt.Worker[key]; class != "" || key != workerconfig.HeaderConverter {
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

func keyInfo(k cd.Key) ConfigKeyInfo {
	info := ConfigKeyInfo{Name: k.Name, Type: string(k.Type), Required: k.Required, Importance: string(k.Importance),
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
