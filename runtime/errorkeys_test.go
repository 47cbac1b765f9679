package runtime

import (
	"testing"

	"github.com/sluice-connect/sluice/runtime/task"
)

// TestErrorKeysAreThoseOfTasks: what REST shows about errors.* is what a task does.
func TestErrorKeysAreThoseOfTasks(t *testing.T) {
	for _, k := range task.ErrorKeys.Keys() {
		shown, ok := everySinksKeys.Key(k.Name)
		if !ok || shown.Type != k.Type || shown.Default != k.Default {
			t.Errorf("%s is a %v with default %q for tasks, and a %v with default %q for users", k.Name, k.Type, k.Default, shown.Type, shown.Default)
		}
	}
}
