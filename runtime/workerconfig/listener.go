package workerconfig

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// Listener is an address the REST server listens on.
type Listener struct {
	Host string // "" for all interfaces
	Port int    // 0 for any free port
}

// Addr renders l for net.Listen.
func (l Listener) Addr() string { return net.JoinHostPort(l.Host, strconv.Itoa(l.Port)) }

// parseListener reads scheme://host:port as the Java worker does: the scheme in any case, IPv6 in brackets, an empty
// host for all interfaces.
func parseListener(text string) (Listener, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.Host == "" || u.Port() == "" || (u.Path != "" && u.Path != "/") {
		return Listener{}, fmt.Errorf("Listener %q is not of the form http://host:port", text) //nolint:staticcheck // shown after "Invalid value ...: "
	}
	switch strings.ToLower(u.Scheme) {
	case "http":
	case "https":
		return Listener{}, fmt.Errorf("https listeners are not supported yet by this version; use http and a TLS proxy in front")
	default:
		return Listener{}, fmt.Errorf("Listener %q must use http", text) //nolint:staticcheck // shown after "Invalid value ...: "
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil {
		return Listener{}, fmt.Errorf("Listener %q has no port between 0 and 65535", text) //nolint:staticcheck // shown after "Invalid value ...: "
	}
	return Listener{Host: u.Hostname(), Port: int(port)}, nil
}

func validListeners(value any) error {
	list, _ := value.([]string)
	if len(list) == 0 {
		return errors.New("List of listeners must not be empty") //nolint:staticcheck // shown after "Invalid value ...: "
	}
	for _, text := range list {
		if _, err := parseListener(text); err != nil {
			return err
		}
	}
	return nil
}

// validBootstrap accepts host:port pairs.
func validBootstrap(value any) error {
	list, _ := value.([]string)
	if len(list) == 0 {
		return errors.New("No bootstrap servers given") //nolint:staticcheck // shown after "Invalid value ...: "
	}
	for _, text := range list {
		_, rest, named := strings.Cut(text, "://")
		if !named {
			rest = text
		}
		host, port, err := net.SplitHostPort(rest)
		if err != nil || host == "" {
			return fmt.Errorf("Invalid url in bootstrap.servers: %s", text) //nolint:staticcheck // Kafka's text
		}
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return fmt.Errorf("Invalid port in bootstrap.servers: %s", text) //nolint:staticcheck // Kafka's text
		}
	}
	return nil
}

// legalWorkerID leaves room for connector and task in Kafka's 249 characters of a group.instance.id.
var legalWorkerID = regexp.MustCompile(`^[a-zA-Z0-9._-]{1,100}$`)

func validWorkerID(value any) error {
	if id, _ := value.(string); !legalWorkerID.MatchString(id) {
		return errors.New("it may hold up to 100 letters, digits, dots, dashes and underscores")
	}
	return nil
}
