package workerconfig

import (
	"errors"
	"strings"

	"github.com/sluice-connect/sluice/schemas/configdef"
)

// Properties that protect a worker stop its start while they cannot be honoured: who wrote them relies on them.

func noExtensions(value any) error {
	if list, _ := value.([]string); len(list) > 0 {
		return errors.New("REST extensions are " + configdef.NotYet + "; put an authenticating proxy in front and remove the property")
	}
	return nil
}

// Policies are the client override policies, by the names that the Java worker's classes have or are known by.
var Policies = []string{"All", "None", "Principal", "Allowlist"}

const policyPackage, policySuffix = "org.apache.kafka.connect.connector.policy.", "ConnectorClientConfigOverridePolicy"

// Policy returns the short name of a client override policy, "" when there is no such policy.
func Policy(name string) string {
	if name == "" {
		return "All"
	}
	short := strings.TrimSuffix(strings.TrimPrefix(name, policyPackage), policySuffix)
	for _, known := range Policies {
		if strings.EqualFold(short, known) {
			return known
		}
	}
	return ""
}

func knownPolicy(value any) error {
	if name, _ := value.(string); Policy(name) == "" {
		return errors.New("it must be one of " + strings.Join(Policies, ", "))
	}
	return nil
}
