package arrows

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const (
	modulePath = "github.com/sluice-connect/sluice"
	moduleRoot = "../../.."
	maxLines   = 600
)

// A source is one parsed Go file of the module, whatever its build tags.
type source struct {
	path  string // from the root of the module, with slashes
	pkg   string // as in an edge
	test  bool
	lines int
	file  *ast.File
	fset  *token.FileSet
}

// sources reads every Go file of the module. It reads them in this process and asks no tool, for two reasons: a file
// is seen whatever its build tags are, and the test cache knows what the result depends on.
func sources(t *testing.T) []source {
	t.Helper()
	var found []source
	fset := token.NewFileSet()
	err := filepath.WalkDir(moduleRoot, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return skipped(name, entry.Name())
		}
		if filepath.Ext(name) != ".go" || strings.HasPrefix(entry.Name(), "_") || strings.HasPrefix(entry.Name(), ".") {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(fset, name, text, parser.ParseComments)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(moduleRoot, name)
		if err != nil {
			return err
		}
		relative = filepath.ToSlash(relative)
		found = append(found, source{
			path:  relative,
			pkg:   strings.TrimSuffix("sluice/"+strings.TrimPrefix(filepath.ToSlash(filepath.Dir(relative)), "."), "/"),
			test:  strings.HasSuffix(relative, "_test.go"),
			lines: bytes.Count(text, []byte("\n")),
			file:  file,
			fset:  fset,
		})
		return nil
	})
	if err != nil {
		t.Fatalf("read the module: %v", err)
	}
	if len(found) == 0 {
		t.Fatalf("no Go file below %s", moduleRoot)
	}
	return found
}

// skipped leaves out what is not part of the module: hidden folders, test data, modules of their own.
func skipped(name, base string) error {
	if name == moduleRoot {
		return nil
	}
	if strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata" || base == "vendor" {
		return filepath.SkipDir
	}
	if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil {
		return filepath.SkipDir
	}
	return nil
}

func (s source) edges() []edge {
	var edges []edge
	for _, spec := range s.file.Imports {
		to, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has accepted it
		}
		if to == modulePath || strings.HasPrefix(to, modulePath+"/") {
			to = "sluice" + strings.TrimPrefix(to, modulePath)
		}
		edges = append(edges, edge{from: s.pkg, to: to, test: s.test})
	}
	return edges
}

// reasons returns why an edge is forbidden; nothing when it is not.
func reasons(e edge) []string {
	var why []string
	for _, r := range rules {
		if r.forbids(e) {
			why = append(why, r.why)
		}
	}
	return why
}

func TestImportsFollowTheArrows(t *testing.T) {
	for _, s := range sources(t) {
		for _, e := range s.edges() {
			for _, why := range reasons(e) {
				t.Errorf("%s imports %s: %s", s.path, e.to, why)
			}
		}
	}
}

func TestOnlyRuntimeKafkaMakesKafkaClients(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || under(s.pkg, "sluice/runtime/kafka", "sluice/deploy") {
			continue
		}
		for _, at := range kafkaClientsMade(s.file) {
			t.Errorf("%v makes a Kafka client: runtime/kafka does, because TLS, SASL and the limits are set there", s.fset.Position(at))
		}
	}
}

func kafkaClientsMade(file *ast.File) []token.Pos {
	local := ""
	for _, spec := range file.Imports {
		if spec.Path.Value == strconv.Quote(sarama) {
			local = "sarama"
			if spec.Name != nil {
				local = spec.Name.Name
			}
		}
	}
	if local == "" {
		return nil
	}
	var made []token.Pos
	ast.Inspect(file, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok && makesKafkaClient(selector.Sel.Name) {
			if name, ok := selector.X.(*ast.Ident); ok && name.Name == local {
				made = append(made, selector.Pos())
			}
		}
		return true
	})
	return made
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	docs := map[string][]string{} // of each package
	names := map[string]string{}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		names[s.pkg] = s.file.Name.Name
		if s.file.Doc != nil {
			docs[s.pkg] = append(docs[s.pkg], strings.TrimSpace(s.file.Doc.Text()))
		}
	}
	said := map[string]string{}
	for pkg, name := range names {
		if len(docs[pkg]) != 1 {
			t.Errorf("%s has %d package comments, want one", pkg, len(docs[pkg]))
			continue
		}
		if problem := docProblem(name, docs[pkg][0]); problem != "" {
			t.Errorf("%s: %s", pkg, problem)
		}
		sentence := strings.TrimPrefix(docs[pkg][0], "Package "+name)
		if other, ok := said[sentence]; ok {
			t.Errorf("%s and %s have the same package comment", pkg, other)
		}
		said[sentence] = pkg
	}
}

// docProblem says what is wrong with the comment of a package, or "".
func docProblem(name, doc string) string {
	if name != "main" && !strings.HasPrefix(doc, "Package "+name+" ") {
		return fmt.Sprintf("the package comment does not begin with %q", "Package "+name)
	}
	if first, _, _ := strings.Cut(doc, "\n\n"); !strings.HasSuffix(first, ".") {
		return "the package comment does not begin with a sentence"
	}
	return ""
}

func TestNamesSayWhatIsInside(t *testing.T) {
	for _, s := range sources(t) {
		for element := range strings.SplitSeq(s.path, "/") {
			if word := vagueName(element); word != "" {
				t.Errorf("%s: %q does not say what is inside", s.path, word)
			}
		}
	}
}

func TestFilesAreShortEnoughToRead(t *testing.T) {
	for _, s := range sources(t) {
		if !s.test && !ast.IsGenerated(s.file) && s.lines > maxLines {
			t.Errorf("%s has %d lines, more than %d: it does more than one thing", s.path, s.lines, maxLines)
		}
	}
}

func TestRulesForbidAndAllow(t *testing.T) {
	const forbidden, allowed = true, false
	for _, c := range []struct {
		from, to string
		test     bool
		want     bool
	}{
		{"sluice/schemas", sarama, false, forbidden},
		{"sluice/schemas/converter/avro", "github.com/twmb/franz-go/pkg/kgo", false, forbidden},
		{"sluice/schemas/converter/avro", franzSR, false, forbidden},
		{"sluice/schemas/registry", franzSR, false, allowed},
		{"sluice/schemas/registry", franzSR + "/srfake", true, allowed},
		{"sluice/schemas/registry", "github.com/twmb/franz-go/pkg/srx", false, forbidden},
		{"sluice/schemas/registry", awsCalls + "/glue", false, allowed},
		{"sluice/schemas/converter", awsCalls + "/glue", false, forbidden},
		{"sluice/schemas", "sluice/connectors", true, forbidden},
		{"sluice/schemas", "sluice/runtime", false, forbidden},
		{"sluice/schemas", "runtime", false, allowed}, // of the standard library
		{"sluice/schemas/registry", "sluice/deploy/local", true, allowed},
		{"sluice/schemas/registry", "sluice/deploy/local", false, forbidden},
		{"sluice/connectors", "sluice/schemas/configdef", false, allowed},
		{"sluice/connectors", "sluice/connectors/awsconfig", false, forbidden},
		{"sluice/connectors", "sluice/connectors/sinktest", false, forbidden},
		{"sluice/connectors/s3", "sluice/connectors", false, allowed},
		{"sluice/connectors/s3", "sluice/connectors/s3/parquet", false, allowed},
		{"sluice/connectors/s3", "sluice/connectors/awsconfig", false, allowed},
		{"sluice/connectors/s3", "sluice/connectors/file", false, forbidden},
		{"sluice/connectors/s3", "sluice/connectors/file", true, forbidden},
		{"sluice/connectors/s3", "sluice/connectors/sinktest", true, allowed},
		{"sluice/connectors/s3", "sluice/connectors/sinktest", false, forbidden},
		{"sluice/connectors/s3", "sluice/runtime/task", true, forbidden},
		{"sluice/connectors/s3", "sluice/rest", false, forbidden},
		{"sluice/connectors/s3", sarama, false, forbidden},
		{"sluice/connectors/s3", "sluice/deploy/local", false, forbidden},
		{"sluice/connectors/s3", "sluice/deploy/local", true, allowed},
		{"sluice/connectors/sinktest", "sluice/deploy/local", false, allowed},
		{"sluice/connectors/sinktest", "sluice/deploy/e2e/parts", false, forbidden},
		{"sluice/connectors/all", "sluice/connectors/s3", false, allowed},
		{"sluice/connectors/awsconfig", "sluice/connectors/s3", false, forbidden},
		{"sluice", "sluice/connectors/all", false, allowed},
		{"sluice", "sluice/connectors/s3", false, forbidden},
		{"sluice/runtime", "sluice/schemas/configdef", false, allowed},
		{"sluice/runtime", "sluice/runtime/javatext", false, allowed},
		{"sluice/runtime", "sluice/connectors", false, forbidden},
		{"sluice/runtime", "sluice/runtime/task", false, forbidden},
		{"sluice/runtime/herder", "sluice/runtime/examine", false, allowed},
		{"sluice/runtime/herder", "sluice/runtime/task", false, allowed},
		{"sluice/runtime/herder", "sluice/runtime/group", false, allowed},
		{"sluice/runtime/herder", "sluice/connectors", false, allowed},
		{"sluice/runtime/herder", sarama, false, forbidden},
		{"sluice/runtime/examine", "sluice/runtime/herder", false, forbidden},
		{"sluice/runtime/examine", "sluice/runtime/herder", true, forbidden},
		{"sluice/runtime/examine", "sluice/runtime/task", false, forbidden},
		{"sluice/runtime/examine", "sluice/runtime/secrets", false, forbidden},
		{"sluice/runtime/examine", "sluice/runtime/connectorconfig", false, allowed},
		{"sluice/runtime/examine", "sluice/runtime/consume", false, allowed},
		{"sluice/runtime/examine", "sluice/runtime/transform", false, allowed},
		{"sluice/runtime/task", "sluice/runtime", false, allowed},
		{"sluice/runtime/task", "sluice/runtime/examine", false, forbidden},
		{"sluice/runtime/task", "sluice/runtime/herder", false, forbidden},
		{"sluice/runtime/task", "sluice/runtime/connectorconfig", false, allowed},
		{"sluice/runtime/task", "sluice/runtime/transform", false, allowed},
		{"sluice/runtime/consume", "sluice/runtime/task", false, forbidden},
		{"sluice/runtime/transform", "sluice/runtime/task", false, forbidden},
		{"sluice/runtime/transform", "sluice/runtime/kafka", false, forbidden},
		{"sluice/runtime/transform", "sluice/connectors", false, allowed},
		{"sluice/runtime/connectorconfig", "sluice/runtime/javatext", false, allowed},
		{"sluice/runtime/connectorconfig", "sluice/runtime/workerconfig", false, forbidden},
		{"sluice/runtime/javatext", "sluice/schemas", false, allowed},
		{"sluice/runtime/javatext", "sluice/runtime", false, forbidden},
		{"sluice/runtime/javatext", "sluice/runtime/connectorconfig", false, forbidden},
		{"sluice/runtime/group", "sluice/runtime/kafka", false, allowed},
		{"sluice/runtime/group", "sluice/runtime/consume", false, allowed},
		{"sluice/runtime/group", "sluice/runtime/task", false, forbidden},
		{"sluice/runtime/store", "sluice/runtime/kafka", false, allowed},
		{"sluice/runtime/store", "sluice/runtime/task", false, forbidden},
		{"sluice/runtime", "sluice/connectors/all", false, forbidden},
		{"sluice/runtime", "sluice/connectors/s3", true, forbidden},
		{"sluice/runtime", "sluice/rest", true, forbidden},
		{"sluice/runtime", gin + "/gin", false, forbidden},
		{"sluice/runtime/task", "sluice/deploy/local", false, forbidden},
		{"sluice/runtime/task", "sluice/deploy/local", true, allowed},
		{"sluice/runtime/kafka", sarama, false, allowed},
		{"sluice/runtime/consume", sarama, false, allowed},
		{"sluice/runtime/group", sarama, false, allowed},
		{"sluice/runtime/store", sarama, false, allowed},
		{"sluice/runtime/workerconfig", sarama, false, forbidden},
		{"sluice/runtime/transform", sarama, false, forbidden},
		{"sluice/runtime", sarama, false, forbidden},
		{"sluice/runtime/consume", "github.com/twmb/franz-go/pkg/kgo", false, forbidden},
		{"sluice/runtime/consume", "github.com/twmb/franz-go/pkg/kmsg", false, allowed},
		{"sluice/runtime/task", "github.com/twmb/franz-go/pkg/kmsg", false, forbidden},
		{"sluice/runtime/consume", "github.com/twmb/franz-go/pkg/kfake", true, allowed},
		{"sluice/rest", gin + "/gin", false, allowed},
		{"sluice/rest", sarama, false, forbidden},
		{"sluice/rest", "sluice/runtime", false, allowed},
		{"sluice/rest", "sluice/runtime/task", false, forbidden},
		{"sluice/rest", "sluice/runtime/herder", false, forbidden},
		{"sluice/rest", "sluice/runtime/herder", true, allowed},
		{"sluice/rest", "sluice/connectors/s3", false, forbidden},
		{"sluice", "sluice/deploy/cli", false, allowed},
		{"sluice", "sluice/deploy/local", false, forbidden},
		{"sluice", "sluice/deploy/e2e/parts", false, forbidden},
		{"sluice/deploy/bench", "sluice/deploy/local", false, allowed},
		{"sluice/deploy/bench", "sluice/connectors/s3", false, forbidden},
		{"sluice/deploy/e2e", "sluice/connectors/s3", true, allowed},
		{"sluice/deploy/local", "github.com/twmb/franz-go/pkg/kfake", false, allowed},
	} {
		why := reasons(edge{from: c.from, to: c.to, test: c.test})
		if forbidden := len(why) > 0; forbidden != c.want {
			t.Errorf("%s → %s (test %v): forbidden %v, want %v %q", c.from, c.to, c.test, forbidden, c.want, why)
		}
	}
}

func TestEveryRuleCanFail(t *testing.T) {
	broken := []edge{
		{from: "sluice/schemas", to: sarama},
		{from: "sluice/schemas", to: "sluice/rest"},
		{from: "sluice/schemas", to: awsCalls + "/s3"},
		{from: "sluice/connectors", to: "sluice/runtime"},
		{from: "sluice/connectors/redis", to: franz + "/pkg/kgo"},
		{from: "sluice/connectors", to: "sluice/connectors/awsconfig"},
		{from: "sluice/connectors/s3", to: "sluice/connectors/redis"},
		{from: "sluice/runtime", to: "sluice/connectors/s3"},
		{from: "sluice/runtime", to: "sluice/connectors/all"},
		{from: "sluice/connectors/s3", to: "sluice/connectors/sinktest"},
		{from: "sluice/runtime", to: "sluice/rest"},
		{from: "sluice/rest", to: "sluice/runtime/store"},
		{from: "sluice/runtime", to: "sluice/runtime/task"},
		{from: "sluice/runtime/task", to: "sluice/runtime/herder"},
		{from: "sluice/runtime/examine", to: "sluice/runtime/metrics"},
		{from: "sluice/runtime/task", to: "sluice/runtime/examine"},
		{from: "sluice/runtime/consume", to: "sluice/runtime/task"},
		{from: "sluice/runtime/javatext", to: "sluice/runtime"},
		{from: "sluice/runtime/transform", to: "sluice/runtime/kafka"},
		{from: "sluice/runtime", to: gin + "/gin"},
		{from: "sluice/rest", to: sarama},
		{from: "sluice/runtime/store", to: franz + "/pkg/kgo"},
		{from: "sluice/runtime", to: "sluice/deploy/local"},
	}
	if len(broken) != len(rules) {
		t.Fatalf("%d edges for %d rules: each rule needs one that breaks it, in the same order", len(broken), len(rules))
	}
	for i, e := range broken {
		if !rules[i].forbids(e) {
			t.Errorf("%s → %s passes: %s", e.from, e.to, rules[i].why)
		}
	}
}

func TestVagueNames(t *testing.T) {
	for name, want := range map[string]string{
		"util.go": "util", "kafka_utils_test.go": "utils", "common": "common", "Helper.go": "helper", "base.go": "base",
		"task-manager": "manager", "misc": "misc", "base64.go": "", "manage.go": "", "communicate.go": "", "database": "",
	} {
		if got := vagueName(name); got != want {
			t.Errorf("vagueName(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestPackageCommentProblems(t *testing.T) {
	for _, c := range []struct {
		name, doc string
		ok        bool
	}{
		{"task", "Package task runs sink tasks.", true},
		{"task", "Package task runs sink tasks.\n\nMore about it", true},
		{"task", "Package tasks runs sink tasks.", false},
		{"task", "Runs sink tasks.", false},
		{"task", "Package task runs sink tasks", false},
		{"main", "Sluice is a Kafka Connect worker.", true},
	} {
		if problem := docProblem(c.name, c.doc); (problem == "") != c.ok {
			t.Errorf("docProblem(%q, %q) = %q", c.name, c.doc, problem)
		}
	}
}

func TestKafkaClientsAreSeenUnderAnyName(t *testing.T) {
	for text, want := range map[string]int{
		`import "github.com/IBM/sarama"; var _, _ = sarama.NewClient(nil, nil)`:        1,
		`import kafka "github.com/IBM/sarama"; var make = kafka.NewConsumerGroup`:      1,
		`import "github.com/IBM/sarama"; var _ = sarama.NewConsumerGroupFromClient`:    0,
		`import "github.com/IBM/sarama"; var _ = sarama.NewConfig()`:                   0,
		`import sarama "github.com/somebody/else"; var _ = sarama.NewClient(nil, nil)`: 0,
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\n"+text, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(kafkaClientsMade(file)); got != want {
			t.Errorf("%s: %d clients seen, want %d", text, got, want)
		}
	}
}
