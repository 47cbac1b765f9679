package dynamodb

import (
	"slices"
	"strings"
)

// conditionFunctions gives the number of operands of each function a condition may call.
var conditionFunctions = map[string]int{"attribute_exists": 1, "attribute_not_exists": 1, "begins_with": 2}

var unsupportedFunctions = []string{"attribute_type", "contains", "list_append", "size"}

// readCondition reads a condition, filter or key condition and checks it against the names and values of the request;
// nil when it is absent.
func (sc *scope) readCondition(r *request, parameter string) (n *node) {
	sc.read(r, parameter, func(p *parser) {
		p.inGroup = p.condition
		n = p.condition()
		if !n.isCondition() || !p.atEnd() {
			panic(p.unexpected())
		}
		p.end()
		sc.checkCondition(n)
	})
	return n
}

// checkCondition resolves names and values and applies the rules beyond syntax.
func (sc *scope) checkCondition(n *node) {
	switch n.op {
	case "AND", "OR", "NOT":
		for _, arg := range n.args {
			sc.checkCondition(arg)
		}
	case "call":
		sc.checkCall(n)
	default:
		sc.checkComparison(n)
	}
}

// checkOperand resolves an operand of a comparison or function.
func (sc *scope) checkOperand(n *node) {
	switch n.op {
	case "attribute":
		n.name = sc.name(n.name)
	case "value":
		n.val = sc.value(n.name)
	case "call":
		sc.checkCall(n)
		panic(invalid("The function is not allowed to be used this way in an expression; function: %s", n.name))
	default:
		panic(invalid("Syntax error; a condition is used as an operand"))
	}
}

func (sc *scope) checkComparison(n *node) {
	for _, arg := range n.args {
		sc.checkOperand(arg)
	}
	checkDistinct(n, n.op)
	if n.op == "=" || n.op == "<>" {
		return
	}
	for _, arg := range n.args {
		checkType(arg, n.op, "S", "N", "B")
	}
	if n.op == "BETWEEN" && n.args[1].op == "value" && n.args[2].op == "value" {
		checkBounds(n.args[1].val, n.args[2].val)
	}
}

// checkType applies to operands given as values; those of attributes show only when evaluated.
func checkType(n *node, operator string, allowed ...string) {
	if n.op == "value" && !slices.Contains(allowed, n.val.kind) {
		panic(invalid("Incorrect operand type for operator or function; operator or function: %s, operand type: %s", operator, n.val.kind))
	}
}

func checkDistinct(n *node, operator string) {
	first := n.args[0]
	for _, other := range n.args[1:] {
		if first.op == "attribute" && other.op == "attribute" && first.name == other.name {
			panic(invalid("The first operand must be distinct from the remaining operands for this operator or function; operator: %s, first operand: [%s]", operator, first.name))
		}
	}
}

func checkBounds(low, high value) {
	bounds := "lower bound operand: AttributeValue: {" + low.kind + ":" + low.text + "}, upper bound operand: AttributeValue: {" + high.kind + ":" + high.text + "}"
	order, ok := low.compare(high)
	switch {
	case !ok:
		panic(invalid("The BETWEEN operator requires same data type for lower and upper bounds; %s", bounds))
	case order > 0:
		panic(invalid("The BETWEEN operator requires upper bound to be greater than or equal to lower bound; %s", bounds))
	}
}

func (sc *scope) checkCall(n *node) {
	want, ok := conditionFunctions[n.name]
	switch {
	case n.name == "if_not_exists":
		panic(invalid("The function is not allowed in a condition expression; function: %s", n.name))
	case !ok:
		panic(unknownFunction(n))
	}
	for _, arg := range n.args {
		sc.checkOperand(arg)
	}
	checkCount(n, want)
	checkDistinct(n, n.name)
	if n.name != "begins_with" {
		checkAttribute(n)
		return
	}
	for _, arg := range n.args {
		checkType(arg, n.name, "S", "B")
	}
}

func unknownFunction(n *node) *failure {
	if slices.Contains(unsupportedFunctions, n.name) {
		return invalid("The function is not supported by this server; function: %s", n.name)
	}
	return invalid("Invalid function name; function: %s", n.name)
}

func checkCount(n *node, want int) {
	if len(n.args) != want {
		panic(invalid("Incorrect number of operands for operator or function; operator or function: %s, number of operands: %d", n.name, len(n.args)))
	}
}

// checkAttribute refuses a function whose first operand is not an attribute.
func checkAttribute(n *node) {
	if n.args[0].op != "attribute" {
		panic(invalid("Operator or function requires a document path; operator or function: %s", n.name))
	}
}

// holds evaluates a checked condition on an item; a nil item has no attributes.
func (n *node) holds(it item) bool {
	switch n.op {
	case "AND":
		return n.args[0].holds(it) && n.args[1].holds(it)
	case "OR":
		return n.args[0].holds(it) || n.args[1].holds(it)
	case "NOT":
		return !n.args[0].holds(it)
	}
	values, found := make([]value, len(n.args)), make([]bool, len(n.args))
	for i, arg := range n.args {
		values[i], found[i] = arg.evaluate(it)
	}
	switch {
	case n.name == "attribute_exists":
		return found[0]
	case n.name == "attribute_not_exists":
		return !found[0]
	case n.op == "<>":
		return !found[0] || !found[1] || !values[0].equal(values[1])
	}
	return !slices.Contains(found, false) && n.compares(values)
}

// compares evaluates an operator on the values of its operands.
func (n *node) compares(v []value) bool {
	order, ordered := v[0].compare(v[1])
	switch n.op {
	case "=":
		return v[0].equal(v[1])
	case "call": // begins_with
		return v[0].kind == v[1].kind && (v[0].kind == "S" || v[0].kind == "B") && strings.HasPrefix(v[0].text, v[1].text)
	case "BETWEEN":
		below, ok := v[0].compare(v[2])
		return ordered && ok && order >= 0 && below <= 0
	}
	return ordered && map[string]bool{"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[n.op]
}

// evaluate gives the value of an operand; ok is false when there is none.
func (n *node) evaluate(it item) (v value, ok bool) {
	if n.op == "value" {
		return n.val, true
	}
	v, ok = it[n.name]
	return v, ok
}
