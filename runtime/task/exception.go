package task

import (
	"errors"
	"strings"

	"github.com/sluice-connect/sluice/schemas/converter"
)

// exception is an error in the words of Java.
type exception struct {
	class, message string
	cause          string // class and message of the cause, "" if there is none
}

// The exceptions Connect has for records that fail.
const (
	dataException          = "org.apache.kafka.connect.errors.DataException"
	retriableException     = "org.apache.kafka.connect.errors.RetriableException"
	connectException       = "org.apache.kafka.connect.errors.ConnectException"
	serializationException = "org.apache.kafka.common.errors.SerializationException"
)

// exception says which exception the real worker would have met: a sink's own is not known.
func (e *recordError) exception() exception {
	x := exception{class: dataException, message: cut(e.err.Error())}
	var caused *converter.CausedError
	switch {
	case e.stage == StagePut:
		x.class = connectException
	case converter.IsRetriable(e.err):
		x.class = retriableException
	case errors.As(e.err, &caused):
		x.message, x.cause = caused.Message, serializationException+": "+cut(caused.Err.Error())
	}
	return x
}

// stack is the exception as Java prints it. There are no frames: they would be ours, and the same for every record.
func (x exception) stack() string {
	text := x.class + ": " + x.message + "\n"
	if x.cause != "" {
		text += "Caused by: " + x.cause + "\n"
	}
	return text
}

// cut bounds texts that may quote what a sink or a registry said.
func cut(text string) string {
	if len(text) > maxTrace {
		return strings.ToValidUTF8(text[:maxTrace], "") + "…"
	}
	return text
}
