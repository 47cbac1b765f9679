package connectorconfig

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/sluice-connect/sluice/runtime/javatext"
)

// maxName bounds a connector's name as it stands in a URL: requests with much longer ones are refused by HTTP servers,
// ours too, before anybody looks at them.
const maxName = 8000

func validName(v any) error {
	name, _ := v.(string)
	if name == "" {
		return errors.New("String may not be empty") //nolint:staticcheck // Kafka's text
	}
	if len(url.PathEscape(name)) > maxName {
		return fmt.Errorf("String may not be longer than %d bytes in a URL, or no request could name the connector", maxName) //nolint:staticcheck // shown after "Invalid value ...: "
	}
	var codes []string
	for _, r := range name {
		if r < 0x20 || (r >= 0x7f && r < 0xa0) {
			codes = append(codes, strconv.Itoa(int(r)))
		}
	}
	if len(codes) > 0 {
		return errors.New("String may not contain control sequences but had the following ASCII chars: " + strings.Join(codes, ", "))
	}
	return nil
}

func validPattern(v any) error {
	pattern, _ := v.(string)
	if wrong := javatext.PatternProblem(pattern); wrong != "" {
		return errors.New("Invalid regex: " + wrong)
	}
	return nil
}

func uniqueAliases(v any) error {
	if list, _ := v.([]string); Repeated(list) {
		return errors.New("Duplicate alias provided.") //nolint:staticcheck // Kafka's text
	}
	return nil
}

// Repeated reports whether an entry of a list is there twice.
func Repeated(list []string) bool {
	seen := make(map[string]bool, len(list))
	for _, entry := range list {
		if seen[entry] {
			return true
		}
		seen[entry] = true
	}
	return false
}
