package configdef

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

func sample() *Def {
	return New(
		Key{Name: "name", Type: String, Required: true, Importance: High, Group: "Common", Valid: NonEmpty, Doc: "The name."},
		Key{Name: "tasks.max", Type: Int, Default: "1", Group: "Common", Valid: AtLeast(1), Doc: "How many\n tasks | at most."},
		Key{Name: "ratio", Type: Double, Default: "0.00001", Group: "Tuning", Importance: Low, Doc: "A ratio."},
		Key{Name: "topics", Type: List, Group: "Common", Doc: "Topics."},
		Key{Name: "part.size", Type: Long, Default: "26214400", Group: "Tuning", Valid: Between(5, 1<<40), Doc: "Bytes."},
		Key{Name: "port", Type: Short, Null: true, Group: "Tuning", Doc: "Port."},
		Key{Name: "mode", Type: String, Default: "none", Group: "Tuning", Valid: OneOfFold("none", "ALL"), Doc: "Mode."},
		Key{Name: "secret", Type: Password, Default: "hunter2", Group: "Security", Doc: "A secret."},
		Key{Name: "enable", Type: Boolean, Default: "false", Group: "Security", Ignored: true, Doc: "A switch."},
		Key{Name: "format", Type: Class, Null: true, Doc: "A class."},
		Key{Name: "hidden", Type: String, Internal: true, Doc: "Not shown."},
	).Check(func(v Values) []Problem {
		if v.Int("tasks.max") > 1 && len(v.List("topics")) == 0 {
			return []Problem{{Key: "topics", Message: "Name topics."}, {Key: "elsewhere", Message: "Not here."}}
		}
		return nil
	})
}

func TestValuesAreParsedAsKafkaDoes(t *testing.T) {
	v, problems := sample().Parse(map[string]string{
		"name": " fleet ", "tasks.max": " 4 ", "topics": " a , b,,c ", "port": "-1", "mode": "All", "secret": " s3 ", "enable": " TRUE",
		"format": "x.Y", "unknown": "u", "p.q": "r",
	})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if v.String("name") != "fleet" || v.Int("tasks.max") != 4 || v.Int("port") != -1 || v.Int("part.size") != 26214400 ||
		v.Double("ratio") != 1e-5 || !v.Bool("enable") || v.Secret("secret").Reveal() != "s3" || v.String("format") != "x.Y" {
		t.Errorf("%+v", v.parsed)
	}
	if want := []string{"a", "b", "", "c"}; !reflect.DeepEqual(v.List("topics"), want) {
		t.Errorf("topics %q", v.List("topics"))
	}
	if !v.IsSet("unknown") || v.IsSet("ratio") || !v.Has("ratio") || v.Originals()["unknown"] != "u" {
		t.Error("unknown and default keys are mixed up")
	}
	if !reflect.DeepEqual(v.WithPrefix("p."), map[string]string{"q": "r"}) {
		t.Error(v.WithPrefix("p."))
	}
	if got := sample().Unknown(map[string]string{"z": "", "a": "", "name": ""}); !reflect.DeepEqual(got, []string{"a", "z"}) {
		t.Error(got)
	}
}

func TestNullIsNoValue(t *testing.T) {
	v, _ := sample().Parse(map[string]string{"name": "x"})
	if v.Has("port") || v.Int("port") != 0 || v.Has("format") || v.String("format") != "" || v.List("topics") != nil {
		t.Errorf("%+v", v.parsed)
	}
}

func TestProblemsSpeakKafkasWords(t *testing.T) {
	for _, c := range []struct{ key, value, want string }{
		{"name", "", "Invalid value  for configuration name: String must be non-empty"},
		{"tasks.max", "0", "Invalid value 0 for configuration tasks.max: Value must be at least 1"},
		{"tasks.max", "x", "Invalid value x for configuration tasks.max: Not a number of type INT"},
		{"tasks.max", "2147483648", "Invalid value 2147483648 for configuration tasks.max: Not a number of type INT"},
		{"part.size", "9223372036854775807", "Invalid value 9223372036854775807 for configuration part.size: Value must be no more than 1099511627776"},
		{"part.size", "4", "Invalid value 4 for configuration part.size: Value must be at least 5"},
		{"port", "70000", "Invalid value 70000 for configuration port: Not a number of type SHORT"},
		{"ratio", "a", "Invalid value a for configuration ratio: Not a number of type DOUBLE"},
		{"enable", "yes", "Invalid value yes for configuration enable: Expected value to be either true or false"},
		{"mode", "some", "Invalid value some for configuration mode: String must be one of (case insensitive): none, ALL"},
	} {
		props := map[string]string{"name": "fleet"}
		props[c.key] = c.value
		_, problems := sample().Parse(props)
		if len(problems) != 1 || problems[0] != (Problem{c.key, c.want}) {
			t.Errorf("%s=%s: %v", c.key, c.value, problems)
		}
	}
	_, problems := sample().Parse(nil)
	if want := `Missing required configuration "name" which has no default value.`; len(problems) != 1 || problems[0].Message != want {
		t.Errorf("%v", problems)
	}
	refuse := func(any) error { return errors.New("too weak") }
	_, problems = New(Key{Name: "pw", Type: Password, Valid: refuse}).Parse(map[string]string{"pw": "hunter2"})
	if len(problems) != 1 || problems[0].Message != "Invalid value [hidden] for configuration pw: too weak" {
		t.Errorf("%v", problems)
	}
}

func TestValidatorsCombine(t *testing.T) {
	valid := All(NonEmpty, OneOf("a", "b"))
	for value, want := range map[string]string{"a": "", "": "String must be non-empty", "c": "String must be one of: a, b"} {
		err := valid(value)
		if (err == nil) != (want == "") || err != nil && err.Error() != want {
			t.Errorf("%q: %v", value, err)
		}
	}
}

func TestValidateReportsOnEveryKey(t *testing.T) {
	results := sample().Validate(map[string]string{"name": "", "tasks.max": "2", "ratio": "x", "secret": "s", "topics": ""})
	var got []string
	for _, r := range results {
		value := "null"
		if r.Value != nil {
			value = "'" + *r.Value + "'"
		}
		got = append(got, fmt.Sprintf("%s=%s%q", r.Key.Name, value, r.Errors))
	}
	want := []string{
		`name=''["Invalid value  for configuration name: String must be non-empty"]`,
		`tasks.max='2'[]`,
		`ratio=null["Invalid value x for configuration ratio: Not a number of type DOUBLE"]`,
		`topics=''["Name topics."]`, `part.size='26214400'[]`, `port=null[]`, `mode='none'[]`, `secret='[hidden]'[]`,
		`enable='false'[]`, `format=null[]`, `hidden=''[]`, `elsewhere=null["Not here."]`,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for value, want := range map[any]string{0.00001: "1.0E-5", 2.0: "2.0", int16(3): "3", int64(4): "4", true: "true"} {
		if got := Text(value); *got != want {
			t.Errorf("%v is shown as %s", value, *got)
		}
	}
	if got := Text([]string{"a", "b"}); *got != "a,b" {
		t.Error(*got)
	}
}

func TestMaskHidesWhatMayBeSecret(t *testing.T) {
	props := map[string]string{
		"name": "fleet", "secret": "s", "value.converter.basic.auth.user.info": "u:p", "x.PASSWORD": "p", "y.password": "${file:/a:b}",
		"z.password": "${file:/a:b}x}", "topics": "a",
	}
	got := sample().Mask(props)
	want := map[string]string{
		"name": "fleet", "secret": Hidden, "value.converter.basic.auth.user.info": Hidden, "x.PASSWORD": Hidden, "y.password": "${file:/a:b}",
		"z.password": Hidden, "topics": "a",
	}
	if !reflect.DeepEqual(got, want) || props["secret"] != "s" {
		t.Errorf("%v", got)
	}
	if sample().Mask(nil) != nil {
		t.Error("nothing became something")
	}
}

func TestSecretsNeverPrint(t *testing.T) {
	s := NewSecret("hunter2")
	text, err := json.Marshal(map[string]any{"s": s})
	if err != nil {
		t.Fatal(err)
	}
	all := fmt.Sprintf("%v %+v %#v %s %q %s", s, s, s, s, s, text)
	if strings.Contains(all, "hunter2") || !s.IsSet() || s.Reveal() != "hunter2" || NewSecret("").IsSet() {
		t.Error(all)
	}
}

func TestMarkdownIsGrouped(t *testing.T) {
	const want = `### Common

| key | type | default | importance | meaning |
|---|---|---|---|---|
| ¬name¬ | string | required | high | The name. |
| ¬tasks.max¬ | int | ¬1¬ | medium | How many tasks \| at most. |
| ¬topics¬ | list | "" | medium | Topics. |

### Tuning

| key | type | default | importance | meaning |
|---|---|---|---|---|
| ¬ratio¬ | double | ¬0.00001¬ | low | A ratio. |
| ¬part.size¬ | long | ¬26214400¬ | medium | Bytes. |
| ¬port¬ | short | null | medium | Port. |
| ¬mode¬ | string | ¬none¬ | medium | Mode. |

### Security

| key | type | default | importance | meaning |
|---|---|---|---|---|
| ¬secret¬ | password | ¬[hidden]¬ | medium | A secret. Shown as [hidden]. |
| ¬enable¬ | boolean | ¬false¬ | medium | **Ignored:** accepted for compatibility, without effect. A switch. |

### Other

| key | type | default | importance | meaning |
|---|---|---|---|---|
| ¬format¬ | class | null | medium | A class. |
`
	if got := sample().Markdown(); got != strings.ReplaceAll(want, "¬", "`") {
		t.Errorf("got\n%s", got)
	}
}

func TestDefinitionsAreProgramText(t *testing.T) {
	for name, build := range map[string]func(){
		"nameless": func() { New(Key{Type: Int}) },
		"untyped":  func() { New(Key{Name: "a"}) },
		"twice":    func() { New(Key{Name: "a", Type: Int}).Merge(New(Key{Name: "a", Type: Int})) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			build()
		}()
	}
	m := New(Key{Name: "a", Type: Int}).Merge(sample())
	if k, ok := m.Key("name"); !ok || k.DisplayName != "name" || k.Width != WidthNone || len(m.Keys()) != 12 {
		t.Errorf("%+v", k)
	}
	if _, problems := m.Parse(map[string]string{"name": "x", "a": "1", "tasks.max": "2"}); len(problems) != 2 {
		t.Errorf("the checks of merged definitions found %v", problems)
	}
}

func TestDurationsDoNotOverflow(t *testing.T) {
	def := New(Key{Name: "wait", Type: Long, Doc: "x"})
	for text, want := range map[string]time.Duration{"0": 0, "1500": 1500 * time.Millisecond, "-1": -time.Millisecond, "3153600000000": longest,
		"18446744073710": longest, "9223372036854775807": longest, "-9223372036854775808": -longest} {
		v, problems := def.Parse(map[string]string{"wait": text})
		if got := v.Duration("wait", time.Millisecond); got != want || len(problems) > 0 {
			t.Errorf("%s ms are %v, want %v", text, got, want)
		}
	}
}

func TestOnlyKeepsSomeKeys(t *testing.T) {
	d := New(Key{Name: "a", Type: Int, Default: "1"}, Key{Name: "b", Type: Int}, Key{Name: "c", Type: Int, Default: "3"}).
		Check(func(Values) []Problem { return []Problem{{Key: "a", Message: "of the whole"}} })
	v, problems := d.Only("c", "a").Parse(map[string]string{"b": "no number"})
	if len(problems) > 0 || v.Int("a") != 1 || v.Int("c") != 3 {
		t.Errorf("%v %d %d", problems, v.Int("a"), v.Int("c"))
	}
	defer func() {
		if recover() == nil {
			t.Error("a key that is not defined was taken")
		}
	}()
	d.Only("a", "d")
}

func TestWhatComesLaterIsRefused(t *testing.T) {
	d := New(
		Key{Name: "switch", Type: Boolean, Default: "false", Later: true, Doc: "A switch."},
		Key{Name: "tags", Type: List, Later: true, Doc: "Tags."},
		Key{Name: "password", Type: Password, Null: true, Later: true, Doc: "A password."},
		Key{Name: "mode", Type: String, Default: "NONE", Valid: All(Later("FULL", "HALF"), OneOf("NONE")), Doc: "A mode."},
	)
	for _, c := range []struct{ key, text, message string }{
		{"switch", "true", "Invalid value true for configuration switch: it is not supported yet by this version"},
		{"switch", " FALSE", ""},
		{"switch", "maybe", "Invalid value maybe for configuration switch: Expected value to be either true or false"},
		{"tags", "a,b", "Invalid value [a, b] for configuration tags: it is not supported yet by this version"},
		{"tags", "", ""},
		{"password", "geheim", "Invalid value [hidden] for configuration password: it is not supported yet by this version"},
		{"password", "", ""},
		{"mode", "full", "Invalid value full for configuration mode: it is not supported yet by this version"},
		{"mode", "NONE", ""},
		{"mode", "other", "Invalid value other for configuration mode: String must be one of: NONE"},
	} {
		_, problems := d.Parse(map[string]string{c.key: c.text})
		if c.message == "" && len(problems) > 0 || c.message != "" && (len(problems) != 1 || problems[0] != Problem{c.key, c.message}) {
			t.Errorf("%s=%s: %v", c.key, c.text, problems)
		}
	}
	if _, problems := d.Parse(nil); len(problems) > 0 {
		t.Errorf("nothing set: %v", problems)
	}
	if text := d.Markdown(); !strings.Contains(text, "**Later:** not supported yet by this version, so that only the default is accepted. Tags.") {
		t.Error(text)
	}
}

func TestUnshownValuesStayOutOfMessages(t *testing.T) {
	noLogin := func(v any) error {
		for _, s := range append(list(v), text(v)) {
			if strings.Contains(s, "@") {
				return errors.New("it holds a login")
			}
		}
		return nil
	}
	d := New(
		Key{Name: "host", Type: String, Valid: Unshown(noLogin), Doc: "A host."},
		Key{Name: "urls", Type: List, Valid: All(func(any) error { return nil }, Unshown(noLogin)), Doc: "URLs."},
		Key{Name: "wrapped", Type: String, Valid: func(v any) error {
			if err := Unshown(noLogin)(v); err != nil {
				return fmt.Errorf("look at the host: %w", err)
			}
			return nil
		}, Doc: "A host."},
	)
	for key, want := range map[string]string{
		"host":    "Invalid value [hidden] for configuration host: it holds a login",
		"urls":    "Invalid value [hidden] for configuration urls: it holds a login",
		"wrapped": "Invalid value [hidden] for configuration wrapped: look at the host: it holds a login",
	} {
		_, problems := d.Parse(map[string]string{key: "h,user:geheim@h"})
		if len(problems) != 1 || problems[0] != (Problem{key, want}) {
			t.Errorf("%s: %v", key, problems)
		}
		if _, problems := d.Parse(map[string]string{key: "h"}); len(problems) > 0 {
			t.Errorf("%s: %v", key, problems)
		}
	}
}

func list(v any) []string { l, _ := v.([]string); return l }

func text(v any) string { s, _ := v.(string); return s }
