package dynamodb

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"hash/crc32"
	"io"
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

// operation runs one API call and gives what is encoded as the answer. It holds s.mu, alone if it changes tables.
type operation struct {
	run           func(s *Server, r *request) object
	changesTables bool
}

var operations = map[string]operation{
	"BatchGetItem":   {run: (*Server).batchGetItem},
	"BatchWriteItem": {run: (*Server).batchWriteItem},
	"CreateTable":    {run: (*Server).createTable, changesTables: true},
	"DeleteItem":     {run: (*Server).deleteItem},
	"DeleteTable":    {run: (*Server).deleteTable, changesTables: true},
	"DescribeTable":  {run: (*Server).describeTable},
	"GetItem":        {run: (*Server).getItem},
	"ListTables":     {run: (*Server).listTables},
	"PutItem":        {run: (*Server).putItem},
	"Query":          {run: (*Server).query},
	"Scan":           {run: (*Server).scan},
	"UpdateItem":     {run: (*Server).updateItem},
}

// ServeHTTP answers one request of the DynamoDB JSON 1.0 protocol. Signatures are not checked. A GET answers that the
// server is healthy.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		_, _ = io.WriteString(w, "healthy: dynamodb")
		return
	}
	body, status := s.answer(w, r)
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10))
	h.Set("X-Amzn-Requestid", rand.Text()+rand.Text()) // 52 capitals and digits, as the service's
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client being gone is not this server's problem
}

// answer encodes the answer while what it is made of is still valid, or the refusal.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) (body []byte, status int) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case *failure:
			body, status = encoded(p.body()), p.httpStatus()
		default:
			panic(p)
		}
	}()
	if r.Method != http.MethodPost {
		panic(&failure{code: "UnknownOperationException", message: "An unknown operation was requested.", status: http.StatusNotFound})
	}
	name, _ := strings.CutPrefix(r.Header.Get("X-Amz-Target"), targetPrefix)
	op, ok := operations[name]
	if !ok {
		panic(&failure{code: "UnknownOperationException", message: "This embedded server does not have the operation " + strconv.Quote(name) + "."})
	}
	text := readBody(w, r)
	held := s.injectFault(name, text)
	parser := parsers.Get()
	defer parsers.Put(parser)
	in := &request{fields: parseBody(parser, text), length: len(text), held: held}
	in.refuseUnsupported()
	if op.changesTables {
		s.mu.Lock()
		defer s.mu.Unlock()
	} else {
		s.mu.RLock()
		defer s.mu.RUnlock()
	}
	return encoded(op.run(s, in)), http.StatusOK
}

func readBody(w http.ResponseWriter, r *http.Request) []byte {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		panic(&failure{code: "RequestEntityTooLarge", message: "The request body is larger than 20 MB", status: http.StatusRequestEntityTooLarge})
	}
	if err != nil {
		panic(malformed("read the request body: %v", err))
	}
	return body
}

func parseBody(parser *fastjson.Parser, body []byte) *fastjson.Value {
	// fastjson accepts a few texts that are not JSON; its validator does not.
	if err := fastjson.ValidateBytes(body); err != nil || !utf8.Valid(body) {
		panic(malformed("the request body is not valid JSON"))
	}
	parsed, err := parser.ParseBytes(body)
	if err != nil || parsed.Type() != fastjson.TypeObject {
		panic(malformed("the request body is not a JSON object"))
	}
	return parsed
}

func encoded(answer object) []byte {
	buf := new(bytes.Buffer)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(answer); err != nil {
		panic(err) // objects hold nothing that has no JSON
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}
