package dynamodb

import (
	"bytes"
	"encoding/json"
	"errors"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/valyala/fastjson"
)

const (
	contentType  = "application/x-amz-json-1.0"
	targetPrefix = "DynamoDB_20120810."
	maxBody      = 20 << 20
)

var parsers fastjson.ParserPool

// operation runs one API call. Its first result is encoded as the answer.
type operation func(s *Server, r *request) (object, error)

var operations = map[string]operation{
	"BatchGetItem":       (*Server).batchGetItem,
	"BatchWriteItem":     (*Server).batchWriteItem,
	"CreateTable":        (*Server).createTable,
	"DeleteItem":         (*Server).deleteItem,
	"DeleteTable":        (*Server).deleteTable,
	"DescribeTable":      (*Server).describeTable,
	"DescribeTimeToLive": (*Server).describeTimeToLive,
	"GetItem":            (*Server).getItem,
	"ListTables":         (*Server).listTables,
	"PutItem":            (*Server).putItem,
	"Query":              (*Server).query,
	"Scan":               (*Server).scan,
	"TransactWriteItems": (*Server).transactWriteItems,
	"UpdateItem":         (*Server).updateItem,
	"UpdateTable":        (*Server).updateTable,
	"UpdateTimeToLive":   (*Server).updateTimeToLive,
}

// ServeHTTP answers one request of the DynamoDB JSON 1.0 protocol. Signatures
// are not checked. A GET answers that the server is healthy.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		_, _ = io.WriteString(w, "healthy: dynamodb")
		return
	}
	answer, err := s.serve(w, r)
	status := http.StatusOK
	if err != nil {
		f := asFailure(err)
		answer, status = f.body(), f.httpStatus()
	}
	writeAnswer(w, status, answer)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) (object, error) {
	if r.Method != http.MethodPost {
		return nil, &failure{code: "UnknownOperationException", message: "An unknown operation was requested.", status: http.StatusNotFound}
	}
	name, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), targetPrefix)
	run := operations[name]
	if !ok || run == nil {
		return nil, refused("UnknownOperationException", "An unknown operation was requested.")
	}
	body, err := readBody(w, r)
	if err != nil {
		return nil, err
	}
	held, err := s.injectFault(name, body)
	if err != nil {
		return nil, err
	}
	parser := parsers.Get()
	defer parsers.Put(parser)
	parsed, err := parseBody(parser, body)
	if err != nil {
		return nil, err
	}
	return run(s, &request{fields: parsed, length: len(body), held: held})
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body := new(bytes.Buffer)
	if r.ContentLength > 0 && r.ContentLength <= maxBody {
		body.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	_, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, &failure{code: "RequestEntityTooLarge", message: "The request body is larger than 20 MB", status: http.StatusRequestEntityTooLarge}
	}
	if err != nil {
		return nil, malformed("read the request body: %v", err)
	}
	return body.Bytes(), nil
}

func parseBody(parser *fastjson.Parser, body []byte) (*fastjson.Value, error) {
	// fastjson accepts a few texts that are not JSON; its validator does not.
	if err := fastjson.ValidateBytes(body); err != nil || !utf8.Valid(body) {
		return nil, malformed("the request body is not valid JSON")
	}
	parsed, err := parser.ParseBytes(body)
	if err != nil || parsed.Type() != fastjson.TypeObject {
		return nil, malformed("the request body is not a JSON object")
	}
	return parsed, nil
}

func writeAnswer(w http.ResponseWriter, status int, answer object) {
	buf := new(bytes.Buffer)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(answer); err != nil {
		status = http.StatusInternalServerError
		buf.Reset()
		buf.WriteString(`{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError"}`)
	}
	body := bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10))
	h.Set("X-Amzn-Requestid", requestID())
	w.WriteHeader(status)
	// The client being gone is not this server's problem.
	_, _ = w.Write(body)
}

// requestID looks like the ids of the service: 52 upper-case letters and digits.
func requestID() string {
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUV"
	id := make([]byte, 52)
	for i := range id {
		id[i] = alphabet[rand.IntN(len(alphabet))]
	}
	return string(id)
}
