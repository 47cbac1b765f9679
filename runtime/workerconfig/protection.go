package workerconfig

import (
	"errors"
	"strings"
)

// Properties that protect a worker stop its start while they cannot be honoured: who wrote them relies on them.

func noExtensions(value any) error {
	if list, _ := value.([]string); len(list) > 0 {
		return errors.New("REST extensions are not supported yet by this version; put an authenticating proxy in front and remove the property")
	}
	return nil
}

func onlyAll(value any) error {
	if policy, _ := value.(string); !strings.EqualFold(policy, "All") {
		return errors.New("only the policy All is supported yet by this version")
	}
	return nil
}
