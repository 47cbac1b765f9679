package dynamodb

import "strings"

// parseCondition reads a condition, filter or key condition and checks it
// against the names and values of the request.
func parseCondition(src string, sc *scope) (*node, error) {
	p, err := newParser(src)
	if err != nil {
		return nil, err
	}
	n, err := p.disjunction()
	if err == nil {
		err = p.atEnd()
	}
	if err != nil {
		return nil, err
	}
	if !n.isCondition() && n.op != "call" {
		return nil, p.unexpected()
	}
	if p.redundant {
		return nil, invalid("The expression has redundant parentheses;")
	}
	return n, sc.checkCondition(n)
}

func (p *parser) disjunction() (*node, error) {
	return p.chain("OR", func() (*node, error) { return p.chain("AND", p.negation) })
}

// chain reads one or more terms joined by a word, which groups to the left.
func (p *parser) chain(word string, term func() (*node, error)) (*node, error) {
	left, err := term()
	if err != nil {
		return nil, err
	}
	for strings.EqualFold(p.peek().text, word) {
		if !left.canJoin() {
			return nil, p.unexpected()
		}
		p.next()
		right, err := term()
		if err != nil {
			return nil, err
		}
		if !right.canJoin() {
			return nil, p.unexpected()
		}
		left = &node{op: word, args: []*node{left, right}}
	}
	return left, nil
}

// canJoin says that syntax allows the node next to AND, OR and NOT. Whether a
// function may stand there is for the checks after parsing.
func (n *node) canJoin() bool { return n.isCondition() || n.op == "call" }

func (p *parser) negation() (*node, error) {
	if !p.accept("NOT") {
		return p.comparison()
	}
	inner, err := p.negation()
	if err != nil {
		return nil, err
	}
	if !inner.canJoin() {
		return nil, p.unexpected()
	}
	return &node{op: "NOT", args: []*node{inner}}, nil
}

// comparison reads an operand and what it is compared with. An operand alone
// comes back as it is: it may be a parenthesised one.
func (p *parser) comparison() (*node, error) {
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	if left.isCondition() && left.op != "call" {
		return left, nil
	}
	op := strings.ToUpper(p.peek().text)
	switch op {
	case "=", "<>", "<", "<=", ">", ">=":
		p.next()
		right, err := p.operand()
		return &node{op: op, args: []*node{left, right}}, err
	case "BETWEEN":
		return p.between(left)
	case "IN":
		return p.in(left)
	}
	return left, nil
}

func (p *parser) between(left *node) (*node, error) {
	p.next()
	low, err := p.operand()
	if err != nil {
		return nil, err
	}
	if err := p.expect("AND"); err != nil {
		return nil, err
	}
	high, err := p.operand()
	return &node{op: "BETWEEN", args: []*node{left, low, high}}, err
}

func (p *parser) in(left *node) (*node, error) {
	p.next()
	if err := p.expect("("); err != nil {
		return nil, err
	}
	n := &node{op: "IN", args: []*node{left}}
	for {
		candidate, err := p.operand()
		if err != nil {
			return nil, err
		}
		n.args = append(n.args, candidate)
		if !p.accept(",") {
			return n, p.expect(")")
		}
	}
}
