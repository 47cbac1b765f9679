package runtime

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/sluice-connect/sluice/runtime/task"
	"github.com/sluice-connect/sluice/runtime/workerconfig"
)

// ConnectorFile is a connector given on the command line.
type ConnectorFile struct {
	Path    string
	Name    string
	Config  map[string]string
	Initial task.State // "" for none given
}

// TargetStates are the states a user may ask for.
var TargetStates = []task.State{task.Running, task.Paused, task.Stopped}

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
	var flat map[string]fileValue
	if err := json.Unmarshal(data, &flat); err == nil {
		f.Config = fileConfig(flat)
		return nil
	}
	var request struct {
		Name    fileValue            `json:"name"`
		Config  map[string]fileValue `json:"config"`
		Initial string               `json:"initial_state"`
	}
	if err := json.Unmarshal(data, &request); err != nil {
		return fmt.Errorf("parse JSON: %w", err)
	}
	if request.Config == nil {
		return fmt.Errorf("find configuration: the JSON is neither a flat object of strings nor {name, config}")
	}
	f.Name, f.Config, f.Initial = string(request.Name), fileConfig(request.Config), task.State(strings.ToUpper(request.Initial))
	if f.Initial != "" && !slices.Contains(TargetStates, f.Initial) {
		return fmt.Errorf("read initial_state %q: it must be one of %v", request.Initial, TargetStates)
	}
	return nil
}

// fileValue is a value of a configuration: numbers and booleans count as they are written.
type fileValue string

// UnmarshalJSON takes what REST takes, but for null.
func (v *fileValue) UnmarshalJSON(data []byte) error {
	switch data[0] {
	case '"':
		return json.Unmarshal(data, (*string)(v))
	case '{', '[', 'n':
		return fmt.Errorf("value %.40s is neither a string nor a number nor a boolean", data)
	}
	*v = fileValue(data)
	return nil
}

func fileConfig(values map[string]fileValue) map[string]string {
	config := make(map[string]string, len(values))
	for name, value := range values {
		config[name] = string(value)
	}
	return config
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
