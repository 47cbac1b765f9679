package json

// The functions of this file walk bytes that validate accepted: they need no checks and report no errors.

func skipSpace(b []byte, i int) int {
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	return i
}

// quoteEnd returns the offset behind the closing quote of the string whose content starts at i.
func quoteEnd(b []byte, i int) int {
	end, _, _ := stringEnd(b, i, 0)
	return end
}

// valueEnd returns the offset behind the value that starts at i.
func valueEnd(b []byte, i int) int {
	switch b[i] {
	case '"':
		return quoteEnd(b, i+1)
	case '{', '[':
		return containerEnd(b, i+1)
	}
	for ; i < len(b); i++ {
		if c := b[i]; c == ',' || c == '}' || c == ']' || isSpace(c) {
			break
		}
	}
	return i
}

func containerEnd(b []byte, i int) int {
	for open := 1; open > 0; {
		switch b[i] {
		case '"':
			i = quoteEnd(b, i+1)
			continue
		case '{', '[':
			open++
		case '}', ']':
			open--
		}
		i++
	}
	return i
}

// member finds the next member of an object from i on, which is behind the opening brace or behind the value before:
// its name, still escaped, is b[from:to], its value starts at value. At the end of the object ok is false and value is
// the offset behind it.
func member(b []byte, i int) (from, to, value int, ok bool) {
	if i = skipSpace(b, i); b[i] == ',' {
		i = skipSpace(b, i+1)
	}
	if b[i] == '}' {
		return 0, 0, i + 1, false
	}
	end := quoteEnd(b, i+1)
	colon := skipSpace(b, end)
	return i + 1, end - 1, skipSpace(b, colon+1), true
}

// element is member for arrays.
func element(b []byte, i int) (value int, ok bool) {
	if i = skipSpace(b, i); b[i] == ',' {
		i = skipSpace(b, i+1)
	}
	if b[i] == ']' {
		return i + 1, false
	}
	return i, true
}

// find returns the offset of the member called name in the value at i, or -1 when there is none or the value is no
// object. Of a repeated name the last counts, as in a Java map.
func find(b []byte, i int, name string) int {
	if b[i] != '{' {
		return -1
	}
	found := -1
	for i++; ; {
		from, to, value, ok := member(b, i)
		if !ok {
			return found
		}
		if isName(b[from:to], name) {
			found = value
		}
		i = valueEnd(b, value)
	}
}

// appendCompact appends b without the white space between its tokens.
func appendCompact(dst, b []byte) []byte {
	for i := 0; i < len(b); {
		switch c := b[i]; {
		case isSpace(c):
			i++
		case c == '"':
			end := quoteEnd(b, i+1)
			dst = append(dst, b[i:end]...)
			i = end
		default:
			dst = append(dst, c)
			i++
		}
	}
	return dst
}
