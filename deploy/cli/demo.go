package cli

import (
	"context"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/sluice-connect/sluice/deploy/local/demo"
	"github.com/sluice-connect/sluice/runtime/workerconfig"
)

// processBegan is where the demo counts the time to the first record from.
var processBegan = time.Now()

func demoCommand() *cobra.Command {
	o := demo.Options{Began: processBegan}
	var anyPorts bool
	cmd := &cobra.Command{
		Use: "demo", Short: "Run simulated vehicles, Kafka, S3, DynamoDB, Redis and a worker in one process",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
			o.UsualPorts = !anyPorts
			o.Out, o.Terminal = cmd.OutOrStdout(), isTerminal(cmd.OutOrStdout())
			o.StartWorker = func(ctx context.Context, props map[string]string) (string, func(context.Context) error, error) {
				config, err := workerconfig.New(props)
				if err != nil {
					return "", nil, err
				}
				w, err := startWorker(ctx, config, nil, log)
				if err != nil {
					return "", nil, err
				}
				return w.url, w.stop, nil
			}
			return demo.Run(cmd.Context(), o)
		},
	}
	cmd.Flags().IntVar(&o.Records, "records", 0, "produce this many records as fast as possible, then compare every sink with them; 0 produces until Ctrl-C")
	cmd.Flags().BoolVar(&o.Exit, "exit", false, "with --records: end after the comparison; exit code 1 on any difference")
	cmd.Flags().StringVar(&o.Inject, "inject", "", "with --records: damage the sinks before the comparison; drop takes a record out of each")
	cmd.Flags().StringVar(&o.DataDir, "data-dir", "", "keep the data here; by default it is removed at the end")
	cmd.Flags().BoolVar(&anyPorts, "any-ports", false, "take free ports, and not the usual ones where these are free")
	cmd.Flags().IntVar(&o.Rate, "rate", 500, "records a second without --records")
	cmd.Flags().Uint64Var(&o.Seed, "seed", 1, "what the vehicles do")
	return cmd
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
