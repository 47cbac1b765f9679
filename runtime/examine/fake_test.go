package examine

import (
	"context"
	"errors"
	"maps"
	"testing"

	"github.com/sluice-connect/sluice/connectors"
	"github.com/sluice-connect/sluice/runtime"
	cd "github.com/sluice-connect/sluice/schemas/configdef"
	"github.com/sluice-connect/sluice/schemas/converter"
)

const (
	fakeClass = "org.example.fake.FakeSinkConnector"
	fakeConv  = "org.example.fake.FakeConverter"
)

// fakeSink is a connector class; its Check complains when a value asks for it.
type fakeSink struct{}

var fakeDef = cd.New(
	cd.Key{Name: "file", Type: cd.String, Null: true, Importance: cd.High, Doc: "A file."},
	cd.Key{Name: "secret", Type: cd.Password, Null: true, Importance: cd.High, Doc: "A password."},
	cd.Key{Name: "size", Type: cd.Int, Default: "1", Valid: cd.AtLeast(1), Doc: "A size."},
)

func (fakeSink) Config() *cd.Def { return fakeDef }

func (fakeSink) Check(context.Context, connectors.Config) []cd.Problem {
	return []cd.Problem{{Key: "file", Message: "The file is refused"}}
}

func (fakeSink) NewTask(context.Context, connectors.TaskContext, connectors.Config) (connectors.Task, error) {
	return nil, errors.New("not used")
}

func init() {
	connectors.Register(connectors.Plugin{Class: fakeClass, TaskClass: "org.example.fake.FakeSinkTask", Connector: fakeSink{}})
	converter.Register(converter.Plugin{Class: fakeConv, Value: true, Header: true, Version: "9",
		Config: func() *cd.Def {
			return cd.New(cd.Key{Name: "schemas.enable", Type: cd.Boolean, Default: "true"}, cd.Key{Name: "decimal.format", Type: cd.Boolean, Default: "true"})
		}})
}

// newExaminer is of a worker that has the fake converter.
func newExaminer() Examiner {
	return Examiner{Worker: map[string]string{"key.converter": fakeConv, "value.converter": fakeConv}, Version: "v"}
}

// refused returns why x refuses a connector of this name and configuration.
func refused(t *testing.T, x Examiner, name string, config runtime.RawConfig) error {
	t.Helper()
	complete := maps.Clone(config)
	complete["name"] = &name
	e, err := x.Examine(t.Context(), complete)
	if err != nil {
		return err
	}
	return e.Invalid()
}

// kindOf returns the kind of err, Internal for errors that have none.
func kindOf(err error) runtime.Kind {
	var e *runtime.Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return runtime.Internal
}

func valid(extra ...string) runtime.RawConfig {
	config := map[string]string{"connector.class": fakeClass, "topics": "t"}
	for i := 0; i+1 < len(extra); i += 2 {
		config[extra[i]] = extra[i+1]
	}
	return runtime.Raw(config)
}

// nulled is a valid configuration but for a null.
func nulled(key string) runtime.RawConfig {
	config := valid()
	config[key] = nil
	return config
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
