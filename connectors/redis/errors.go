package redis

import (
	"crypto/tls"
	"errors"
	"fmt"
	"strings"

	goredis "github.com/redis/go-redis/v9"

	"github.com/sluice-connect/sluice/connectors"
)

// temporary are the error codes of a server that may take the same command later.
var temporary = []string{
	"OOM", "READONLY", "LOADING", "CLUSTERDOWN", "TRYAGAIN", "MASTERDOWN", "NOREPLICAS", "MISCONF", "BUSY", "UNKILLABLE",
	"ERR max number of clients",
}

// failover are the codes of a server that another one may have replaced under the same name.
var failover = []string{"READONLY", "MASTERDOWN", "NOREPLICAS"}

// hopeless are the errors that every record would meet, with what to do. Outside means that it can be done at the
// server, so that the task has to be restarted afterwards; a change of the configuration restarts it anyway.
var hopeless = []struct {
	prefix, advice string
	outside        bool
}{
	{"NOAUTH", "the server asks for a login: set redis.username and redis.password", false},
	{"WRONGPASS", "the server refuses redis.username and redis.password", true},
	{"ERR invalid password", "the server refuses redis.password", true},
	{"ERR AUTH", "the server has no password: remove redis.username and redis.password", false},
	{"ERR Client sent AUTH", "the server has no password: remove redis.username and redis.password", false},
	{"NOPERM", "the user lacks a permission: extend its ACL", true},
	{"ERR The user executing the script", "the user lacks a permission: extend its ACL", true}, // NOPERM in a script of Redis 7.0
	{"ERR unknown command", "the server lacks a command that redis.type needs", true},
	{"ERR Unknown Redis command", "the server lacks a command that redis.type needs", true},
	{"ERR DB index", "the server does not have the database of redis.uri", true},
	{"ERR invalid DB index", "the server does not have the database of redis.uri", true},
	{"ERR This instance has cluster support disabled", "the server is no cluster: remove redis.cluster", false},
}

// classify says what an answer means for the record it belongs to. An error of the server that is neither temporary
// nor hopeless is about the one command: a wrong type, a bad document, a value that is too large.
func (s *settings) classify(err error) connectors.Verdict {
	switch {
	case err == nil || isNil(err):
		return connectors.Safe
	case tlsAdvice(err) != "":
		return connectors.Hopeless
	case !fromServer(err):
		return connectors.Later // the network, a timeout, the end of the context
	}
	answer := serverText(err)
	if moved(answer) {
		if s.cluster {
			return connectors.Later // the slots move faster than the client follows
		}
		return connectors.Hopeless
	}
	if hasCode(answer, temporary) {
		return connectors.Later
	}
	for _, h := range hopeless {
		if strings.HasPrefix(answer, h.prefix) {
			return connectors.Hopeless
		}
	}
	return connectors.Refused
}

// failure is what the runtime is told of an answer that is about no single record; doing completes "verb phrase: ".
func (s *settings) failure(doing string, err error) error {
	outside, advice := explain(err)
	explained := fmt.Errorf("%s: %w", doing, advice)
	switch {
	case s.classify(err) == connectors.Later:
		return connectors.Retriable(explained)
	case outside:
		return connectors.Correctable(explained)
	}
	return explained
}

func hasCode(answer string, codes []string) bool {
	for _, code := range codes {
		if strings.HasPrefix(answer, code) {
			return true
		}
	}
	return false
}

// replaceable reports whether the connection an error came from is better dialled anew.
func replaceable(err error) bool {
	return !fromServer(err) || hasCode(serverText(err), failover)
}

// tlsAdvice is what to do about a TLS error that repeating cannot mend; empty for every other error.
func tlsAdvice(err error) string {
	var untrusted *tls.CertificateVerificationError
	var plain tls.RecordHeaderError
	switch {
	case errors.As(err, &untrusted):
		return "the server's certificate is not trusted: set redis.cacert or correct the certificate"
	case errors.As(err, &plain):
		return "the server does not speak TLS at this port: remove redis.tls or the second s of rediss://, or correct the port"
	}
	return ""
}

func moved(answer string) bool {
	return strings.HasPrefix(answer, "MOVED ") || strings.HasPrefix(answer, "ASK ")
}

func isNil(err error) bool { return errors.Is(err, goredis.Nil) }

// fromServer tells an error that the server answered from one of the connection.
func fromServer(err error) bool {
	var answer goredis.Error
	return errors.As(err, &answer)
}

// serverText is the text of an answer. Servers before Redis 7 put a second dash before the code of an error that a
// script passes on.
func serverText(err error) string {
	var answer goredis.Error
	errors.As(err, &answer)
	return strings.TrimPrefix(answer.Error(), "-")
}

// explain says what to do about an error where that is known, and whether it can be done outside the configuration.
func explain(err error) (outside bool, explained error) {
	if advice := tlsAdvice(err); advice != "" {
		return true, fmt.Errorf("%s: %w", advice, err)
	}
	if !fromServer(err) {
		return false, err
	}
	answer := serverText(err)
	for _, h := range hopeless {
		if strings.HasPrefix(answer, h.prefix) {
			return h.outside, fmt.Errorf("%s (%s)", h.advice, withoutArguments(answer))
		}
	}
	if moved(answer) {
		return false, fmt.Errorf("the server is part of a cluster: set redis.cluster=true (%s)", answer)
	}
	return false, errors.New(answer)
}

// refusal is the reason to reject a record.
func refusal(command string, err error) error {
	return fmt.Errorf("execute %s: the server refuses the record: %s", strings.ToUpper(command), withoutArguments(serverText(err)))
}

// withoutArguments cuts off the arguments that Redis quotes: they are a record's data.
func withoutArguments(answer string) string {
	answer, _, _ = strings.Cut(answer, ", with args")
	if len(answer) > 200 {
		answer = answer[:200] + "…"
	}
	return answer
}
