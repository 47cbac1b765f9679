package dynamodb

import (
	"slices"
	"strings"
)

const (
	orderedTypes = "S N B"
	sizedTypes   = "S B SS NS BS L M"
)

// conditionFunctions gives the number of operands of each function a condition may call.
var conditionFunctions = map[string]int{
	"attribute_exists": 1, "attribute_not_exists": 1, "attribute_type": 2, "begins_with": 2, "contains": 2, "size": 1,
}

var updateFunctions = map[string]int{"if_not_exists": 2, "list_append": 2}

// checkCondition resolves names and values and applies the rules beyond syntax.
func (sc *scope) checkCondition(n *node) error {
	switch n.op {
	case "AND", "OR", "NOT":
		for _, arg := range n.args {
			if err := sc.checkCondition(arg); err != nil {
				return err
			}
		}
		return nil
	case "call":
		if n.name == "size" {
			return invalid("The function is not allowed to be used this way in an expression; function: size")
		}
		return sc.checkCall(n)
	}
	return sc.checkComparison(n)
}

// checkOperand resolves an operand of a comparison or function.
func (sc *scope) checkOperand(n *node) error {
	switch n.op {
	case "path":
		return sc.resolve(n.path)
	case "value":
		v, err := sc.value(n.name)
		n.val = v
		return err
	case "call":
		if err := sc.checkCall(n); err != nil {
			return err
		}
		if n.name == "size" {
			return nil
		}
		return invalid("The function is not allowed to be used this way in an expression; function: %s", n.name)
	}
	return invalid("Syntax error; a condition is used as an operand")
}

func (sc *scope) resolve(p path) error {
	for i := range p {
		if p[i].isIndex {
			continue
		}
		name, err := sc.name(p[i].name)
		if err != nil {
			return err
		}
		p[i].name = name
	}
	return nil
}

func (sc *scope) checkComparison(n *node) error {
	for _, arg := range n.args {
		if err := sc.checkOperand(arg); err != nil {
			return err
		}
	}
	if err := checkDistinct(n, n.op); err != nil {
		return err
	}
	if n.op == "=" || n.op == "<>" || n.op == "IN" {
		return nil
	}
	for _, arg := range n.args {
		if err := checkType(arg, n.op, orderedTypes); err != nil {
			return err
		}
	}
	if n.op == "BETWEEN" {
		return checkBounds(n.args[1], n.args[2])
	}
	return nil
}

// checkType applies to operands given as values; those of paths show only when evaluated.
func checkType(n *node, operator, allowed string) error {
	if n.op != "value" || slices.Contains(strings.Fields(allowed), n.val.kind) {
		return nil
	}
	return invalid("Incorrect operand type for operator or function; operator or function: %s, operand type: %s", operator, n.val.kind)
}

func checkDistinct(n *node, operator string) error {
	first := n.args[0]
	for _, other := range n.args[1:] {
		if first.op == "path" && other.op == "path" && first.path.equal(other.path) {
			return invalid("The first operand must be distinct from the remaining operands for this operator or function; operator: %s, first operand: %s", operator, first.path)
		}
	}
	return nil
}

func checkBounds(low, high *node) error {
	if low.op != "value" || high.op != "value" {
		return nil
	}
	bounds := "lower bound operand: AttributeValue: " + low.val.inMessage() + ", upper bound operand: AttributeValue: " + high.val.inMessage()
	order, ok := low.val.compare(high.val)
	switch {
	case !ok:
		return invalid("The BETWEEN operator requires same data type for lower and upper bounds; %s", bounds)
	case order > 0:
		return invalid("The BETWEEN operator requires upper bound to be greater than or equal to lower bound; %s", bounds)
	}
	return nil
}

func (v value) inMessage() string { return "{" + v.kind + ":" + v.text + "}" }

func (sc *scope) checkCall(n *node) error {
	for _, arg := range n.args {
		if conditionFunctions[n.name] == 0 {
			break
		}
		if err := sc.checkOperand(arg); err != nil {
			return err
		}
	}
	want, ok := conditionFunctions[n.name]
	switch {
	case !ok && updateFunctions[n.name] != 0:
		return invalid("The function is not allowed in a condition expression; function: %s", n.name)
	case !ok:
		return invalid("Invalid function name; function: %s", n.name)
	case len(n.args) != want:
		return wrongOperandCount(n)
	}
	if err := checkDistinct(n, n.name); err != nil {
		return err
	}
	return checkCallOperands(n)
}

func wrongOperandCount(n *node) error {
	return invalid("Incorrect number of operands for operator or function; operator or function: %s, number of operands: %d", n.name, len(n.args))
}

func checkCallOperands(n *node) error {
	switch n.name {
	case "attribute_exists", "attribute_not_exists":
		if n.args[0].op != "path" {
			return invalid("Operator or function requires a document path; operator or function: %s", n.name)
		}
	case "size":
		return checkType(n.args[0], n.name, sizedTypes)
	case "begins_with":
		if err := checkType(n.args[0], n.name, "S B"); err != nil {
			return err
		}
		return checkType(n.args[1], n.name, "S B")
	case "attribute_type":
		return checkTypeName(n.args[1])
	}
	return nil
}

func checkTypeName(n *node) error {
	if n.op != "value" {
		return nil
	}
	if err := checkType(n, "attribute_type", "S"); err != nil {
		return err
	}
	if typeTag([]byte(n.val.text)) == "" {
		return invalid("Invalid attribute type name found; type: %s, valid types: {N,BS,L,B,NULL,M,S,SS,NS,BOOL}", n.val.text)
	}
	return nil
}
