package dynamodb

import (
	"maps"
	"slices"
	"strings"
)

// action is one change of an update expression.
type action struct {
	verb    string // SET, REMOVE or ADD
	name    string // of the attribute
	operand *node  // nil for REMOVE
}

type update []action

// readUpdate reads an update expression and checks it against the names and values of the request; nil when it is
// absent.
func (sc *scope) readUpdate(r *request) (actions update) {
	sc.read(r, "UpdateExpression", func(p *parser) {
		p.inGroup = p.sum
		actions = p.sections()
		p.end()
		for i := range actions {
			sc.checkAction(&actions[i])
		}
		checkOverlaps(actions.names())
		for _, a := range actions {
			a.checkAmount()
		}
	})
	// Of several things that are wrong, the service names that of an ADD.
	slices.SortStableFunc(actions, func(a, b action) int { return strings.Compare(a.verb, b.verb) })
	return actions
}

func (u update) names() []string {
	out := make([]string, len(u))
	for i, a := range u {
		out[i] = a.name
	}
	return out
}

func (u update) touch(name string) bool { return slices.Contains(u.names(), name) }

func (p *parser) sections() update {
	var actions update
	seen := map[string]bool{}
	repeated := ""
	for !p.atEnd() {
		verb := strings.ToUpper(p.peek().text)
		switch verb {
		case "SET", "REMOVE", "ADD":
		case "DELETE":
			panic(invalid("The DELETE section is not supported by this server;"))
		default:
			panic(p.unexpected())
		}
		if seen[verb] && repeated == "" {
			repeated = verb
		}
		seen[verb] = true
		p.next()
		for again := true; again; again = p.accept(",") {
			actions = append(actions, action{verb: verb, name: p.attribute(), operand: p.amount(verb)})
		}
	}
	if repeated != "" {
		panic(invalid("The %q section can only be used once in an update expression;", repeated))
	}
	return actions
}

// amount reads what follows the attribute of an action.
func (p *parser) amount(verb string) *node {
	switch {
	case verb == "REMOVE":
		return nil
	case verb == "SET":
		p.expect("=")
		return p.sum()
	case !valueToken.MatchString(p.peek().text):
		panic(p.unexpected())
	}
	return p.operand()
}

// checkOverlaps refuses an attribute that is named twice.
func checkOverlaps(names []string) {
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			panic(invalid("Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [%s], path two: [%s]", name, name))
		}
	}
}

var typeWords = map[string]string{
	"S": "STRING", "N": "NUMBER", "B": "BINARY", "BOOL": "BOOLEAN", "NULL": "NULL", "L": "LIST", "M": "MAP",
}

// checkAction resolves names and values of one action and applies the rules beyond syntax.
func (sc *scope) checkAction(a *action) {
	a.name = sc.name(a.name)
	if a.operand != nil {
		sc.checkSource(a.operand)
	}
}

func (a action) checkAmount() {
	if a.verb == "ADD" && a.operand.val.kind != "N" {
		panic(invalid("Incorrect operand type for operator or function; operator: ADD, operand type: %s, typeSet: ALLOWED_FOR_ADD_OPERAND", typeWords[a.operand.val.kind]))
	}
}

// checkSource checks what a SET assigns.
func (sc *scope) checkSource(n *node) {
	switch {
	case n.op == "attribute":
		n.name = sc.name(n.name)
	case n.op == "value":
		n.val = sc.value(n.name)
	case n.op == "call" && conditionFunctions[n.name] != 0:
		panic(invalid("The function is not allowed in an update expression; function: %s", n.name))
	case n.op == "call" && n.name != "if_not_exists":
		panic(unknownFunction(n))
	}
	for _, arg := range n.args {
		sc.checkSource(arg)
		if n.op != "call" {
			checkType(arg, n.op, "N")
		}
	}
	if n.op == "call" {
		checkCount(n, 2)
		checkAttribute(n)
	}
}

// apply gives the item after all actions. Every operand sees the item as it was.
func (u update) apply(old item) item {
	after := maps.Clone(old)
	for _, a := range u {
		switch a.verb {
		case "REMOVE":
			delete(after, a.name)
		case "SET":
			after[a.name] = a.operand.source(old)
		case "ADD":
			after[a.name] = a.operand.val
			if current, ok := old[a.name]; ok {
				after[a.name] = current.plus(a.operand.val)
			}
		}
	}
	return after
}

// source evaluates what a SET assigns.
func (n *node) source(old item) value {
	switch n.op {
	case "value":
		return n.val
	case "attribute":
		v, ok := old[n.name]
		if !ok {
			panic(noAttribute())
		}
		return v
	case "call": // if_not_exists, whose alternative must have a value even when it is not needed
		alternative := n.args[1].source(old)
		if v, ok := old[n.args[0].name]; ok {
			return v
		}
		return alternative
	}
	a, b := n.args[0].source(old), n.args[1].source(old)
	if n.op == "-" && b.kind == "N" {
		b = numberValue(b.number().negated())
	}
	return a.plus(b)
}

func noAttribute() *failure {
	return invalid("The provided expression refers to an attribute that does not exist in the item")
}

func wrongType() *failure {
	return invalid("An operand in the update expression has an incorrect data type")
}

// plus is the sum of two numbers.
func (v value) plus(amount value) value {
	if v.kind != "N" || amount.kind != "N" {
		panic(wrongType())
	}
	return numberValue(v.number().plus(amount.number()))
}
