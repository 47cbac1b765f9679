package metrics

import (
	"io"
	"math"
	"strconv"
	"strings"
)

// flushAt is how much of an answer is held in memory. With a thousand tasks an answer has tens of thousands of lines;
// client_golang would build all of them as objects first.
const flushAt = 32 << 10

// exposition writes Prometheus' text format.
type exposition struct {
	out io.Writer
	buf []byte
	err error // of the first write that failed
}

// header begins a metric.
func (e *exposition) header(m *Metric) {
	e.buf = append(e.buf, "# HELP "...)
	e.buf = append(e.buf, m.Name...)
	e.buf = append(e.buf, ' ')
	e.buf = append(e.buf, m.Help...)
	e.buf = append(e.buf, "\n# TYPE "...)
	e.buf = append(e.buf, m.Name...)
	e.buf = append(e.buf, ' ')
	e.buf = append(e.buf, m.Type...)
	e.buf = append(e.buf, '\n')
}

// line writes one sample; labels stand as in the answer, without braces.
func (e *exposition) line(name, labels string, value float64) {
	e.buf = append(e.buf, name...)
	if labels != "" {
		e.buf = append(e.buf, '{')
		e.buf = append(e.buf, labels...)
		e.buf = append(e.buf, '}')
	}
	e.buf = append(e.buf, ' ')
	if math.IsNaN(value) {
		e.buf = append(e.buf, "NaN"...)
	} else {
		e.buf = strconv.AppendFloat(e.buf, value, 'g', -1, 64)
	}
	e.buf = append(e.buf, '\n')
	if len(e.buf) >= flushAt {
		e.flush()
	}
}

func (e *exposition) flush() {
	if e.err == nil {
		_, e.err = e.out.Write(e.buf)
	}
	e.buf = e.buf[:0]
}

var escaper = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)

// escape makes a text fit for a label: names of connectors may hold anything.
func escape(text string) string { return escaper.Replace(strings.ToValidUTF8(text, "\uFFFD")) }

// pairs renders labels; names and values alternate.
func pairs(text ...string) string {
	var b strings.Builder
	for i := 0; i+1 < len(text); i += 2 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(text[i] + `="` + escape(text[i+1]) + `"`)
	}
	return b.String()
}
