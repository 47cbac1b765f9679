// Package workerconfig reads worker.properties as the Java worker names and types them.
package workerconfig

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-connect/sluice/runtime/kafka"
	"github.com/sluice-connect/sluice/schemas/configdef"
	"github.com/sluice-connect/sluice/schemas/converter"
)

// Config is a checked worker.properties.
type Config struct {
	configdef.Values
	// Props are the properties as written, without blanks around the values, and bootstrap.servers in any case; they may
	// hold secrets.
	Props map[string]string
	// Listeners are the addresses of the REST API; there is at least one.
	Listeners []Listener
	// AdminListeners are the addresses of /admin, which the others then do not serve, if AdminApart; nobody does when
	// there are none.
	AdminListeners []Listener
	AdminApart     bool
	// Headers are those that the operator wants on every answer of the REST API.
	Headers []Header
	// DataDir is where the standalone store lives.
	DataDir string
	// Ignored and Unused name the properties without effect: known to the Java worker, and known to nobody.
	Ignored, Unused     []string
	secure, secureAdmin https // of the listeners of either kind
}

// Read reads the properties in the file at path, as they stand there: references to config providers too.
func Read(path string) (map[string]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read worker configuration: %w", err)
	}
	props, err := ParseProperties(data)
	if err != nil {
		return nil, fmt.Errorf("read worker configuration %s: %w", path, err)
	}
	return props, nil
}

// New checks props as the properties of a standalone worker.
func New(props map[string]string) (Config, error) {
	trimmed := make(map[string]string, len(props))
	for name, value := range props {
		trimmed[name] = strings.TrimSpace(value)
	}
	values, problems := Standalone.Parse(trimmed)
	if len(problems) == 0 {
		problems = checkConverters(trimmed, values)
	}
	if len(problems) > 0 {
		return Config{}, errors.New(messages(problems))
	}
	if _, set := trimmed[BootstrapServers]; !set {
		trimmed[BootstrapServers] = strings.Join(values.List(BootstrapServers), ",") // clients read the properties
	}
	c := Config{Values: values, Props: trimmed, DataDir: dataDir(values)}
	var err error
	if c.Listeners, err = parseListeners(values.List(ListenersKey)); err != nil {
		return Config{}, err
	}
	if c.AdminListeners, err = parseListeners(values.List(AdminListenersKey)); err != nil {
		return Config{}, err
	}
	c.AdminApart = values.Has(AdminListenersKey)
	var wrong, wrongAdmin []configdef.Problem
	c.secure, wrong = c.httpsFor(c.Listeners, HTTPSPrefix)
	c.secureAdmin, wrongAdmin = c.httpsFor(c.AdminListeners, AdminHTTPSPrefix)
	if problems := slices.Concat(wrong, wrongAdmin); len(problems) > 0 {
		return Config{}, errors.New(messages(problems))
	}
	if c.AdvertisedListener() < 0 {
		return Config{}, fmt.Errorf("Invalid value %s for configuration %s: there is no such listener", c.String(AdvertisedScheme), AdvertisedScheme) //nolint:staticcheck // Kafka's text
	}
	if c.Headers, err = ResponseHeaders(values.String(HeadersKey)); err != nil {
		return Config{}, err
	}
	c.sortOut()
	return c, nil
}

// Duration returns the value of a key that counts milliseconds.
func (c Config) Duration(key string) time.Duration {
	return c.Values.Duration(key, time.Millisecond)
}

// Advertised renders the worker id of status answers for the address that the AdvertisedListener was bound to.
func (c Config) Advertised(bound net.Addr) string {
	host, port := c.String(AdvertisedHost), strconv.FormatInt(c.Int(AdvertisedPort), 10)
	if host == "" {
		host = c.Listeners[c.AdvertisedListener()].Host
	}
	if host == "" {
		if name, err := os.Hostname(); err == nil {
			host = name
		}
	}
	if _, p, err := net.SplitHostPort(bound.String()); err == nil && !c.Has(AdvertisedPort) {
		port = p
	}
	return net.JoinHostPort(host, port)
}

// LogNotices says once which properties have no effect.
func (c Config) LogNotices(log *slog.Logger) {
	if len(c.Ignored) > 0 {
		log.Info("worker properties have no meaning for this worker and are ignored", "properties", c.Ignored)
	}
	if len(c.Unused) > 0 {
		known := slices.Concat(Standalone.Names(), kafka.AdminKeys.Names())
		log.Warn("worker properties are not known and not used", "properties", configdef.FindNearest(c.Unused, known))
	}
}

func (c *Config) sortOut() {
	for name := range c.Props {
		key, known := Standalone.Key(name)
		switch {
		case known && key.Ignored:
			c.Ignored = append(c.Ignored, name)
		case !known && !inFamily(name):
			c.Unused = append(c.Unused, name)
		}
	}
	sort.Strings(c.Ignored)
	sort.Strings(c.Unused)
}

func dataDir(v configdef.Values) string {
	if dir := v.String(DataDirKey); dir != "" {
		return dir
	}
	// Beside the Java worker's offset file, but in a directory of our own: that file often lies in /tmp.
	return filepath.Join(filepath.Dir(v.String(OffsetFile)), "sluice-data")
}

// checkConverters builds nothing; it looks whether the classes exist and their settings parse.
func checkConverters(props map[string]string, v configdef.Values) []configdef.Problem {
	var problems []configdef.Problem
	for _, key := range []string{KeyConverter, ValueConverter, HeaderConverter} {
		class := v.String(key)
		plugin, ok := converter.Lookup(class)
		switch {
		case !ok && props[key] == "" && key == HeaderConverter:
			continue // the default class is only missing when no converters are linked in
		case !ok:
			problems = append(problems, configdef.Problem{Key: key,
				Message: fmt.Sprintf("Invalid value %s for configuration %s: Class %s could not be found.", class, key, class)})
			continue
		case key == HeaderConverter && !plugin.Header:
			problems = append(problems, configdef.Problem{Key: key,
				Message: fmt.Sprintf("Class %s does not implement the HeaderConverter interface", class)})
			continue
		case key != HeaderConverter && !plugin.Value:
			problems = append(problems, configdef.Problem{Key: key,
				Message: fmt.Sprintf("Class %s does not implement the Converter interface", class)})
			continue
		}
		_, wrong := plugin.Config().Parse(v.WithPrefix(key + "."))
		for _, p := range wrong {
			problems = append(problems, configdef.Problem{Key: key + "." + p.Key, Message: p.Message + " (set as " + key + "." + p.Key + ")"})
		}
	}
	return problems
}

func messages(problems []configdef.Problem) string {
	texts := make([]string, len(problems))
	for i, p := range problems {
		texts[i] = p.Message
	}
	return strings.Join(texts, "\n")
}

// Addrs are the addresses to listen on: those of Listeners, then those of AdminListeners.
func (c Config) Addrs() []string {
	var addrs []string
	for _, l := range slices.Concat(c.Listeners, c.AdminListeners) {
		addrs = append(addrs, l.Addr())
	}
	return addrs
}

// Hosts are the names under which clients know the worker: the advertised one, those of listeners and the machine's own,
// and those of rest.host.names, which may hold * for any characters.
func (c Config) Hosts() []string {
	hosts := append([]string{c.String(AdvertisedHost)}, c.List(HostNames)...)
	for _, l := range slices.Concat(c.Listeners, c.AdminListeners) {
		hosts = append(hosts, l.Host)
	}
	if name, err := os.Hostname(); err == nil {
		hosts = append(hosts, name)
	}
	return slices.DeleteFunc(hosts, func(host string) bool { return host == "" })
}

// InstanceID names the worker in consumer groups: as configured, else as stored.
func (c Config) InstanceID(stored string) string {
	if id := c.String(WorkerIDKey); id != "" {
		return id
	}
	return stored
}
