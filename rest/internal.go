package rest

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/sluice-connect/sluice/runtime"
)

// The headers with which workers of a cluster sign what they ask of each other.
const (
	signatureHeader = "X-Connect-Authorization"
	algorithmHeader = "X-Connect-Request-Signature-Algorithm"
)

// sessionAlgorithm is the one that Kafka Connect signs with by default.
const sessionAlgorithm = "HmacSHA256"

// macs are the algorithms that Java knows.
var macs = []string{"HmacMD5", "HmacSHA1", "HmacSHA224", sessionAlgorithm, "HmacSHA384", "HmacSHA512", "HmacSHA512/224", "HmacSHA512/256",
	"HmacSHA3-224", "HmacSHA3-256", "HmacSHA3-384", "HmacSHA3-512"}

// putTasks is how a worker of a cluster hands its leader the configurations of tasks.
func (a *api) putTasks(c *gin.Context) error {
	data, err := readBody(c)
	if err != nil {
		return err
	}
	var configs []configBody
	if err := checkJSON(data); err != nil {
		return runtime.Errorf(runtime.BadRequest, "The request body is not acceptable JSON: %v", err)
	}
	if err := json.Unmarshal(data, &configs); err != nil {
		return runtime.Errorf(runtime.BadRequest, "The request body cannot be read: %s", describe(err))
	}
	return notSigned(c.Request.Header)
}

// fence is how a worker of a cluster asks its leader to shut out former tasks of a source.
func (a *api) fence(c *gin.Context) error { return notSigned(c.Request.Header) }

// notSigned says why a request is none of another worker of the cluster. This worker has no cluster and shares no key
// with anybody, so that none can be.
func notSigned(h http.Header) error {
	signature, signed := h[signatureHeader]
	algorithm, named := h[algorithmHeader]
	if !signed || !named {
		return runtime.Errorf(runtime.BadRequest, "Internal request missing required signature")
	}
	if !slices.ContainsFunc(macs, func(known string) bool { return strings.EqualFold(known, algorithm[0]) }) {
		return runtime.Errorf(runtime.BadRequest, "Algorithm %s not available", algorithm[0])
	}
	_, err := base64.StdEncoding.DecodeString(signature[0])
	if wrong := base64.CorruptInputError(0); errors.As(err, &wrong) {
		if int(wrong) < len(signature[0]) {
			return runtime.Errorf(runtime.BadRequest, "Illegal base64 character %x", signature[0][wrong])
		}
		return runtime.Errorf(runtime.BadRequest, "The signature ends in the middle of base64")
	}
	if !strings.EqualFold(algorithm[0], sessionAlgorithm) {
		return runtime.Errorf(runtime.BadRequest, "This worker does not support the '%s' key signing algorithm used by other workers. "+
			"This worker is currently configured to use: [%s]. Check that all workers' configuration files permit the same set of signature "+
			"algorithms, and correct any misconfigured worker and restart it.", algorithm[0], sessionAlgorithm)
	}
	return runtime.Errorf(runtime.Forbidden, "Internal request contained invalid signature.")
}
