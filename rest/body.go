package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/sluice-connect/sluice/runtime"
)

const (
	maxBody  = 1 << 20
	maxDepth = 32
	maxKeys  = 1000 // of one JSON object
)

// The errors about a body that says nothing.
var (
	errEmptyBody = runtime.Errorf(runtime.BadRequest, "The request body is empty; it must be a JSON object")
	errNullBody  = runtime.Errorf(runtime.BadRequest, "The request body is null; it must be a JSON object")
)

// readBody returns the whole body without a byte order mark, or an error before more than maxBody of it was read.
func readBody(c *gin.Context) ([]byte, error) {
	if c.Request.ContentLength > maxBody {
		c.Header("Connection", "close") // what is left of the body is not worth reading
		return nil, errStatus(http.StatusRequestEntityTooLarge)
	}
	data, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, errStatus(http.StatusRequestEntityTooLarge)
	case err != nil:
		return nil, runtime.Errorf(runtime.BadRequest, "The request body could not be read in full")
	case !utf8.Valid(data):
		return nil, runtime.Errorf(runtime.BadRequest, "The request body is not valid UTF-8")
	}
	return bytes.TrimPrefix(data, []byte("\ufeff")), nil
}

// decode reads the body as one JSON value into out, a pointer to a type that knows its fields. When fields are named,
// the value must have no others; case counts, unlike in encoding/json.
func decode(c *gin.Context, out any, fields ...string) error {
	data, err := readBody(c)
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return errEmptyBody
	}
	if err := checkJSON(data); err != nil {
		return runtime.Errorf(runtime.BadRequest, "The request body is not acceptable JSON: %v", err)
	}
	if bytes.Equal(bytes.TrimSpace(data), []byte("null")) {
		return errNullBody
	}
	err = json.Unmarshal(data, out)
	if err == nil && len(fields) > 0 {
		err = onlyFields(data, fields...)
	}
	if err != nil {
		return runtime.Errorf(runtime.BadRequest, "The request body cannot be read: %s", describe(err))
	}
	return nil
}

// onlyFields refuses an object with other fields than those named, and one that goes on after it had them all: the Java
// worker has made its object by then. Before that the last of the same name counts.
func onlyFields(data []byte, fields ...string) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	if start, err := dec.Token(); err != nil || start != json.Delim('{') {
		return err
	}
	missing := slices.Clone(fields)
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return err
		}
		name, _ := token.(string)
		switch {
		case !slices.Contains(fields, name):
			return fmt.Errorf("unknown field %q", name)
		case len(missing) == 0:
			return fmt.Errorf("field %q is repeated", name)
		}
		missing = slices.DeleteFunc(missing, func(m string) bool { return m == name })
		if err := dec.Decode(new(json.RawMessage)); err != nil {
			return err
		}
	}
	return nil
}

// describe words a decoder's error without Go's type names.
func describe(err error) string {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		where := "the body"
		if wrong.Field != "" {
			where = fmt.Sprintf("field %q", wrong.Field)
		}
		return fmt.Sprintf("%s must not be a JSON %s", where, wrong.Value)
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

// checkJSON accepts exactly one JSON value, with no more than maxKeys keys in an object and not nested deeper than
// maxDepth. Of keys that appear twice the last counts, as for the Java worker.
func checkJSON(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	const array = -1
	var open []int // per open object how many keys it had so far
	expectKey := false
	for {
		tok, err := dec.Token()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		if _, ok := tok.(string); ok && expectKey {
			top := &open[len(open)-1]
			if *top++; *top > maxKeys {
				return fmt.Errorf("an object has more than %d keys", maxKeys)
			}
			expectKey = false
			continue
		}
		switch tok {
		case json.Delim('{'):
			open = append(open, 0)
		case json.Delim('['):
			open = append(open, array)
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
		}
		if len(open) > maxDepth {
			return fmt.Errorf("it is nested deeper than %d levels", maxDepth)
		}
		if len(open) == 0 {
			break
		}
		expectKey = open[len(open)-1] != array
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON value")
	}
	return nil
}

// scalar is a configuration value: Connect takes numbers and booleans for their text, null for null.
type scalar struct{ text *string }

// UnmarshalJSON keeps numbers as they are written.
func (s *scalar) UnmarshalJSON(data []byte) error {
	switch data[0] {
	case '{':
		return errors.New("must not be a JSON object: values are strings, numbers, booleans or null")
	case '[':
		return errors.New("must not be a JSON array: write a list as one string, separated by commas")
	case 'n':
		s.text = nil
		return nil
	case '"':
		return json.Unmarshal(data, &s.text)
	}
	text := string(data)
	s.text = &text
	return nil
}

// fieldText returns the text of a field of a request, nil when it is null or not there.
func fieldText(name string, raw json.RawMessage) (*string, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	var value scalar
	if err := value.UnmarshalJSON(raw); err != nil {
		return nil, runtime.Errorf(runtime.BadRequest, "The request body cannot be read: field %q %v", name, err)
	}
	return value.text, nil
}

// configBody is a connector configuration in a request.
type configBody map[string]scalar

// UnmarshalJSON starts afresh, so that of two configurations in one request the last counts. Its errors name the key and
// not the value, which may be a secret.
func (b *configBody) UnmarshalJSON(data []byte) error {
	*b = nil
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil || members == nil {
		return err
	}
	*b = make(configBody, len(members))
	for _, key := range slices.Sorted(maps.Keys(members)) {
		var value scalar
		if err := value.UnmarshalJSON(members[key]); err != nil {
			return fmt.Errorf("the value of %q %w", key, err)
		}
		(*b)[key] = value
	}
	return nil
}

func (b configBody) raw() runtime.RawConfig {
	raw := make(runtime.RawConfig, len(b))
	for k, v := range b {
		raw[k] = v.text
	}
	return raw
}
