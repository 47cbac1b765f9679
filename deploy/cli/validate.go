package cli

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/connectorconfig"
	"github.com/sluice-connect/sluice/runtime/examine"
	"github.com/sluice-connect/sluice/runtime/secrets"
	"github.com/sluice-connect/sluice/schemas/configdef"
)

// errInvalid ends a validation that found problems; they were printed already.
var errInvalid = errors.New("the configuration is not valid")

// examiner looks at one connector file as a worker would.
type examiner struct {
	worker    examine.Examiner
	providers *secrets.Resolver
}

func validateCommand(code *int) *cobra.Command {
	var workerFile string
	var check bool
	var timeout time.Duration
	cmd := &cobra.Command{
		Use: "validate connector.json|connector.properties", Short: "Say what is wrong with a connector file, without Kafka and without a worker",
		Long: "Examines a connector file as a worker would and prints a line for each problem, key: message, or \"valid\".\n" +
			"Settings that nothing reads are named on the standard error; they make no file invalid.\n" +
			"The exit code is 0 for a valid file, 1 for any problem and 2 for a worker.properties that cannot be used.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := newExaminer(cmd.Context(), workerFile, slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil)))
			if err != nil {
				*code = exitStart
				return err
			}
			defer e.providers.Close()
			f, err := examine.ReadConnectorFile(args[0])
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			problems, unread := e.examine(ctx, f, check)
			for _, u := range unread {
				cmd.PrintErrln(line("warning: nothing reads " + u.String()))
			}
			for _, p := range problems {
				cmd.Println(line(p.Key + ": " + p.Message))
			}
			if len(problems) > 0 {
				return errInvalid
			}
			cmd.Println("valid")
			return nil
		},
	}
	cmd.Flags().StringVar(&workerFile, "worker", "", "the worker.properties that the connector is meant for: its converters, config providers and override policy count")
	cmd.Flags().BoolVar(&check, "check", false, "also look at what the configuration names: the bucket, the key schema of the table, the answer to a PING")
	cmd.Flags().DurationVar(&timeout, "timeout", 30*time.Second, "how long all of it may take")
	return cmd
}

func newExaminer(ctx context.Context, workerFile string, log *slog.Logger) (*examiner, error) {
	var props map[string]string
	if workerFile != "" {
		config, err := loadWorker(ctx, workerFile, log)
		if err != nil {
			return nil, err
		}
		config.LogNotices(log)
		props = config.Props
	}
	providers, err := secrets.New(props)
	if err != nil {
		return nil, err
	}
	return &examiner{worker: examine.Examiner{Worker: props, Version: version, References: providers.Resolve}, providers: providers}, nil
}

// examine returns what is wrong with f, and which of its settings nothing reads. The world is looked at only when the
// configuration is right in itself.
func (e *examiner) examine(ctx context.Context, f examine.ConnectorFile, check bool) ([]configdef.Problem, []configdef.Unread) {
	props, problems := e.resolve(ctx, f.Config)
	if len(problems) > 0 {
		return problems, nil
	}
	raw, class := runtime.Raw(f.Config), f.Config["connector.class"]
	if class == "" {
		delete(raw, "connector.class")
	}
	result, err := e.worker.Examine(ctx, raw)
	if err != nil {
		return []configdef.Problem{{Key: e.culprit(class), Message: err.Error()}}, nil
	}
	problems = result.Problems()
	if e.worker.Worker != nil { // without its worker nobody knows the providers
		problems = append(problems, result.Dangling()...)
	}
	if len(problems) == 0 && check {
		problems = look(ctx, result.Plugin.Connector, f.Name, props)
	}
	return problems, result.Unread()
}

// look asks a sink about the world that a configuration names.
func look(ctx context.Context, sink connectors.Connector, name string, props map[string]string) []configdef.Problem {
	values, problems := sink.Config().Parse(props)
	if len(problems) > 0 {
		return problems
	}
	subscription, _ := connectorconfig.Subscription.Parse(props)
	return sink.Check(ctx, connectors.Config{Values: values, Name: name, Topics: subscription.List(connectorconfig.Topics)})
}

// resolve replaces references key by key, so that one that cannot be read is known by the key that it stands under.
func (e *examiner) resolve(ctx context.Context, config map[string]string) (map[string]string, []configdef.Problem) {
	props := map[string]string{}
	var problems []configdef.Problem
	for name, value := range config {
		resolved, err := e.providers.Resolve(ctx, map[string]string{name: value})
		if err != nil {
			problems = append(problems, configdef.Problem{Key: name, Message: err.Error()})
			continue
		}
		props[name] = resolved[name]
	}
	slices.SortFunc(problems, func(a, b configdef.Problem) int { return strings.Compare(a.Key, b.Key) })
	return props, problems
}

// culprit is the key for which there is nothing to examine: the class, unless it is known.
func (e *examiner) culprit(class string) string {
	if _, err := e.worker.PluginConfig(class, "latest"); err != nil {
		return "connector.class"
	}
	return "connector.plugin.version"
}

// line keeps a text on one line of a terminal, whatever a configuration has put into it.
func line(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text))
}
