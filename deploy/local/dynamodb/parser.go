package dynamodb

import (
	"regexp"
	"strings"
)

// node is one element of a parsed expression.
//
// op is "attribute", "value", "call" (name is the function), "+" or "-", a comparison, "BETWEEN", "AND", "OR" or "NOT".
type node struct {
	op      string
	name    string // of an attribute, a function or a value's placeholder
	val     value
	args    []*node
	grouped bool // stood in parentheses
}

// isCondition says that syntax allows the node next to AND, OR and NOT. Whether a function may stand there is for the
// checks after parsing.
func (n *node) isCondition() bool {
	return n.op != "attribute" && n.op != "value" && n.op != "+" && n.op != "-"
}

// token is one lexical unit of an expression: text[start:end] of its source.
type token struct {
	text       string
	start, end int
}

var (
	nameToken  = regexp.MustCompile(`^([A-Za-z]|#\w)`)
	valueToken = regexp.MustCompile(`^:\w`)
)

// endOfInput is the text of the token after the last one, as error messages name it.
const endOfInput = "<EOF>"

// lexeme matches whatever is there but spaces: a character that means nothing becomes a token no rule accepts.
var lexeme = regexp.MustCompile(`<>|<=|>=|[A-Za-z]\w*|[#:]\w*|\d+|[^ \t\r\n]`)

func tokenize(s string) []token {
	var out []token
	for _, at := range lexeme.FindAllStringIndex(s, -1) {
		out = append(out, token{s[at[0]:at[1]], at[0], at[1]})
	}
	return append(out, token{endOfInput, len(s), len(s)})
}

// parser reads one expression.
type parser struct {
	src       string
	toks      []token
	i         int
	inGroup   func() *node // what parentheses hold: a condition, or a sum in an update
	redundant bool         // doubled parentheses were seen
}

func newParser(src string) *parser {
	p := &parser{src: src, toks: tokenize(src)}
	if len(p.toks) == 1 {
		panic(invalid("The expression can not be empty;"))
	}
	return p
}

func (p *parser) peek() token { return p.toks[p.i] }

func (p *parser) next() token {
	t := p.toks[p.i]
	if p.i < len(p.toks)-1 {
		p.i++
	}
	return t
}

// accept takes the next token if it is the given word, in any case, or sign.
func (p *parser) accept(text string) bool {
	ok := strings.EqualFold(p.peek().text, text)
	if ok {
		p.next()
	}
	return ok
}

func (p *parser) expect(text string) {
	if !p.accept(text) {
		panic(p.unexpected())
	}
}

// unexpected reports the current token with its neighbours, as the service does.
func (p *parser) unexpected() *failure {
	start, end := p.peek().start, p.peek().end
	if p.i > 0 {
		start = p.toks[p.i-1].start
	}
	if p.i+1 < len(p.toks)-1 {
		end = p.toks[p.i+1].end
	}
	return invalid(`Syntax error; token: "%s", near: "%s"`, p.peek().text, p.src[start:end])
}

func (p *parser) atEnd() bool { return p.i == len(p.toks)-1 }

func (p *parser) end() {
	if !p.atEnd() {
		panic(p.unexpected())
	}
	if p.redundant {
		panic(invalid("The expression has redundant parentheses;"))
	}
}

// attribute reads the name of an attribute as it is written.
func (p *parser) attribute() string {
	if !nameToken.MatchString(p.peek().text) || isGrammarWord(p.peek().text) {
		panic(p.unexpected())
	}
	name := p.next().text
	if next := p.peek().text; next == "." || next == "[" {
		panic(invalid("Document paths are not supported by this server; path begins with: %s", name))
	}
	return name
}

// isGrammarWord says that a word has a meaning of its own and cannot be an attribute name.
func isGrammarWord(s string) bool {
	switch strings.ToUpper(s) {
	case "AND", "OR", "NOT", "IN", "BETWEEN", "SET", "REMOVE", "ADD", "DELETE":
		return true
	}
	return false
}

// operand reads a value, attribute, call or parenthesised expression.
func (p *parser) operand() *node {
	t := p.peek()
	switch {
	case t.text == "(":
		return p.group()
	case valueToken.MatchString(t.text):
		return &node{op: "value", name: p.next().text}
	case nameToken.MatchString(t.text) && t.text[0] != '#' && !isGrammarWord(t.text) && p.toks[p.i+1].text == "(":
		p.next()
		return &node{op: "call", name: t.text, args: p.arguments()}
	}
	return &node{op: "attribute", name: p.attribute()}
}

func (p *parser) group() *node {
	p.next()
	inner := p.inGroup()
	p.expect(")")
	p.redundant = p.redundant || inner.grouped
	inner.grouped = true
	return inner
}

// arguments reads operands in parentheses.
func (p *parser) arguments() []*node {
	p.expect("(")
	out := []*node{p.operand()}
	for p.accept(",") {
		out = append(out, p.operand())
	}
	p.expect(")")
	return out
}

func (p *parser) condition() *node {
	return p.chain("OR", func() *node { return p.chain("AND", p.negation) })
}

// chain reads one or more terms joined by a word, which groups to the left.
func (p *parser) chain(word string, term func() *node) *node {
	left := term()
	for strings.EqualFold(p.peek().text, word) {
		p.mustBeCondition(left)
		p.next()
		right := term()
		p.mustBeCondition(right)
		left = &node{op: word, args: []*node{left, right}}
	}
	return left
}

func (p *parser) mustBeCondition(n *node) {
	if !n.isCondition() {
		panic(p.unexpected())
	}
}

func (p *parser) negation() *node {
	if !p.accept("NOT") {
		return p.comparison()
	}
	inner := p.negation()
	p.mustBeCondition(inner)
	return &node{op: "NOT", args: []*node{inner}}
}

// comparison reads an operand and what it is compared with. An operand alone comes back as it is: it may be a
// parenthesised one.
func (p *parser) comparison() *node {
	left := p.operand()
	if left.isCondition() && left.op != "call" {
		return left
	}
	op := strings.ToUpper(p.peek().text)
	switch op {
	case "=", "<>", "<", "<=", ">", ">=":
		p.next()
		return &node{op: op, args: []*node{left, p.operand()}}
	case "BETWEEN":
		p.next()
		low := p.operand()
		p.expect("AND")
		return &node{op: op, args: []*node{left, low, p.operand()}}
	case "IN":
		panic(invalid("The operator is not supported by this server; operator: IN"))
	}
	return left
}

// sum reads an operand, or two joined by + or -. There are no longer sums.
func (p *parser) sum() *node {
	left := p.operand()
	op := p.peek().text
	if op != "+" && op != "-" {
		return left
	}
	if left.op == "+" || left.op == "-" {
		panic(p.unexpected())
	}
	p.next()
	return &node{op: op, args: []*node{left, p.operand()}}
}
