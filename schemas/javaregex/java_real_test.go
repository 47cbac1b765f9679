//go:build real

package javaregex

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/sluice-connect/sluice/deploy/e2e/parts"
)

// TestJavaAnswersTheSame asks a real Java. SLUICE_SEED makes other questions, SLUICE_QUESTIONS more of them. SLUICE_RECORD
// names a file to which the answers are written, as testdata/answers.txt holds some.
func TestJavaAnswersTheSame(t *testing.T) {
	seed, count := number(t, "SLUICE_SEED", 1), number(t, "SLUICE_QUESTIONS", 20_000)
	m := maker{Rand: rand.New(rand.NewPCG(uint64(seed), 0))}
	var questions []question
	for _, pattern := range byHand {
		for _, text := range byHandTexts {
			questions = append(questions, question{pattern, text, "<$0>"})
		}
	}
	for _, name := range properties {
		for _, flag := range []string{"", "(?i)", "(?U)", "(?iu)", "(?iU)"} {
			for _, text := range propertyTexts {
				questions = append(questions, question{flag + `\p{` + name + "}", text, ""})
			}
		}
	}
	for range count {
		questions = append(questions, m.question())
	}
	t.Logf("seed %d", seed)
	var recorded strings.Builder
	answered, refused, shown := 0, 0, 0
	release, answers := ask(t, questions)
	for i, java := range answers {
		q := questions[i]
		ours := q.answer()
		if ours == "" || strings.HasPrefix(java, "broken") || release < 19 && q.olderBounds() || q.otherRelease(java) {
			continue
		}
		fmt.Fprintf(&recorded, "%+q %+q %+q %s\n", q.pattern, q.text, q.replacement, java)
		answered++
		if strings.HasPrefix(ours, "refused") {
			refused++
		}
		if ours != java {
			if shown++; shown <= 40 {
				t.Errorf("%q on %q by %q:\nours %s\njava %s", q.pattern, q.text, q.replacement, readable(ours), readable(java))
			}
		}
	}
	t.Logf("%d questions, %d answered, %d of them refused by both, %d differ", len(questions), answered, refused, shown)
	if file := os.Getenv("SLUICE_RECORD"); file != "" {
		if err := os.WriteFile(file, []byte(recorded.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if 10*answered < 8*len(questions) {
		t.Errorf("only %d of %d questions have an answer of both", answered, len(questions))
	}
}

// olderBounds: before Java 19 a word began and ended at letters of all scripts.
func (q question) olderBounds() bool {
	return strings.Contains(strings.ToLower(q.pattern), `\b`) && strings.ContainsFunc(q.text, func(r rune) bool { return r > 0x7f })
}

// otherRelease: newer releases have another text for a backslash at the end, and one for an intersection with nothing.
func (q question) otherRelease(java string) bool {
	return strings.HasPrefix(java, "refused "+hexOf("Unescaped trailing backslash")) && strings.HasSuffix(q.pattern, `\`) ||
		strings.HasPrefix(q.answer(), "refused "+hexOf("Bad intersection syntax"))
}

func ask(t *testing.T, questions []question) (release int, answers []string) {
	t.Helper()
	var lines strings.Builder
	for _, q := range questions {
		lines.WriteString(q.line() + "\n")
	}
	cmd := exec.CommandContext(t.Context(), parts.Java(t), "-Xss16m", "-Duser.language=en", "testdata/Oracle.java")
	cmd.Stdin = strings.NewReader(lines.String())
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("ask Java: %v", err)
	}
	s := bufio.NewScanner(strings.NewReader(string(out)))
	if s.Scan() {
		release, _ = strconv.Atoi(s.Text())
	}
	for s.Scan() {
		answers = append(answers, s.Text())
	}
	if len(answers) != len(questions) {
		t.Fatalf("%d answers to %d questions", len(answers), len(questions))
	}
	return release, answers
}

func readable(answer string) string {
	words := strings.Split(answer, " ")
	last := words[len(words)-1]
	if len(words) < 2 || strings.Contains(last, ":") {
		return answer
	}
	var u []uint16
	for i := 0; i+4 <= len(last); i += 4 {
		n, _ := strconv.ParseUint(last[i:i+4], 16, 16)
		u = append(u, uint16(n))
	}
	words[len(words)-1] = strconv.Quote(decode(u))
	return strings.Join(words, " ")
}

func number(t *testing.T, variable string, otherwise int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
