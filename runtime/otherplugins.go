package runtime

import "strings"

// The packages and kinds of plugins that only a worker names. A connector that does so is told what they are.
const (
	providerPackage = "org.apache.kafka.common.config.provider."
	providerKind    = "ConfigProvider"
	policyPackage   = "org.apache.kafka.connect.connector.policy."
	policyKind      = "ConnectorClientConfigOverridePolicy"
)

// otherPlugins are the full names of such plugins by all their names.
var otherPlugins = func() map[string]string {
	names := map[string]string{}
	add := func(pkg, kind string, plugins ...string) {
		for _, short := range plugins {
			for _, name := range []string{short, short + kind, pkg + short + kind} {
				names[name] = pkg + short + kind
			}
		}
	}
	add(providerPackage, providerKind, "File", "Directory", "EnvVar")
	add(policyPackage, policyKind, "All", "None", "Principal", "Allowlist")
	return names
}()

// serializer reports a class that converts bytes for Kafka's own clients: the usual mistake.
func serializer(name string) bool {
	name, ok := strings.CutPrefix(name, "org.apache.kafka.common.serialization.")
	return ok && (strings.HasSuffix(name, "Serializer") || strings.HasSuffix(name, "Deserializer"))
}
