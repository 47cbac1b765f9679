package redis

import (
	"crypto/tls"
	"errors"
	"fmt"
	"strings"

	goredis "github.com/redis/go-redis/v9"
)

// verdict is what an answer means for the record it belongs to.
type verdict uint8

const (
	verdictDone verdict = iota
	verdictRetry
	verdictReject
	verdictFatal
)

// temporary are the error codes of a server that may take the same command later.
var temporary = []string{
	"OOM", "READONLY", "LOADING", "CLUSTERDOWN", "TRYAGAIN", "MASTERDOWN", "NOREPLICAS", "MISCONF", "BUSY", "UNKILLABLE",
	"ERR max number of clients",
}

// failover are the codes of a server that another one may have replaced under the same name.
var failover = []string{"READONLY", "MASTERDOWN", "NOREPLICAS"}

// hopeless are the errors that every record would meet, with what to do.
var hopeless = []struct{ prefix, advice string }{
	{"NOAUTH", "the server asks for a login: set redis.username and redis.password"},
	{"WRONGPASS", "the server refuses redis.username and redis.password"},
	{"ERR invalid password", "the server refuses redis.password"},
	{"ERR AUTH", "the server has no password: remove redis.username and redis.password"},
	{"ERR Client sent AUTH", "the server has no password: remove redis.username and redis.password"},
	{"NOPERM", "the user lacks a permission: extend its ACL"},
	{"ERR The user executing the script", "the user lacks a permission: extend its ACL"}, // NOPERM in a script of Redis 7.0
	{"ERR unknown command", "the server lacks a command that redis.type needs"},
	{"ERR Unknown Redis command", "the server lacks a command that redis.type needs"},
	{"ERR DB index", "the server does not have the database of redis.uri"},
	{"ERR invalid DB index", "the server does not have the database of redis.uri"},
	{"ERR This instance has cluster support disabled", "the server is no cluster: remove redis.cluster"},
}

// classify says what to do about an answer. An error of the server that is neither temporary nor hopeless is about
// the one command: a wrong type, a bad document, a value that is too large.
func (s *settings) classify(err error) verdict {
	switch {
	case err == nil || isNil(err):
		return verdictDone
	case tlsAdvice(err) != "":
		return verdictFatal
	case !fromServer(err):
		return verdictRetry // the network, a timeout, the end of the context
	}
	text := serverText(err)
	if moved(text) {
		if s.cluster {
			return verdictRetry // the slots move faster than the client follows
		}
		return verdictFatal
	}
	if hasCode(text, temporary) {
		return verdictRetry
	}
	for _, h := range hopeless {
		if strings.HasPrefix(text, h.prefix) {
			return verdictFatal
		}
	}
	return verdictReject
}

func hasCode(text string, codes []string) bool {
	for _, code := range codes {
		if strings.HasPrefix(text, code) {
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

func moved(text string) bool {
	return strings.HasPrefix(text, "MOVED ") || strings.HasPrefix(text, "ASK ")
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

// explain says what to do about an error where that is known.
func explain(err error) error {
	if advice := tlsAdvice(err); advice != "" {
		return fmt.Errorf("%s: %w", advice, err)
	}
	if !fromServer(err) {
		return err
	}
	text := serverText(err)
	for _, h := range hopeless {
		if strings.HasPrefix(text, h.prefix) {
			return fmt.Errorf("%s (%s)", h.advice, withoutArguments(text)) //nolint:err113
		}
	}
	if moved(text) {
		return fmt.Errorf("the server is part of a cluster: set redis.cluster=true (%s)", text) //nolint:err113
	}
	return errors.New(text) //nolint:err113
}

// refusal is the reason to reject a record.
func refusal(command string, err error) error {
	return fmt.Errorf("execute %s: the server refuses the record: %s", strings.ToUpper(command), withoutArguments(serverText(err))) //nolint:err113
}

// withoutArguments cuts off the arguments that Redis quotes: they are a record's data.
func withoutArguments(text string) string {
	text, _, _ = strings.Cut(text, ", with args")
	if len(text) > 200 {
		text = text[:200] + "…"
	}
	return text
}
