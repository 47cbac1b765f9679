package runtime

import "runtime/debug"

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
