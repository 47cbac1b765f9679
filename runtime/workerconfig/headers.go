package workerconfig

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// Header is a header of every answer of the REST API.
type Header struct {
	// Add leaves a header of this name that is there already; otherwise it is replaced.
	Add bool
	// Date says that Value counts the milliseconds from now to the date to show.
	Date        bool
	Name, Value string
}

var headerActions = map[string]Header{"set": {}, "add": {Add: true}, "setdate": {Date: true}, "adddate": {Add: true, Date: true}}

// headerName is what HTTP allows.
var headerName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

// ResponseHeaders reads response.http.headers.config: "[action] name:value" separated by commas, in quotes when one has a
// comma in it. Texts of errors are the Java worker's.
func ResponseHeaders(text string) ([]Header, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	r := csv.NewReader(strings.NewReader(text))
	r.TrimLeadingSpace = true
	parts, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("Invalid header config %q: %w", text, err) //nolint:staticcheck // shown after "Invalid value ...: "
	}
	if _, err := r.Read(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("Invalid header config %q: it has several lines", text) //nolint:staticcheck // shown after "Invalid value ...: "
	}
	headers := make([]Header, len(parts))
	for i, part := range parts {
		if headers[i], err = parseHeader(part); err != nil {
			return nil, err
		}
	}
	return headers, nil
}

func parseHeader(text string) (Header, error) {
	action, pair, ok := strings.Cut(strings.TrimSpace(text), " ")
	if !ok {
		return Header{}, fmt.Errorf("Invalid format of header config '%s'. Expected: '[action] [header name]:[header value]'", text) //nolint:staticcheck // Kafka's text
	}
	h, known := headerActions[strings.ToLower(action)]
	if !known {
		return Header{}, fmt.Errorf("Invalid header config action: '%s'. Expected one of [set, add, setDate, addDate]", action) //nolint:staticcheck // Kafka's text
	}
	name, value, ok := strings.Cut(pair, ":")
	if !ok || strings.Contains(value, ":") {
		return Header{}, fmt.Errorf("Invalid format of header name and header value pair '%s'. Expected: '[header name]:[header value]'", pair) //nolint:staticcheck // Kafka's text
	}
	h.Name, h.Value = strings.TrimSpace(name), strings.TrimSpace(value)
	if !headerName.MatchString(h.Name) {
		return Header{}, fmt.Errorf("Invalid header name '%s'. The '[header name]' cannot contain whitespace", h.Name) //nolint:staticcheck // Kafka's text
	}
	if _, err := strconv.ParseInt(h.Value, 10, 64); h.Date && err != nil {
		return Header{}, fmt.Errorf("Invalid header value '%s': a date needs a number of milliseconds from now", h.Value) //nolint:staticcheck // shown after "Invalid value ...: "
	}
	return h, nil
}

func validHeaders(value any) error {
	text, _ := value.(string)
	_, err := ResponseHeaders(text)
	return err
}
