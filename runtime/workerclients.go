package runtime

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/sluice-connect/sluice/runtime/consume"
	"github.com/sluice-connect/sluice/runtime/kafka"
	"github.com/sluice-connect/sluice/runtime/workerconfig"
	cd "github.com/sluice-connect/sluice/schemas/configdef"
)

// CheckClients returns an error that names every value among a worker's properties which no client of Kafka could be
// made with: those of its own clients, of sinks (consumer.*) and of dead letter queues (producer.*, admin.*). It reads
// no store of keys or certificates: one that is missing is the business of the client that needs it.
func CheckClients(worker map[string]string) error {
	problems := ownProblems(worker)
	problems = append(problems, consume.Check("consumer.", worker)...)
	problems = append(problems, kafka.CheckValues(kafka.ProducerKeys, "producer.", worker)...)
	problems = append(problems, kafka.CheckValues(kafka.AdminKeys, "admin.", worker)...)
	if len(problems) == 0 {
		problems = loginProblems(worker)
	}
	if len(problems) == 0 {
		return nil
	}
	return errors.New(strings.Join(texts(problems), "\n"))
}

// ownProblems are those of the properties without prefix, other than the ones that the worker's definition covers.
func ownProblems(worker map[string]string) []cd.Problem {
	own := maps.Clone(worker)
	for _, k := range workerconfig.Standalone.Keys() {
		delete(own, k.Name)
	}
	return kafka.CheckValues(kafka.AdminKeys, "", own)
}

// loginProblems looks at TLS and logins as each kind of client gets them.
func loginProblems(worker map[string]string) []cd.Problem {
	own := kafka.CheckSecurity(worker)
	problems := securityProblem("", own)
	problems = append(problems, securityProblem("consumer.", kafka.CheckSecurity(cd.WithPrefix(worker, "consumer.")))...)
	problems = append(problems, securityProblem("producer.", kafka.CheckSecurity(cd.WithPrefix(worker, "producer.")))...)
	if own == nil { // admin clients inherit what the worker's own have
		problems = append(problems, securityProblem("admin.", kafka.CheckSecurity(kafka.AdminProps(worker, nil, "")))...)
	}
	return problems
}

func securityProblem(prefix string, err error) []cd.Problem {
	if err == nil {
		return nil
	}
	return []cd.Problem{{Key: prefix + "security.protocol", Message: fmt.Sprintf("Invalid values for %ssecurity.*, sasl.* or ssl.*: %v", prefix, err)}}
}
