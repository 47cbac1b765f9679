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
func (x Examiner) Validate(ctx context.Context, plugin string, raw runtime.RawConfig) (runtime.ConfigInfos, error) {
	class := raw["connector.class"]
	if class != nil && !matchesRequest(*class, plugin) {
		return runtime.ConfigInfos{}, runtime.Errorf(runtime.BadRequest, "Included connector type %s does not match request type %s", *class, plugin)
	}
	e, err := x.examine(ctx, raw, x.LookByKey)
	if err == nil {
		err = e.refusal()
	}
	if err != nil {
		return runtime.ConfigInfos{}, err
	}
	e.add(e.refs.Dangling)
	e.refer() // also of keys that nobody defined
	return e.infos(), nil
}

// infos is the answer of a validation.
func (e *Result) infos() runtime.ConfigInfos {
	infos := runtime.ConfigInfos{Name: e.Config["connector.class"], ErrorCount: e.count(), Groups: []string{}, Configs: []runtime.ConfigInfo{}}
	for _, f := range e.findings {
		if f.key != nil && f.key.Group != "" && !slices.Contains(infos.Groups, f.key.Group) {
			infos.Groups = append(infos.Groups, f.key.Group)
		}
		infos.Configs = append(infos.Configs, f.info())
	}
	return infos
}

func (f finding) info() runtime.ConfigInfo {
	info := runtime.ConfigInfo{Value: runtime.ConfigValueInfo{Name: f.name, Value: f.value, RecommendedValues: []string{},
		Errors: append([]string{}, f.errors...), Visible: !f.hidden}}
	if f.key != nil {
		definition := keyInfo(*f.key)
		definition.Name = f.name
		info.Definition = &definition
		info.Value.RecommendedValues = recommended(*f.key)
	}
	return info
}

// commonKeys are the keys every sink has, with the defaults this worker and the class give them.
func (x Examiner) commonKeys(p *connectors.Plugin) []cd.Key {
	keys := slices.Concat(connectorconfig.Connector, connectorconfig.Sink)
	for i := range keys {
		k := &keys[i]
		switch {
		case k.Name == connectorconfig.PluginVersion:
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
func (x Examiner) converterClass(key string) string {
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
