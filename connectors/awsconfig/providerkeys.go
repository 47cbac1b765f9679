package awsconfig

// ProviderKeys are the names of what ProviderProps are read for, each after prefix: definitions of connectors name them, so
// that nobody is told they are not read.
func ProviderKeys(prefix string) []string {
	return []string{prefix + "sts.role.arn", prefix + "sts.role.session.name", prefix + "sts.role.external.id", prefix + "sts.region"}
}
