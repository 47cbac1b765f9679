package sinktest

import (
	"context"
	"strings"

	"github.com/sluice-connect/sluice/connectors"
)

func definitionIsStable(ctx context.Context, b *bench) error {
	c := b.s.Connector
	if first, second := c.Config(), c.Config(); first == nil || first != second {
		return fault("has no Config, or returns another one on every call")
	}
	for _, k := range c.Config().Keys() {
		if strings.TrimSpace(k.Doc) == "" && !k.Internal {
			return fault("does not document key %s", k.Name)
		}
	}
	cfg, err := b.config()
	if err != nil {
		return err
	}
	var problems any
	err = within("Check", func() error {
		if p := c.Check(ctx, cfg); len(p) > 0 {
			problems = p
		}
		return nil
	})
	if err == nil && problems != nil {
		return fault("finds problems with a good target: %v", problems)
	}
	return err
}

func requiredKeysAreNamed(_ context.Context, b *bench) error {
	def := b.s.Connector.Config()
	for _, k := range def.Keys() {
		if !k.Required {
			continue
		}
		props := map[string]string{}
		for name, text := range b.props {
			if name != k.Name {
				props[name] = text
			}
		}
		_, problems := def.Parse(props)
		named := false
		for _, p := range problems {
			named = named || p.Key == k.Name && strings.Contains(p.Message, k.Name)
		}
		if !named {
			return fault("does not complain about the missing key %s by name: %v", k.Name, problems)
		}
	}
	return nil
}

func taskEndsWithoutWriter(ctx context.Context, b *bench) error {
	k, err := b.start(ctx)
	if err != nil {
		return err
	}
	return k.end(ctx)
}

func writerEndsWithoutRecord(ctx context.Context, b *bench) error {
	k, err := b.start(ctx)
	if err != nil {
		return err
	}
	for n, reason := range []connectors.CloseReason{connectors.Lost, connectors.Revoked, connectors.Stopping} {
		p, err := k.openAt(ctx, partition(int32(n)), nil, 42)
		if err != nil {
			return err
		}
		if err := p.advance(ctx); err != nil {
			return err
		}
		if _, err := p.close(ctx, reason); err != nil {
			return err
		}
	}
	if err := k.end(ctx); err != nil {
		return err
	}
	return b.s.compare(nil, b.stored())
}

func closeEndsByContext(ctx context.Context, b *bench) error {
	for n, reason := range []connectors.CloseReason{connectors.Lost, connectors.Revoked, connectors.Stopping} {
		k, err := b.start(ctx)
		if err != nil {
			return err
		}
		tp := partition(int32(n))
		p, err := k.openAt(ctx, tp, b.s.series(tp, 0, 10), 0)
		if err != nil {
			return err
		}
		if err := p.write(ctx, 10); err != nil {
			return err
		}
		over, cancel := context.WithCancel(ctx)
		cancel()
		position, err := p.close(over, reason)
		if err != nil {
			return err
		}
		// Nothing below the position may be missing, however short the time was.
		if err := b.s.covers(p.log[:p.next], position, b.stored()); err != nil {
			return err
		}
		if err := k.end(ctx); err != nil {
			return err
		}
	}
	return nil
}
