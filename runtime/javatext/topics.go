package javatext

import "github.com/sluice-connect/sluice/schemas/javaregex"

// MaxTopic is the length of the longest name that Kafka allows a topic.
const MaxTopic = 249

// PatternProblem says what is wrong with a pattern of topic names, in the words of Java where Java finds it wrong too; "" for
// nothing.
func PatternProblem(pattern string) string {
	if _, err := javaregex.Compile(pattern); err != nil {
		return err.Error()
	}
	return ""
}

// LegalTopic reports whether Kafka lets a topic have the name.
func LegalTopic(name string) bool {
	if name == "" || len(name) > MaxTopic || name == "." || name == ".." {
		return false
	}
	for _, c := range []byte(name) {
		if letter := c|0x20 >= 'a' && c|0x20 <= 'z'; !letter && (c < '0' || c > '9') && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return true
}
