package javaregex

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"unicode"
)

// family reads the rest of \p or \P.
func (p *parser) family(complement bool) set {
	name := ""
	if ch := p.next(); ch != '{' {
		name = string(ch)
		p.read()
	} else {
		p.next()
		start := p.cursor
		for p.read() != '}' || p.cursor > p.length {
			if p.cursor > p.length {
				p.cursor = p.length + 1
				p.fail("Unclosed character family")
			}
		}
		name = string(p.chars[start : p.cursor-1])
		if name == "" {
			p.fail("Empty character family")
		}
	}
	s := p.named(name)
	if complement {
		p.supplementary = true
		return s.negate()
	}
	return s
}

func (p *parser) named(name string) set {
	var has func(rune) bool
	if key, value, ok := strings.Cut(name, "="); ok {
		switch key = strings.ToLower(key); key {
		case "sc", "script":
			has = script(value)
		case "blk", "block":
			has = block(value)
		case "gc", "general_category":
			has = p.plain(value)
		}
		if has == nil {
			p.fail("Unknown Unicode property {name=<" + key + ">, value=<" + value + ">}")
		}
		return set{has: has}
	}
	if short, ok := strings.CutPrefix(name, "In"); ok {
		has = block(short)
	} else if short, ok := strings.CutPrefix(name, "Is"); ok {
		if has = p.binary(strings.ToUpper(short)); has == nil {
			has = p.posix(strings.ToUpper(short))
		}
		if has == nil {
			has = p.plain(short)
		}
		if has == nil {
			has = script(short)
		}
	} else {
		if p.has(unicodeClass) {
			has = p.posix(strings.ToUpper(name))
		}
		if has == nil {
			has = p.plain(name)
		}
	}
	if has == nil {
		p.fail("Unknown character property name {" + name + "}")
	}
	narrow := ascii(name) != nil && !p.has(unicodeClass)
	switch name {
	case "L1", "IsL1", "ASCII", "IsASCII":
		narrow = true
	}
	return set{has: has, bmp: narrow}
}

// plain are the properties without a prefix: general categories, those of ASCII, and Java's own.
func (p *parser) plain(name string) func(rune) bool {
	if p.has(caseless) {
		switch name {
		case "Lu", "Ll", "Lt":
			return tables(unicode.Lu, unicode.Ll, unicode.Lt)
		case "Lower", "Upper":
			return func(r rune) bool { return r < 0x80 && isAlpha(r) }
		case "javaLowerCase", "javaUpperCase", "javaTitleCase":
			return anyCase
		}
	}
	if has := java(name); has != nil {
		return has
	}
	if strings.HasPrefix(name, "java") {
		switch name {
		case "javaMirrored", "javaUnicodeIdentifierStart", "javaUnicodeIdentifierPart":
			p.unsupported(`\p{` + name + `}`)
		}
		return nil
	}
	switch name {
	case "LC":
		return tables(unicode.Lu, unicode.Ll, unicode.Lt)
	case "LD":
		return tables(unicode.L, unicode.Nd)
	case "L1":
		return func(r rune) bool { return r < 0x100 }
	case "all":
		return func(rune) bool { return true }
	case "Cn":
		return func(r rune) bool { return !assigned(r) }
	case "C":
		return func(r rune) bool { return !assigned(r) || unicode.In(r, unicode.C) }
	}
	if t, ok := unicode.Categories[name]; ok && len(name) <= 2 {
		return tables(t)
	}
	return ascii(name)
}

func ascii(name string) func(rune) bool {
	between := func(low, high rune) func(rune) bool { return func(r rune) bool { return low <= r && r <= high } }
	switch name {
	case "ASCII":
		return between(0, 0x7f)
	case "Alnum":
		return func(r rune) bool { return isAlpha(r) || isDigit(r) }
	case "Alpha":
		return isAlpha
	case "Blank":
		return func(r rune) bool { return r == ' ' || r == '\t' }
	case "Cntrl":
		return func(r rune) bool { return r < 0x20 || r == 0x7f }
	case "Digit":
		return isDigit
	case "Graph":
		return between(0x21, 0x7e)
	case "Lower":
		return between('a', 'z')
	case "Print":
		return between(0x20, 0x7e)
	case "Punct":
		return func(r rune) bool { return r > 0x20 && r < 0x7f && !isAlpha(r) && !isDigit(r) }
	case "Space":
		return func(r rune) bool { return r == ' ' || r >= '\t' && r <= '\r' }
	case "Upper":
		return between('A', 'Z')
	case "XDigit":
		return isHex
	}
	return nil
}

func tables(t ...*unicode.RangeTable) func(rune) bool {
	return func(r rune) bool { return unicode.In(r, t...) }
}

var (
	lower     = tables(unicode.Ll, unicode.Other_Lowercase)
	upper     = tables(unicode.Lu, unicode.Other_Uppercase)
	alphabet  = tables(unicode.L, unicode.Nl, unicode.Other_Alphabetic)
	ideograph = tables(unicode.Ideographic)
	decimal   = tables(unicode.Nd)
	anyCase   = tables(unicode.Lu, unicode.Ll, unicode.Lt, unicode.Other_Lowercase, unicode.Other_Uppercase)
)

func assigned(r rune) bool {
	return unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs)
}

// java are the properties that are methods of java.lang.Character.
func java(name string) func(rune) bool {
	switch name {
	case "javaLowerCase":
		return lower
	case "javaUpperCase":
		return upper
	case "javaAlphabetic":
		return alphabet
	case "javaIdeographic":
		return ideograph
	case "javaTitleCase":
		return tables(unicode.Lt)
	case "javaDigit":
		return decimal
	case "javaDefined":
		return assigned
	case "javaLetter":
		return tables(unicode.L)
	case "javaLetterOrDigit":
		return tables(unicode.L, unicode.Nd)
	case "javaSpaceChar":
		return tables(unicode.Z)
	case "javaISOControl":
		return tables(unicode.Cc)
	case "javaIdentifierIgnorable":
		return ignorable
	case "javaJavaIdentifierStart":
		return tables(unicode.L, unicode.Nl, unicode.Sc, unicode.Pc)
	case "javaJavaIdentifierPart":
		return func(r rune) bool {
			return ignorable(r) || unicode.In(r, unicode.L, unicode.Nl, unicode.Sc, unicode.Pc, unicode.Nd, unicode.Mn, unicode.Mc)
		}
	case "javaWhitespace":
		return func(r rune) bool {
			return r >= 9 && r <= 13 || r >= 0x1c && r <= 0x1f || r != 0xa0 && r != 0x2007 && r != 0x202f && unicode.In(r, unicode.Z)
		}
	}
	return nil
}

func ignorable(r rune) bool {
	return r <= 8 || r >= 0xe && r <= 0x1b || r >= 0x7f && r <= 0x9f || unicode.Is(unicode.Cf, r)
}

// binary are the binary properties of Unicode, after Is, in whatever case.
func (p *parser) binary(name string) func(rune) bool {
	switch name {
	case "ALPHABETIC":
		return alphabet
	case "LETTER":
		return tables(unicode.L)
	case "IDEOGRAPHIC":
		return ideograph
	case "LOWERCASE", "UPPERCASE", "TITLECASE":
		if p.has(caseless) {
			return anyCase
		}
		return map[string]func(rune) bool{"LOWERCASE": lower, "UPPERCASE": upper, "TITLECASE": tables(unicode.Lt)}[name]
	case "WHITE_SPACE", "WHITESPACE":
		return whiteSpace
	case "CONTROL":
		return tables(unicode.Cc)
	case "PUNCTUATION":
		return tables(unicode.P)
	case "HEX_DIGIT", "HEXDIGIT":
		return hexDigit
	case "ASSIGNED":
		return assigned
	case "NONCHARACTER_CODE_POINT", "NONCHARACTERCODEPOINT":
		return func(r rune) bool { return r&0xfffe == 0xfffe || r >= 0xfdd0 && r <= 0xfdef }
	case "DIGIT":
		return decimal
	case "ALNUM":
		return func(r rune) bool { return alphabet(r) || decimal(r) }
	case "BLANK":
		return blank
	case "GRAPH":
		return graph
	case "PRINT":
		return func(r rune) bool { return (graph(r) || blank(r)) && !unicode.Is(unicode.Cc, r) }
	case "WORD":
		return word
	case "JOIN_CONTROL", "JOINCONTROL":
		return func(r rune) bool { return r == 0x200c || r == 0x200d }
	case "EMOJI", "EMOJI_PRESENTATION", "EMOJI_MODIFIER", "EMOJI_MODIFIER_BASE", "EMOJI_COMPONENT", "EXTENDED_PICTOGRAPHIC":
		p.unsupported("A property of emoji")
	}
	return nil
}

// posix are the POSIX classes under (?U), and after Is.
func (p *parser) posix(name string) func(rune) bool {
	switch name {
	case "ALPHA":
		return alphabet
	case "LOWER":
		return p.binary("LOWERCASE")
	case "UPPER":
		return p.binary("UPPERCASE")
	case "SPACE":
		return whiteSpace
	case "PUNCT":
		return tables(unicode.P)
	case "XDIGIT":
		return hexDigit
	case "CNTRL":
		return tables(unicode.Cc)
	case "ALNUM", "DIGIT", "BLANK", "GRAPH", "PRINT":
		return p.binary(name)
	}
	return nil
}

func whiteSpace(r rune) bool { return unicode.Is(unicode.White_Space, r) }

func hexDigit(r rune) bool { return unicode.Is(unicode.Hex_Digit, r) || decimal(r) }

func blank(r rune) bool { return r == '\t' || unicode.Is(unicode.Zs, r) }

func graph(r rune) bool {
	return assigned(r) && !unicode.In(r, unicode.Z, unicode.Cc, unicode.Cs)
}

func word(r rune) bool {
	return alphabet(r) || unicode.In(r, unicode.M, unicode.Nd, unicode.Pc, unicode.Join_Control)
}

// shorthand are \d, \h, \s, \v, \w and what they leave.
func (p *parser) shorthand(ch rune) set {
	var s set
	u := p.has(unicodeClass)
	switch ch | 0x20 {
	case 'd':
		s = set{has: isDigit, bmp: true}
		if u {
			s = set{has: decimal}
		}
	case 'h':
		s = set{bmp: true, has: func(r rune) bool {
			return r == ' ' || r == '\t' || r == 0xa0 || r == 0x1680 || r == 0x180e || r >= 0x2000 && r <= 0x200a || r == 0x202f || r == 0x205f || r == 0x3000
		}}
	case 's':
		s = set{has: ascii("Space"), bmp: true}
		if u {
			s = set{has: whiteSpace}
		}
	case 'v':
		s = set{bmp: true, has: func(r rune) bool { return r >= 10 && r <= 13 || r == 0x85 || r|1 == 0x2029 }}
	case 'w':
		s = set{has: asciiWord, bmp: true}
		if u {
			s = set{has: word}
		}
	}
	if ch < 'a' {
		return s.negate()
	}
	return s
}

func asciiWord(r rune) bool { return r == '_' || isAlpha(r) || isDigit(r) }

//go:embed blocks.txt
var blockList string

//go:embed scripts.txt
var scriptList string

// blocks are the blocks by the names that every release from Java 17 on knows them by: bounds, then names.
var blocks = sync.OnceValue(func() map[string][2]rune {
	all := map[string][2]rune{}
	for line := range strings.Lines(blockList) {
		var b [2]rune
		fields := strings.SplitN(strings.TrimSpace(line), " ", 3)
		for i := range b {
			n, err := strconv.ParseInt(fields[i], 16, 32)
			if err != nil {
				panic(fmt.Sprintf("blocks.txt: %q", line)) // it is in the binary
			}
			b[i] = rune(n)
		}
		for name := range strings.SplitSeq(fields[2], "|") {
			all[name] = b
		}
	}
	return all
})

func block(name string) func(rune) bool {
	b, ok := blocks()[strings.ToUpper(name)]
	if !ok {
		return nil
	}
	return func(r rune) bool { return b[0] <= r && r <= b[1] }
}

// scripts are the scripts by Java's names and by those of ISO 15924.
var scripts = sync.OnceValue(func() map[string]*unicode.RangeTable {
	byName, all := map[string]*unicode.RangeTable{}, map[string]*unicode.RangeTable{}
	for name, t := range unicode.Scripts {
		byName[strings.ToUpper(name)] = t
	}
	for line := range strings.Lines(scriptList) {
		name, alias, _ := strings.Cut(strings.TrimSpace(line), " ")
		if t, ok := byName[name]; ok {
			all[name] = t
			for a := range strings.SplitSeq(alias, "|") {
				all[a] = t
			}
		}
	}
	return all
})

func script(name string) func(rune) bool {
	name = strings.ToUpper(name)
	if name == "UNKNOWN" || name == "ZZZZ" {
		return func(r rune) bool {
			for _, t := range unicode.Scripts {
				if unicode.Is(t, r) {
					return false
				}
			}
			return true
		}
	}
	t, ok := scripts()[name]
	if !ok {
		return nil
	}
	return tables(t)
}
