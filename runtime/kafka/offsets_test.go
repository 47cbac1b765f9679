package kafka

import "testing"

// TestAdminPropertiesHaveAnOrder: a connector's settings win over those of the worker's admin clients, and these over
// the worker's own.
func TestAdminPropertiesHaveAnOrder(t *testing.T) {
	worker := map[string]string{"bootstrap.servers": "w:1", "security.protocol": "PLAINTEXT", "a": "own", "admin.a": "admin", "admin.b": "admin"}
	for range 50 { // maps have no order of their own
		props := AdminProps(worker, map[string]string{"admin.override.b": "connector", "b": "no setting"}, "me")
		if props["a"] != "admin" || props["b"] != "connector" || props["client.id"] != "me" || props["bootstrap.servers"] != "w:1" {
			t.Fatalf("%v", props)
		}
	}
}
