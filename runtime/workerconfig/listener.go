package workerconfig

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Listener is an address the REST server listens on.
type Listener struct {
	Host string // "" for all interfaces
	Port int    // 0 for any free port
	TLS  bool   // https
}

// scheme is the one of the listener's address.
func (l Listener) scheme() string {
	if l.TLS {
		return "https"
	}
	return "http"
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
	scheme := strings.ToLower(u.Scheme)
	if scheme != "http" && scheme != "https" {
		return Listener{}, fmt.Errorf("Listener %q must use http or https", text) //nolint:staticcheck // shown after "Invalid value ...: "
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil {
		return Listener{}, fmt.Errorf("Listener %q has no port between 0 and 65535", text) //nolint:staticcheck // shown after "Invalid value ...: "
	}
	return Listener{Host: u.Hostname(), Port: int(port), TLS: scheme == "https"}, nil
}

func parseListeners(texts []string) ([]Listener, error) {
	var list []Listener
	for _, text := range texts {
		l, err := parseListener(text)
		if err != nil {
			return nil, err
		}
		list = append(list, l)
	}
	return list, nil
}

func validListeners(value any) error {
	list, _ := value.([]string)
	if len(list) == 0 {
		return errors.New("List of listeners must not be empty") //nolint:staticcheck // shown after "Invalid value ...: "
	}
	return validAdminListeners(value)
}

// validAdminListeners accepts none as well.
func validAdminListeners(value any) error {
	list, _ := value.([]string)
	_, err := parseListeners(list)
	return err
}

// has reports whether there is a listener with, or without, TLS.
func has(listeners []Listener, secure bool) bool {
	return slices.ContainsFunc(listeners, func(l Listener) bool { return l.TLS == secure })
}

// AdvertisedListener is the number of the listener that stands for this worker: the first one of the scheme that
// rest.advertised.listener names, by default of http when there is one.
func (c Config) AdvertisedListener() int {
	scheme := strings.ToLower(c.String(AdvertisedScheme))
	if scheme == "" {
		scheme = Listener{TLS: !has(c.Listeners, false)}.scheme()
	}
	return slices.IndexFunc(c.Listeners, func(l Listener) bool { return l.scheme() == scheme })
}

// legalWorkerID leaves room for connector and task in Kafka's 249 characters of a group.instance.id.
var legalWorkerID = regexp.MustCompile(`^[a-zA-Z0-9._-]{1,100}$`)

func validWorkerID(value any) error {
	if id, _ := value.(string); !legalWorkerID.MatchString(id) {
		return errors.New("it may hold up to 100 letters, digits, dots, dashes and underscores")
	}
	return nil
}
