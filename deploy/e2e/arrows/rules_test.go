package arrows

import (
	"path"
	"slices"
	"strings"
)

// An edge is one import. Packages of this module are written from its last path element on, as in sluice/runtime/task,
// because the standard library has a runtime too; all others by their import path.
type edge struct {
	from, to string
	test     bool // the import stands in a _test.go file
}

// A rule forbids edges. Its reason is shown to whoever draws one.
type rule struct {
	why     string
	forbids func(e edge) bool
}

const (
	sarama   = "github.com/IBM/sarama"
	franz    = "github.com/twmb/franz-go"
	franzSR  = "github.com/twmb/franz-go/pkg/sr"
	gin      = "github.com/gin-gonic"
	awsCalls = "github.com/aws/aws-sdk-go-v2/service"
)

var rules = []rule{
	{
		"schemas knows what data is, not how it travels: it must stay usable, and testable, without a Kafka client " +
			"(schemas/registry speaks HTTP through franz-go's sr)",
		func(e edge) bool {
			return under(e.from, "sluice/schemas") && under(e.to, sarama, franz) &&
				!(under(e.from, "sluice/schemas/registry") && under(e.to, franzSR))
		},
	},
	{
		"schemas is the floor of the house: every other room stands on it, so it can stand on none of them",
		func(e edge) bool {
			return under(e.from, "sluice/schemas") &&
				(under(e.to, "sluice/connectors", "sluice/runtime", "sluice/rest") || !e.test && under(e.to, "sluice/deploy"))
		},
	},
	{
		"schemas calls no AWS service: only schemas/registry does, since Glue is a schema registry",
		func(e edge) bool {
			return under(e.from, "sluice/schemas") && !under(e.from, "sluice/schemas/registry") && under(e.to, awsCalls)
		},
	},
	{
		"a sink gets records and says what became of them: it must not know the worker that runs it, " +
			"so that the runtime can change without any sink changing",
		func(e edge) bool {
			return under(e.from, "sluice/connectors") && under(e.to, "sluice/runtime", "sluice/rest")
		},
	},
	{
		"connectors consume nothing themselves: offsets and Kafka clients belong to the runtime",
		func(e edge) bool {
			return under(e.from, "sluice/connectors") && !e.test && e.from != "sluice/connectors/sinktest" &&
				under(e.to, sarama, franz)
		},
	},
	{
		"the sink SDK is the contract: it imports nothing of this module but schemas, " +
			"else every sink inherits what it imports",
		func(e edge) bool {
			return e.from == "sluice/connectors" && !e.test && under(e.to, "sluice") && !under(e.to, "sluice/schemas")
		},
	},
	{
		"a sink is one folder that can be added and deleted without touching another: sinks do not import one another, " +
			"and what several of them need is connectors/awsconfig, connectors/inflight or the SDK",
		func(e edge) bool {
			return sinkOf(e.from) != "" && sinkOf(e.to) != "" && sinkOf(e.from) != sinkOf(e.to)
		},
	},
	{
		"the worker finds sinks by class name in the registry: connectors/all is the one list of them, " +
			"and only tests below deploy may name one too",
		func(e edge) bool {
			return sinkOf(e.to) != "" && sinkOf(e.from) == "" && e.from != "sluice/connectors/all" &&
				!(e.test && under(e.from, "sluice/deploy"))
		},
	},
	{
		"connectors/all is the choice of the program, not of a room: whoever imports it links every sink",
		func(e edge) bool {
			return e.to == "sluice/connectors/all" && !e.test && e.from != "sluice" && !under(e.from, "sluice/deploy")
		},
	},
	{
		"connectors/sinktest is a test suite: it must not be linked into the program",
		func(e edge) bool {
			return under(e.to, "sluice/connectors/sinktest") && !e.test && !under(e.from, "sluice/connectors/sinktest")
		},
	},
	{
		"the runtime runs without a REST API, as tests and the standalone mode do: rest declares the interface it needs " +
			"and deploy/cli puts the two together",
		func(e edge) bool { return under(e.from, "sluice/runtime") && under(e.to, "sluice/rest") },
	},
	{
		"rest asks through the interface it declares, in the words of package runtime; it never reaches into the rooms " +
			"below, so that each request can be tested against a fake",
		func(e edge) bool {
			return under(e.from, "sluice/rest") && !e.test && under(e.to, "sluice/runtime") && e.to != "sluice/runtime"
		},
	},
	{
		"package runtime is a vocabulary, which rest speaks too: whatever it imports, everybody links " +
			"(it stands on schemas, and on runtime/javatext to read numbers)",
		func(e edge) bool {
			return e.from == "sluice/runtime" && !e.test && under(e.to, "sluice") && !under(e.to, "sluice/schemas", "sluice/runtime/javatext")
		},
	},
	{
		"runtime/herder is the top of the runtime: it starts the others and is asked by rest, and nothing below may need it",
		func(e edge) bool {
			return under(e.to, "sluice/runtime/herder") && under(e.from, "sluice/runtime") && !under(e.from, "sluice/runtime/herder")
		},
	},
	{
		"runtime/examine says what is right about a configuration without a worker, as the command line does: " +
			"nothing that runs, stores or counts belongs there",
		func(e edge) bool {
			return under(e.from, "sluice/runtime/examine") && under(e.to, "sluice/runtime/task", "sluice/runtime/store",
				"sluice/runtime/secrets", "sluice/runtime/metrics", "sluice/runtime/loggers", "sluice/runtime/group")
		},
	},
	{
		"a task runs a configuration that was examined before: only the herder and who shows keys to users import runtime/examine",
		func(e edge) bool {
			return under(e.to, "sluice/runtime/examine") && under(e.from, "sluice/runtime") &&
				!under(e.from, "sluice/runtime/examine", "sluice/runtime/herder")
		},
	},
	{
		"only the herder runs tasks: what a task is made of, its consumer and its transforms, gets what it needs handed in",
		func(e edge) bool {
			return under(e.to, "sluice/runtime/task") && under(e.from, "sluice/runtime") &&
				!under(e.from, "sluice/runtime/task", "sluice/runtime/herder")
		},
	},
	{
		"runtime/javatext and runtime/connectorconfig are the floor of the runtime: they say what Java would say and which keys " +
			"there are, whoever asks",
		func(e edge) bool {
			return under(e.from, "sluice/runtime/javatext", "sluice/runtime/connectorconfig") && under(e.to, "sluice/connectors", "sluice/runtime") &&
				!under(e.to, e.from) && !under(e.to, "sluice/runtime/javatext")
		},
	},
	{
		"a transform makes one record of another: it knows records, and neither the task around it nor Kafka",
		func(e edge) bool {
			return under(e.from, "sluice/runtime/transform") && under(e.to, "sluice/runtime") &&
				!under(e.to, "sluice/runtime/transform", "sluice/runtime/javatext")
		},
	},
	{
		"gin is rest's own business: elsewhere net/http is enough",
		func(e edge) bool { return under(e.to, gin) && !under(e.from, "sluice/rest") },
	},
	{
		"Kafka is spoken in few rooms: runtime/kafka makes the clients, and only the rooms that are handed one import sarama",
		func(e edge) bool {
			return under(e.to, sarama) && !e.test && !under(e.from, "sluice/deploy", "sluice/runtime/kafka",
				"sluice/runtime/consume", "sluice/runtime/task", "sluice/runtime/group", "sluice/runtime/store")
		},
	},
	{
		"there is one Kafka client: franz-go is here for the embedded broker of deploy/local, for the registry client, and for the " +
			"words of the protocol (kmsg, kbin) in which runtime/kafka and runtime/consume fetch",
		func(e edge) bool {
			words := under(e.from, "sluice/runtime/kafka", "sluice/runtime/consume") && under(e.to, franz+"/pkg/kmsg", franz+"/pkg/kbin")
			return under(e.to, franz) && !e.test && !under(e.from, "sluice/deploy") && !words &&
				!(under(e.from, "sluice/schemas/registry") && under(e.to, franzSR))
		},
	},
	{
		"deploy is how the program is run and tested: what the worker is made of must not need it " +
			"(deploy/cli is there for main, deploy/local for its demo and for tests)",
		func(e edge) bool {
			program := e.from == "sluice" && e.to == "sluice/deploy/cli"
			suite := e.from == "sluice/connectors/sinktest" && under(e.to, "sluice/deploy/local")
			return under(e.to, "sluice/deploy") && !under(e.from, "sluice/deploy") && !e.test && !program && !suite
		},
	},
}

// under reports whether path is one of the trees or a package inside one.
func under(path string, trees ...string) bool {
	return slices.ContainsFunc(trees, func(tree string) bool {
		rest, ok := strings.CutPrefix(path, tree)
		return ok && (rest == "" || rest[0] == '/')
	})
}

// sinkOf returns the sink that a package belongs to, or "" for the SDK and what the sinks share.
func sinkOf(path string) string {
	below, ok := strings.CutPrefix(path, "sluice/connectors/")
	if !ok {
		return ""
	}
	sink, _, _ := strings.Cut(below, "/")
	if slices.Contains([]string{"all", "awsconfig", "inflight", "sinktest"}, sink) {
		return ""
	}
	return sink
}

// vagueName returns the word of a file or folder name that says nothing about what is inside, or "".
func vagueName(name string) string {
	name = strings.ToLower(strings.TrimSuffix(name, path.Ext(name)))
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return r == '_' || r == '-' }) {
		switch word {
		case "util", "utils", "common", "helper", "helpers", "manager", "misc", "base":
			return word
		}
	}
	return ""
}

// makesKafkaClient reports whether a function of package sarama opens connections of its own. Those named
// …FromClient use a client that somebody else made.
func makesKafkaClient(function string) bool {
	return slices.Contains([]string{
		"NewClient", "NewConsumer", "NewConsumerGroup", "NewSyncProducer", "NewAsyncProducer", "NewClusterAdmin", "NewBroker",
	}, function)
}
