package dynamodb

import (
	"strconv"
	"strings"
)

// node is one element of a parsed expression.
//
// op is "path", "value", "call" (name is the function), "+" or "-", a
// comparison, "BETWEEN", "IN", "AND", "OR" or "NOT".
type node struct {
	op      string
	name    string // function, or value placeholder
	path    path
	val     value
	args    []*node
	grouped bool // stood in parentheses
}

func (n *node) isCondition() bool {
	switch n.op {
	case "path", "value", "+", "-":
		return false
	case "call":
		return n.name != "size"
	}
	return true
}

// parser reads one expression. Errors do not name the parameter; inParameter adds that.
type parser struct {
	src        string
	toks       []token
	i          int
	arithmetic bool // an update expression: parentheses hold sums, not conditions
	redundant  bool // doubled parentheses were seen
}

func newParser(src string) (*parser, error) {
	p := &parser{src: src, toks: tokenize(src)}
	if len(p.toks) == 1 {
		return nil, invalid("The expression can not be empty;")
	}
	return p, nil
}

// inParameter names the expression an error belongs to.
func inParameter(parameter string, err error) error {
	if err == nil {
		return nil
	}
	f := asFailure(err)
	if f.code != "ValidationException" {
		return err
	}
	return invalid("Invalid %s: %s", parameter, f.message)
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
	if strings.EqualFold(p.peek().text, text) {
		p.next()
		return true
	}
	return false
}

func (p *parser) expect(text string) error {
	if !p.accept(text) {
		return p.unexpected()
	}
	return nil
}

// unexpected reports the current token with its neighbours, as the service does.
func (p *parser) unexpected() error {
	start, end := p.peek().start, p.peek().end
	if p.i > 0 {
		start = p.toks[p.i-1].start
	}
	if p.i+1 < len(p.toks)-1 {
		end = p.toks[p.i+1].end
	}
	return invalid(`Syntax error; token: "%s", near: "%s"`, p.peek().text, p.src[start:end])
}

func (p *parser) atEnd() error {
	if p.i < len(p.toks)-1 {
		return p.unexpected()
	}
	return nil
}

// parsePath reads a document path with its names as written.
func (p *parser) parsePath() (path, error) {
	var out path
	for {
		if !p.peek().isName() || isGrammarWord(p.peek().text) {
			return nil, p.unexpected()
		}
		out = append(out, step{name: p.next().text})
		for p.accept("[") {
			index, err := strconv.Atoi(p.peek().text)
			if err != nil {
				return nil, p.unexpected()
			}
			p.next()
			if err := p.expect("]"); err != nil {
				return nil, err
			}
			out = append(out, step{index: index, isIndex: true})
		}
		if !p.accept(".") {
			return out, nil
		}
	}
}

// operand reads a value, path, call or parenthesised expression.
func (p *parser) operand() (*node, error) {
	t := p.peek()
	switch {
	case t.text == "(":
		return p.group()
	case t.isValue():
		p.next()
		return &node{op: "value", name: t.text}, nil
	case p.startsCall():
		return p.call()
	case t.isName():
		at, err := p.parsePath()
		return &node{op: "path", path: at}, err
	}
	return nil, p.unexpected()
}

// startsCall says that a function name and a parenthesis follow.
func (p *parser) startsCall() bool {
	t := p.peek()
	return t.isName() && t.text[0] != '#' && !isGrammarWord(t.text) && p.toks[p.i+1].text == "("
}

// isGrammarWord says that a word has a meaning of its own and cannot be an attribute name.
func isGrammarWord(s string) bool {
	switch strings.ToUpper(s) {
	case "AND", "OR", "NOT", "IN", "BETWEEN", "SET", "REMOVE", "ADD", "DELETE":
		return true
	}
	return false
}

func (p *parser) group() (*node, error) {
	p.next()
	inner, err := p.inGroup()
	if err != nil {
		return nil, err
	}
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	if inner.grouped {
		p.redundant = true
	}
	inner.grouped = true
	return inner, nil
}

func (p *parser) inGroup() (*node, error) {
	if p.arithmetic {
		return p.sum()
	}
	return p.disjunction()
}

func (p *parser) call() (*node, error) {
	n := &node{op: "call", name: p.next().text}
	p.next() // the parenthesis
	for {
		arg, err := p.operand()
		if err != nil {
			return nil, err
		}
		n.args = append(n.args, arg)
		if !p.accept(",") {
			return n, p.expect(")")
		}
	}
}
