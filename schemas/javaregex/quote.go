package javaregex

// unquote replaces \Q…\E by escapes, as Java does before it reads a pattern; the places in its messages are those after it.
func unquote(in []rune) []rune {
	if !hasQuote(in) {
		return in
	}
	out := make([]rune, 0, 2*len(in))
	quoted, first := false, false
	for i := 0; i < len(in); {
		c := in[i]
		i++
		switch {
		case c >= 0x80 || isAlpha(c):
			out = append(out, c)
		case isDigit(c):
			if first { // it must not become a part of an escape before it
				out = append(out, '\\', 'x', '3')
			}
			out = append(out, c)
		case c != '\\':
			if quoted {
				out = append(out, '\\')
			}
			out = append(out, c)
		case quoted:
			if i < len(in) && in[i] == 'E' {
				i++
				quoted = false
			} else {
				out = append(out, '\\', '\\')
			}
		case i < len(in) && in[i] == 'Q':
			i++
			quoted, first = true, true
			continue
		default:
			out = append(out, c)
			if i < len(in) {
				out = append(out, in[i])
				i++
			}
		}
		first = false
	}
	return out
}

func hasQuote(in []rune) bool {
	for i := 0; i+1 < len(in); i++ {
		if in[i] == '\\' {
			if in[i+1] == 'Q' {
				return true
			}
			i++
		}
	}
	return false
}

func isDigit(c rune) bool { return c >= '0' && c <= '9' }

func isAlpha(c rune) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isHex(c rune) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

func hexValue(c rune) rune {
	if isDigit(c) {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}
