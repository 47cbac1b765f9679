package runtime

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strconv"
)

// legalMember is what Kafka allows in a group.instance.id.
var legalMember = regexp.MustCompile(`^[a-zA-Z0-9._-]{1,249}$`)

// memberID is the static membership id of a task: stable over restarts of the worker, so that a restart moves no
// partitions. Connector names that Kafka would refuse are hashed.
func memberID(instance, connector string, number int) string {
	if instance == "" {
		return ""
	}
	id := instance + "-" + connector + "-" + strconv.Itoa(number)
	if legalMember.MatchString(id) {
		return id
	}
	sum := sha256.Sum256([]byte(connector))
	return instance + "-" + hex.EncodeToString(sum[:16]) + "-" + strconv.Itoa(number)
}
