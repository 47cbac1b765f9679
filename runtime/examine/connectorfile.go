package examine

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/sluice-connect/sluice/runtime"
	"github.com/sluice-connect/sluice/runtime/workerconfig"
)

// ConnectorFile is a connector given on the command line.
type ConnectorFile struct {
	Path    string
	Name    string
	Config  map[string]string
	Initial runtime.State // "" for none given
}

// ReadConnectorFile reads a connector from a flat JSON object with a name, from the JSON of a create request, or from
// a properties file; the content tells which.
func ReadConnectorFile(path string) (ConnectorFile, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return ConnectorFile{}, fmt.Errorf("read connector file: %w", err)
	}
	f := ConnectorFile{Path: path}
	if strings.HasPrefix(strings.TrimSpace(string(data)), "{") {
		err = f.readJSON(data)
	} else {
		f.Config, err = workerconfig.ParseProperties(data)
	}
	if err != nil {
		return ConnectorFile{}, fmt.Errorf("read connector file %s: %w", path, err)
	}
	name, named := f.Config["name"]
	switch {
	case !named && f.Name == "":
		return ConnectorFile{}, fmt.Errorf("Connector configuration at '%s' is missing the mandatory 'name' configuration", path) //nolint:staticcheck // Kafka's text
	case named && f.Name != "" && f.Name != name:
		return ConnectorFile{}, fmt.Errorf("Connector name configuration in 'config' doesn't match the one specified in 'name' at '%s'", path) //nolint:staticcheck // Kafka's text
	case !named:
		f.Config["name"] = f.Name
	}
	f.Name = f.Config["name"]
	return f, nil
}

func (f *ConnectorFile) readJSON(data []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return fmt.Errorf("parse JSON: %w", err)
	}
	config := members
	if inner, ok := members["config"]; ok && inner[0] == '{' {
		config = nil
		if err := json.Unmarshal(inner, &config); err != nil {
			return fmt.Errorf("parse JSON: %w", err)
		}
		head, err := jsonTexts(map[string]json.RawMessage{"name": members["name"], "initial_state": members["initial_state"]})
		if err != nil {
			return err
		}
		f.Name, f.Initial = head["name"], runtime.State(strings.ToUpper(head["initial_state"]))
		if f.Initial != "" && !slices.Contains(runtime.TargetStates, f.Initial) {
			return fmt.Errorf("read initial_state %q: it must be one of %v", head["initial_state"], runtime.TargetStates)
		}
	}
	var err error
	f.Config, err = jsonTexts(config)
	return err
}

// jsonTexts are the values of a JSON object as texts. Like the Java worker it takes numbers and booleans as they are
// written. Its errors name the key and not the value, which may be a secret.
func jsonTexts(members map[string]json.RawMessage) (map[string]string, error) {
	texts := make(map[string]string, len(members))
	for _, key := range slices.Sorted(maps.Keys(members)) {
		raw := members[key]
		if len(raw) == 0 {
			continue
		}
		switch raw[0] {
		case '"':
			var text string
			if err := json.Unmarshal(raw, &text); err != nil {
				return nil, fmt.Errorf("read the value of %q: %w", key, err)
			}
			texts[key] = text
		case '[':
			return nil, fmt.Errorf("read the value of %q: it is a JSON array; write it as one string, separated by commas", key)
		case '{':
			return nil, fmt.Errorf("read the value of %q: it is a JSON object; values are strings, numbers or booleans", key)
		case 'n':
			return nil, fmt.Errorf("read the value of %q: it is null; give it a value or leave the key out", key)
		default:
			texts[key] = string(raw)
		}
	}
	return texts, nil
}

// ReadConnectorFiles reads all files; its error is a FileError.
func ReadConnectorFiles(paths []string) ([]ConnectorFile, error) {
	var files []ConnectorFile
	for _, path := range paths {
		f, err := ReadConnectorFile(path)
		if err != nil {
			return nil, &FileError{Err: err}
		}
		files = append(files, f)
	}
	return files, nil
}

// FileError says that a connector file named on the command line cannot be used.
type FileError struct{ Err error }

// Error returns the text of the cause.
func (e *FileError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *FileError) Unwrap() error { return e.Err }
