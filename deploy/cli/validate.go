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
	"github.com/sluice-connect/sluice/runtime/examine"
	"github.com/sluice-connect/sluice/runtime/secrets"
	"github.com/sluice-connect/sluice/schemas/configdef"
)

// errInvalid ends a validation that found problems; they were printed already.
var errInvalid = errors.New("the configuration is not valid")

// examiner looks at one connector file as a worker would.
type examiner struct {
	judge     examine.Examiner
	providers *secrets.Resolver
}

func validateCommand(code *int) *cobra.Command {
	var workerFile string
	var check bool
	var timeout time.Duration
	cmd := &cobra.Command{
		Use: "validate connector.json|connector.properties", Short: "Say what is wrong with a connector file, without Kafka and without a worker",
		Long: "Examines a connector file as a worker would and prints a line for each problem, key: message, or \"valid\".\n" +
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
			problems := e.examine(ctx, f, check)
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
		props = config.Props
	}
	providers, err := secrets.New(props)
	if err != nil {
		return nil, err
	}
	return &examiner{judge: examine.Examiner{Worker: props, Version: version, Resolve: providers.Resolve}, providers: providers}, nil
}

// examine returns what is wrong with f. The world is looked at only when the configuration is right in itself.
func (e *examiner) examine(ctx context.Context, f examine.ConnectorFile, check bool) []configdef.Problem {
	props, problems := e.resolve(ctx, f.Config)
	if len(problems) > 0 {
		return problems
	}
	if problems = e.validate(ctx, f.Config); len(problems) > 0 || !check {
		return problems
	}
	plugin := lookup(props["connector.class"])
	values, problems := plugin.Connector.Config().Parse(props)
	if len(problems) > 0 {
		return problems
	}
	return plugin.Connector.Check(ctx, connectors.Config{Values: values, Name: f.Name, Topics: topics(props["topics"])})
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

func (e *examiner) validate(ctx context.Context, config map[string]string) []configdef.Problem {
	raw := runtime.RawConfig{}
	for name, value := range config {
		raw[name] = &value
	}
	class := config["connector.class"]
	if class == "" {
		delete(raw, "connector.class")
	}
	infos, err := e.judge.Validate(ctx, class, raw)
	if wrong := new(runtime.Error); errors.As(err, &wrong) && len(wrong.Problems) > 0 {
		return wrong.Problems
	}
	if err != nil {
		return []configdef.Problem{{Key: e.culprit(class), Message: err.Error()}}
	}
	var problems []configdef.Problem
	for _, c := range infos.Configs {
		for _, message := range c.Value.Errors {
			problems = append(problems, configdef.Problem{Key: c.Value.Name, Message: message})
		}
	}
	return problems
}

// culprit is the key for which there is nothing to examine: the class, unless it is known.
func (e *examiner) culprit(class string) string {
	if _, err := e.judge.PluginConfig(class, "latest"); err != nil {
		return "connector.class"
	}
	return "connector.plugin.version"
}

// lookup finds a class that the herder has accepted, which may be a simple name without package.
func lookup(class string) *connectors.Plugin {
	if p, ok := connectors.Lookup(class); ok {
		return p
	}
	plugins := connectors.Plugins()
	return plugins[slices.IndexFunc(plugins, func(p *connectors.Plugin) bool {
		simple := p.Class[strings.LastIndexByte(p.Class, '.')+1:]
		return class == simple || class == strings.TrimSuffix(simple, "Connector")
	})]
}

func topics(list string) []string {
	v, _ := configdef.New(configdef.Key{Name: "topics", Type: configdef.List}).Parse(map[string]string{"topics": list})
	return v.List("topics")
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
