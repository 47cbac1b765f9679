// Package cli is the command line of the program: it puts the rooms together and runs them.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/examine"
	"github.com/sluice-connect/sluice/runtime/kafka"
	_ "github.com/sluice-connect/sluice/schemas/converter/avro" // every converter
	_ "github.com/sluice-connect/sluice/schemas/converter/json" // JsonConverter
	_ "github.com/sluice-connect/sluice/schemas/converter/raw"  // the others
)

// The exit codes of the Java worker.
const (
	exitUsage, exitStart, exitConnector = 1, 2, 3
)

// version is set by the linker for releases.
var version = "0.1.0"

// Run executes a command line until it is done or ctx ends, and returns the exit code.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	code := exitUsage // what cobra refuses itself is bad usage
	cmd := command(&code)
	cmd.SetArgs(args)
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	if err := cmd.ExecuteContext(ctx); err != nil {
		cmd.PrintErrln(err)
		return code
	}
	return 0
}

func command(code *int) *cobra.Command {
	root := &cobra.Command{Use: "sluice", Short: "A Kafka Connect worker for sinks", SilenceErrors: true, SilenceUsage: true}
	var format string
	standalone := &cobra.Command{
		Use: "standalone worker.properties [connector.json|connector.properties ...]", Short: "Run one worker that keeps its connectors in a directory",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("start worker: name its properties file: sluice standalone worker.properties")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			log, err := newLogger(format, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			*code = exitStart
			err = serve(cmd.Context(), args[0], args[1:], log)
			if wrong := new(examine.FileError); errors.As(err, &wrong) {
				*code = exitConnector
			}
			return err
		},
	}
	standalone.Flags().StringVar(&format, "log.format", "text", "how to write the log: text or json")
	root.AddCommand(standalone, demoCommand(), validateCommand(code),
		&cobra.Command{Use: "version", Short: "Show the version", Args: cobra.NoArgs, Run: func(cmd *cobra.Command, _ []string) {
			cmd.Println("sluice", version, runtime.Commit())
		}},
		&cobra.Command{Use: "plugins", Short: "List the connector and converter classes", Args: cobra.NoArgs, Run: func(cmd *cobra.Command, _ []string) {
			for _, p := range (examine.Examiner{Version: version}).Plugins(false) {
				cmd.Printf("%-16s %s\n", p.Type, p.Class)
			}
		}})
	return root
}

// serve runs a worker until ctx ends, and drains it.
func serve(ctx context.Context, workerFile string, connectorFiles []string, log *slog.Logger) error {
	config, err := loadWorker(ctx, workerFile, log)
	if err != nil {
		return err
	}
	config.LogNotices(log)
	if err := kafka.CheckStores(config.Props); err != nil {
		return wrongWorker(workerFile, fmt.Errorf("make the worker's own Kafka client: %w", err))
	}
	files, err := examine.ReadConnectorFiles(connectorFiles)
	if err != nil {
		return err
	}
	w, err := startWorker(ctx, config, files, log)
	if err != nil {
		return err
	}
	<-ctx.Done()
	log.Info("stopping: tasks write and commit what they hold", "grace", w.grace)
	end, cancel := context.WithTimeout(context.Background(), w.grace+restGrace)
	defer cancel()
	return w.stop(end)
}

func newLogger(format string, w io.Writer) (*slog.Logger, error) {
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(w, nil)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, nil)), nil
	}
	return nil, fmt.Errorf("use --log.format %q: it must be text or json", format)
}
