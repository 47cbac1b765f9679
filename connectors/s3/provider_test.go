package s3

import "testing"

// TestSettingsOfTheCredentialsProviderAreRead: nobody is told otherwise, and a typing error among them is one.
func TestSettingsOfTheCredentialsProviderAreRead(t *testing.T) {
	for name, unread := range map[string]bool{"sts.role.arn": false, "sts.role.session.name": false, "sts.role.external.id": false, "sts.region": false,
		"sts.role.arm": true} {
		if got := definition.Unknown(map[string]string{providerPrefix + name: "x"}); (len(got) == 1) != unread {
			t.Errorf("%s: %v", name, got)
		}
	}
}
