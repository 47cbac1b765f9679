package dynamodb

import "strings"

// action is one change of an update expression.
type action struct {
	verb    string // SET, REMOVE, ADD or DELETE
	path    path
	operand *node // nil for REMOVE
}

// parseUpdate reads an update expression and checks it against the names and
// values of the request.
func parseUpdate(src string, sc *scope) ([]action, error) {
	p, err := newParser(src)
	if err != nil {
		return nil, err
	}
	p.arithmetic = true
	actions, err := p.sections()
	if err != nil {
		return nil, err
	}
	if p.redundant {
		return nil, invalid("The expression has redundant parentheses;")
	}
	for _, a := range actions {
		if err := sc.checkAction(a); err != nil {
			return nil, err
		}
	}
	return actions, checkOverlaps(actionPaths(actions))
}

func (p *parser) sections() ([]action, error) {
	var actions []action
	seen := map[string]bool{}
	repeated := ""
	for p.atEnd() != nil {
		verb := strings.ToUpper(p.peek().text)
		switch verb {
		case "SET", "REMOVE", "ADD", "DELETE":
		default:
			return nil, p.unexpected()
		}
		if seen[verb] && repeated == "" {
			repeated = verb
		}
		seen[verb] = true
		p.next()
		section, err := p.section(verb)
		if err != nil {
			return nil, err
		}
		actions = append(actions, section...)
	}
	if repeated != "" {
		return nil, invalid("The %q section can only be used once in an update expression;", repeated)
	}
	return actions, nil
}

func (p *parser) section(verb string) ([]action, error) {
	var actions []action
	for {
		a := action{verb: verb}
		var err error
		if a.path, err = p.parsePath(); err != nil {
			return nil, err
		}
		if a.operand, err = p.actionOperand(verb); err != nil {
			return nil, err
		}
		actions = append(actions, a)
		if !p.accept(",") {
			return actions, nil
		}
	}
}

func (p *parser) actionOperand(verb string) (*node, error) {
	switch verb {
	case "REMOVE":
		return nil, nil
	case "SET":
		if err := p.expect("="); err != nil {
			return nil, err
		}
		return p.sum()
	}
	if !p.peek().isValue() {
		return nil, p.unexpected()
	}
	return p.operand()
}

// sum reads an operand, or two joined by + or -. There are no longer sums.
func (p *parser) sum() (*node, error) {
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	op := p.peek().text
	if op != "+" && op != "-" {
		return left, nil
	}
	if left.op == "+" || left.op == "-" {
		return nil, p.unexpected()
	}
	p.next()
	right, err := p.operand()
	return &node{op: op, args: []*node{left, right}}, err
}

func actionPaths(actions []action) []path {
	out := make([]path, len(actions))
	for i, a := range actions {
		out[i] = a.path
	}
	return out
}

// checkOverlaps refuses paths of which one would change or show what another does.
func checkOverlaps(paths []path) error {
	for i, b := range paths {
		for _, a := range paths[:i] {
			switch {
			case a.overlaps(b):
				return invalid("Two document paths overlap with each other; must remove or rewrite one of these paths; path one: %s, path two: %s", a, b)
			case a.conflicts(b):
				return invalid("Two document paths conflict with each other; must remove or rewrite one of these paths; path one: %s, path two: %s", a, b)
			}
		}
	}
	return nil
}
