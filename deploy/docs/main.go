// Command docs writes the generated parts of the documentation: the reference tables of sinks, converters, properties,
// endpoints and metrics.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/sluice-connect/sluice/connectors"
	_ "github.com/sluice-connect/sluice/connectors/all"
)

//go:generate go run . ../..

// The markers between which a page is generated.
const (
	begin = "<!-- reference -->\n"
	end   = "<!-- /reference -->"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: docs REPOSITORY")
		os.Exit(2)
	}
	if err := writeAll(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func writeAll(repository string) error {
	for _, p := range connectors.Plugins() {
		path, err := page(repository, p)
		if err != nil {
			return err
		}
		if err := write(path, reference(p)); err != nil {
			return err
		}
	}
	for name, reference := range pages() {
		if err := write(filepath.Join(repository, "deploy", "docs", name), reference); err != nil {
			return err
		}
	}
	return nil
}

// write fills in the reference on one page.
func write(path, reference string) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read page: %w", err)
	}
	text, err := fill(old, reference)
	if err != nil {
		return fmt.Errorf("write reference into %s: %w", path, err)
	}
	if bytes.Equal(old, text) {
		return nil
	}
	if err := os.WriteFile(path, text, 0o644); err != nil { //nolint:gosec // a page of the repository
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

// page finds the README of a sink: its folder is one of its names.
func page(repository string, p *connectors.Plugin) (string, error) {
	for _, name := range p.Aliases {
		path := filepath.Join(repository, "connectors", name, "README.md")
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("find page of %s: no folder in connectors is called as one of %v", p.Class, p.Aliases)
}

func reference(p *connectors.Plugin) string {
	return fmt.Sprintf("Class `%s`, also `%s`.\n\n%s\n", p.Class, strings.Join(p.Aliases, "`, `"), strings.TrimSpace(p.Connector.Config().Markdown()))
}

// fill replaces what stands between the markers.
func fill(page []byte, reference string) ([]byte, error) {
	head, rest, found := bytes.Cut(page, []byte(begin))
	_, tail, closed := bytes.Cut(rest, []byte(end))
	if !found || !closed {
		return nil, errors.New("the markers for it are missing")
	}
	return bytes.Join([][]byte{head, []byte(begin), []byte(reference), []byte(end), tail}, nil), nil
}
