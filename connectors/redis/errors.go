package redis

import (
	"crypto/tls"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	goredis "github.com/redis/go-redis/v9"

	"github.com/sluice-connect/sluice/connectors"
)

// temporary are the error codes of a server that may take the same command later.
var temporary = []string{
	"OOM", "READONLY", "LOADING", "CLUSTERDOWN", "TRYAGAIN", "MASTERDOWN", "NOREPLICAS", "MISCONF", "BUSY", "UNKILLABLE",
	"ERR max number of clients",
}

// login are the codes of a server that does not know us. An open connection may meet them too, when its user is deleted.
var login = []string{"NOAUTH", "WRONGPASS", "ERR invalid password", "ERR Protocol error: unauthenticated", "ERR AUTH", "ERR Client sent AUTH"}

// refused are the errors that are about the one command, and so its record's fault: the key holds another type, the
// value, the document or the number of its fields is more than the server takes.
var refused = []string{
	"WRONGTYPE", "ERR string exceeds maximum allowed size",
	"ERR Protocol error: invalid bulk length", "ERR Protocol error: invalid multibulk length",
	"ERR invalid expire", "ERR value is not an integer or out of range",
}

// refusedJSON are those of JSON modules, parts of texts because most have no code.
var refusedJSON = []string{
	"SYNTAXERR", "LIMIT", "wrong Redis type", "recursion limit", "nesting", "parse JSON", "new objects must be created at the root",
}

// position is where the parser of a JSON module was.
var position = regexp.MustCompile(`at line \d+ column \d+`)

// failover are the codes of a server that another one may have replaced under the same name.
var failover = []string{"READONLY", "MASTERDOWN", "NOREPLICAS"}

// advice is what to do about an error.
type advice struct {
	prefix, text string
	outside      bool
}

// hopeless are the errors that every record would meet, with what to do. Outside means that it can be done at the
// server, so that the task has to be restarted afterwards; a change of the configuration restarts it anyway.
var hopeless = []advice{
	{"NOAUTH", "the server asks for a login: set redis.username and redis.password", false},
	{"ERR Protocol error: unauthenticated", "the server asks for a login: set redis.username and redis.password", false},
	{"WRONGPASS", "the server refuses redis.username and redis.password", true},
	{"ERR invalid password", "the server refuses redis.password", true},
	{"ERR AUTH", "the server has no password: remove redis.username and redis.password", false},
	{"ERR Client sent AUTH", "the server has no password: remove redis.username and redis.password", false},
	{"NOPERM", "the user lacks a permission: extend its ACL", true},
	{"ERR The user executing the script", "the user lacks a permission: extend its ACL", true}, // NOPERM in a script of Redis 7.0
	{"ERR unknown command", "the server lacks a command that redis.type needs", true},
	{"ERR Unknown Redis command", "the server lacks a command that redis.type needs", true},
	{"ERR wrong number of arguments", "the server does not take commands as they are sent: Redis 4 or newer is needed", true},
	{"ERR syntax error", "the server does not take commands as they are sent: Redis 4 or newer is needed", true},
	{"ERR DB index", "the server does not have the database of redis.uri", true},
	{"ERR invalid DB index", "the server does not have the database of redis.uri", true},
	{"ERR This instance has cluster support disabled", "the server is no cluster: remove redis.cluster", false},
}

// classify says what an answer means for the record it belongs to. It is about the one record only when it is known to be:
// an error that nobody here knows, such as a proxy's, is no reason to drop records, and is waited for.
func (s *settings) classify(err error) connectors.Verdict {
	switch {
	case err == nil || isNil(err):
		return connectors.Safe
	case tlsAdvice(err) != "":
		return connectors.Hopeless
	case !fromServer(err):
		return connectors.Later // the network, a timeout, the end of the context
	}
	return s.classifyAnswer(serverText(err))
}

func (s *settings) classifyAnswer(answer string) connectors.Verdict {
	switch {
	case moved(answer) && s.cluster:
		return connectors.Later // the slots move faster than the client follows
	case moved(answer):
		return connectors.Hopeless
	case hasCode(answer, temporary):
		return connectors.Later
	case slices.ContainsFunc(hopeless, func(h advice) bool { return strings.HasPrefix(answer, h.prefix) }):
		return connectors.Hopeless
	case hasCode(answer, refused), s.kind == typeJSON && refusesDocument(answer):
		return connectors.Refused
	}
	return connectors.Later
}

func refusesDocument(answer string) bool {
	return position.MatchString(answer) || slices.ContainsFunc(refusedJSON, func(part string) bool { return strings.Contains(answer, part) })
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
	case errors.Is(err, errTLSNeeded):
		return errTLSNeeded.Error()
	case errors.Is(err, errTLSUnspoken):
		return errTLSUnspoken.Error()
	case errors.As(err, &untrusted):
		return "the server's certificate is not trusted: set redis.cacert or correct the certificate"
	case errors.As(err, &plain):
		return errTLSUnspoken.Error()
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
		if strings.Contains(err.Error(), advice) {
			return true, err
		}
		return true, fmt.Errorf("%s: %w", advice, err)
	}
	if !fromServer(err) {
		return false, err
	}
	answer := serverText(err)
	for _, h := range hopeless {
		if strings.HasPrefix(answer, h.prefix) {
			return h.outside, fmt.Errorf("%s (%s)", h.text, withoutArguments(answer))
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
