package dynamodb

import (
	_ "embed"
	"strings"
)

//go:embed reserved.txt
var reservedWords string

// reserved are the words an expression can use only through a placeholder.
var reserved = func() map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(reservedWords) {
		set[word] = true
	}
	return set
}()
