package dynamodb

import "strings"

// checkAction resolves names and values of one action and applies the rules beyond syntax.
func (sc *scope) checkAction(a action) error {
	if err := sc.resolve(a.path); err != nil {
		return err
	}
	switch a.verb {
	case "SET":
		return sc.checkSource(a.operand)
	case "ADD":
		return sc.checkAmount(a, "N SS NS BS")
	case "DELETE":
		return sc.checkAmount(a, "SS NS BS")
	}
	return nil
}

var typeWords = map[string]string{
	"S": "STRING", "N": "NUMBER", "B": "BINARY", "BOOL": "BOOLEAN", "NULL": "NULL", "L": "LIST", "M": "MAP",
	"SS": "STRING_SET", "NS": "NUMBER_SET", "BS": "BINARY_SET",
}

func (sc *scope) checkAmount(a action, allowed string) error {
	v, err := sc.value(a.operand.name)
	if err != nil {
		return err
	}
	a.operand.val = v
	if strings.Contains(" "+allowed+" ", " "+v.kind+" ") {
		return nil
	}
	return invalid("Incorrect operand type for operator or function; operator: %s, operand type: %s, typeSet: ALLOWED_FOR_%s_OPERAND", a.verb, typeWords[v.kind], a.verb)
}

// checkSource checks what a SET assigns.
func (sc *scope) checkSource(n *node) error {
	switch n.op {
	case "path":
		return sc.resolve(n.path)
	case "value":
		v, err := sc.value(n.name)
		n.val = v
		return err
	case "call":
		return sc.checkUpdateCall(n)
	}
	for _, arg := range n.args {
		if err := sc.checkSource(arg); err != nil {
			return err
		}
		if err := checkType(arg, n.op, "N"); err != nil {
			return err
		}
	}
	return nil
}

func (sc *scope) checkUpdateCall(n *node) error {
	want, ok := updateFunctions[n.name]
	switch {
	case !ok && conditionFunctions[n.name] != 0:
		return invalid("The function is not allowed in an update expression; function: %s", n.name)
	case !ok:
		return invalid("Invalid function name; function: %s", n.name)
	}
	for _, arg := range n.args {
		if err := sc.checkSource(arg); err != nil {
			return err
		}
	}
	if len(n.args) != want {
		return wrongOperandCount(n)
	}
	if n.name == "if_not_exists" {
		if n.args[0].op != "path" {
			return invalid("Operator or function requires a document path; operator or function: %s", n.name)
		}
		return nil
	}
	for _, arg := range n.args {
		if err := checkType(arg, n.name, "L"); err != nil {
			return err
		}
	}
	return nil
}
