package runtime

import "runtime/debug"

// KafkaVersion is the release of Kafka Connect whose REST API is served. Clients decide by it what they may ask for.
const KafkaVersion = "4.3.1"

// Commit is the revision the binary was built from, "unknown" outside a repository.
func Commit() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				return s.Value
			}
		}
	}
	return "unknown"
}
