package workerconfig

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	cd "github.com/sluice-connect/sluice/schemas/configdef"
	"github.com/sluice-connect/sluice/schemas/keystore"
)

// The prefixes of the ssl.* properties that are only for the listeners of the REST API, and only for those of /admin.
const (
	HTTPSPrefix      = "listeners.https."
	AdminHTTPSPrefix = "admin.listeners.https."
)

const clientAuth = "ssl.client.auth"

// HTTPS is the definition of what https listeners read: with HTTPSPrefix when any property has it, else as they are.
var HTTPS = cd.New(
	cd.Key{Name: "ssl.keystore.type", Type: cd.String, Default: "JKS", Valid: keystore.ValidType,
		Doc: "Type of the key store: JKS, PKCS12 or PEM."},
	cd.Key{Name: "ssl.keystore.location", Type: cd.String, Null: true, Importance: cd.High,
		Doc: "File with the private key and the certificates of this worker. One that is replaced is used without a restart, and so is the trust store."},
	cd.Key{Name: "ssl.keystore.password", Type: cd.Password, Null: true, Importance: cd.High, Doc: "Password of the key store."},
	cd.Key{Name: "ssl.key.password", Type: cd.Password, Null: true, Importance: cd.High,
		Doc: "Password of the private key in a JKS store or a PEM text; the store's when not set."},
	cd.Key{Name: "ssl.keystore.key", Type: cd.Password, Null: true, Importance: cd.High, Doc: "Private key of this worker, as PEM text."},
	cd.Key{Name: "ssl.keystore.certificate.chain", Type: cd.Password, Null: true, Importance: cd.High,
		Doc: "Certificates of this worker, as PEM text."},
	cd.Key{Name: "ssl.truststore.type", Type: cd.String, Default: "JKS", Valid: keystore.ValidType,
		Doc: "Type of the trust store: JKS, PKCS12 or PEM."},
	cd.Key{Name: "ssl.truststore.location", Type: cd.String, Null: true, Importance: cd.High,
		Doc: "File with the certificates that may have signed those of clients."},
	cd.Key{Name: "ssl.truststore.password", Type: cd.Password, Null: true, Importance: cd.High, Doc: "Password of the trust store."},
	cd.Key{Name: "ssl.truststore.certificates", Type: cd.Password, Null: true, Importance: cd.High, Doc: "These certificates, as PEM text."},
	cd.Key{Name: clientAuth, Type: cd.String, Default: "none", Importance: cd.Low, Valid: cd.OneOfFold("none", "requested", "required"),
		Doc: "Whether clients need a certificate: none, requested (one that is sent must be good) or required. Both need a trust store."},
	cd.Key{Name: "ssl.protocol", Type: cd.String, Default: "TLSv1.3", Valid: cd.OneOf("TLS", "TLSv1.2", "TLSv1.3"),
		Doc: "Accepted as in Java; ssl.enabled.protocols chooses the versions."},
	cd.Key{Name: "ssl.enabled.protocols", Type: cd.List, Default: "TLSv1.2,TLSv1.3", Valid: keystore.ValidProtocols,
		Doc: "TLS versions to accept. Versions before TLSv1.2 never are."},
	cd.Key{Name: "ssl.cipher.suites", Type: cd.List, Null: true, Importance: cd.Low,
		Doc: "Cipher suites to accept, by their IANA names; all secure ones when not set. Without any of TLSv1.3, that version is not accepted."},
)

// https are the properties of https listeners, and what stands before their names.
type https struct {
	cd.Values
	prefix string
	used   bool
}

// httpsFor reads the properties of the https listeners among some.
func (c Config) httpsFor(listeners []Listener, own string) (https, []cd.Problem) {
	if !has(listeners, true) {
		return https{}, nil
	}
	h := https{used: true}
	if len(c.WithPrefix(own)) > 0 {
		h.prefix = own
	}
	var problems []cd.Problem
	h.Values, problems = HTTPS.Parse(c.WithPrefix(h.prefix))
	for i := range problems {
		problems[i].Key = h.prefix + problems[i].Key
	}
	return h, problems
}

// TLS returns what the https listeners of the REST API accept and what those of /admin do, nil without such listeners.
// It reads the stores: one that cannot be used is an error that names the property, and the worker must not start
// without it. Stores that are replaced later are used without a restart, and log is told.
func (c Config) TLS(log *slog.Logger) (api, admin *tls.Config, err error) {
	if api, err = c.secure.renewed(log); err != nil {
		return nil, nil, fmt.Errorf("configure https listeners: %w", err)
	}
	if admin, err = c.secureAdmin.renewed(log); err != nil {
		return nil, nil, fmt.Errorf("configure https listeners of /admin: %w", err)
	}
	return api, admin, nil
}

func (h https) renewed(log *slog.Logger) (*tls.Config, error) {
	if !h.used {
		return nil, nil
	}
	files := []string{h.String("ssl.keystore.location"), h.String("ssl.truststore.location")}
	files = slices.DeleteFunc(files, func(name string) bool { return name == "" })
	return keystore.Renewed(files, h.config, log)
}

func (h https) config() (*tls.Config, error) {
	v, prefix := h.Values, h.prefix
	key := keystore.Key{Prefix: prefix, Type: v.String("ssl.keystore.type"), Location: v.String("ssl.keystore.location"),
		Password: v.Secret("ssl.keystore.password"), KeyPassword: v.Secret("ssl.key.password"),
		PrivateKey: v.Secret("ssl.keystore.key"), Chain: v.Secret("ssl.keystore.certificate.chain")}
	if !key.Configured() {
		return nil, fmt.Errorf("set %sssl.keystore.location, the store of their key and certificate", prefix)
	}
	// Jetty, in the Java worker, speaks HTTP/1.1 only.
	conf := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
	if err := keystore.Narrow(conf, v.List("ssl.enabled.protocols"), v.List("ssl.cipher.suites")); err != nil {
		return nil, err
	}
	var err error
	if conf.Certificates, err = key.Certificates(); err != nil {
		return nil, err
	}
	return conf, h.clients(conf)
}

// clients says which certificates clients need. Without a trust store of its own, any authority that the system knows
// could let somebody in.
func (h https) clients(conf *tls.Config) error {
	v, prefix := h.Values, h.prefix
	trust := keystore.Trust{Prefix: prefix, Type: v.String("ssl.truststore.type"), Location: v.String("ssl.truststore.location"),
		Password: v.Secret("ssl.truststore.password"), Certificates: v.Secret("ssl.truststore.certificates")}
	var err error
	if conf.ClientCAs, err = trust.Pool(); err != nil {
		return err
	}
	switch strings.ToLower(v.String(clientAuth)) {
	case "requested":
		conf.ClientAuth = tls.VerifyClientCertIfGiven
	case "required":
		conf.ClientAuth = tls.RequireAndVerifyClientCert
	default:
		return nil
	}
	if conf.ClientCAs == nil {
		return fmt.Errorf("%s%s needs %[1]sssl.truststore.location, the store of the authorities of clients", prefix, clientAuth)
	}
	return nil
}
