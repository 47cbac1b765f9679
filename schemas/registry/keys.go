package registry

import (
	cd "github.com/sluice-connect/sluice/schemas/configdef"
	"github.com/sluice-connect/sluice/schemas/keystore"
)

// The configuration keys that readers of errors meet; the rest is named as in Confluent's client too.
const (
	URLKey       = "schema.registry.url"
	prefix       = "schema.registry."
	basicSource  = "basic.auth.credentials.source"
	basicInfo    = "basic.auth.user.info"
	bearerSource = "bearer.auth.credentials.source"
	bearerToken  = "bearer.auth.token"
	cacheSizeKey = "schemas.cache.config"
	// HeaderPrefix starts the keys that set further request headers.
	HeaderPrefix = "request.header."
)

// Keys defines what New reads, for the definitions of the converters that use a registry.
func Keys() *cd.Def {
	d := cd.New(
		cd.Key{Name: URLKey, Type: cd.List, Required: true, Importance: cd.High, Valid: cd.Unshown(validURLs),
			Doc: "Addresses of the schema registry, comma-separated. When one does not answer, the next is asked."},
		cd.Key{Name: cacheSizeKey, Type: cd.Int, Default: "1000", Valid: cd.AtLeast(1), Importance: cd.Low,
			Doc: "How many schemas are kept in memory."},
		cd.Key{Name: "http.connect.timeout.ms", Type: cd.Int, Default: "60000", Valid: cd.AtLeast(1), Importance: cd.Low,
			Doc: "How long connecting to the schema registry may take."},
		cd.Key{Name: "http.read.timeout.ms", Type: cd.Int, Default: "60000", Valid: cd.AtLeast(1), Importance: cd.Low,
			Doc: "How long one request to the schema registry may take."},
		cd.Key{Name: "max.retries", Type: cd.Int, Default: "3", Valid: cd.Between(0, 100), Importance: cd.Low,
			Doc: "How often a request is repeated that failed in the network or with 429 or 5xx."},
		cd.Key{Name: "retries.wait.ms", Type: cd.Int, Default: "1000", Valid: cd.AtLeast(1), Importance: cd.Low,
			Doc: "The wait before the first repetition; it doubles each time."},
		cd.Key{Name: "retries.max.wait.ms", Type: cd.Int, Default: "20000", Valid: cd.AtLeast(1), Importance: cd.Low,
			Doc: "The longest wait between repetitions."},
		cd.Key{Name: "proxy.host", Type: cd.String, Importance: cd.Low, Doc: "Host name of an HTTP proxy to the schema registry."},
		cd.Key{Name: "proxy.port", Type: cd.Int, Default: "-1", Importance: cd.Low, Doc: "Port of that proxy."},
		cd.Key{Name: "max.schemas.per.subject", Type: cd.Int, Default: "1000", Importance: cd.Low, Ignored: true,
			Doc: "Accepted for compatibility; " + cacheSizeKey + " bounds the cache."},
	)
	for _, p := range []string{"", prefix} {
		d.Add(authKeys(p)...)
	}
	return d.Add(tlsKeys()...).Check(check)
}

func authKeys(p string) []cd.Key {
	return []cd.Key{
		{Name: p + basicSource, Type: cd.String, Default: "URL",
			Doc: "Where user and password come from: URL or USER_INFO."},
		{Name: p + basicInfo, Type: cd.Password, Doc: "user:password, for USER_INFO."},
		{Name: p + bearerSource, Type: cd.String, Doc: "STATIC_TOKEN, to send " + bearerToken + "."},
		{Name: p + bearerToken, Type: cd.Password, Doc: "The token that is sent with every request."},
	}
}

const (
	trustLocation    = prefix + "ssl.truststore.location"
	trustType        = prefix + "ssl.truststore.type"
	trustPassword    = prefix + "ssl.truststore.password"
	trustInline      = prefix + "ssl.truststore.certificates"
	keyLocation      = prefix + "ssl.keystore.location"
	keyType          = prefix + "ssl.keystore.type"
	keyStorePassword = prefix + "ssl.keystore.password"
	keyPassword      = prefix + "ssl.key.password"
	identify         = prefix + "ssl.endpoint.identification.algorithm"
)

func tlsKeys() []cd.Key {
	return []cd.Key{
		{Name: trustLocation, Type: cd.String, Doc: "File with the certificates that may have signed the registry's."},
		{Name: trustType, Type: cd.String, Default: "JKS", Valid: keystore.ValidType, Doc: "Type of the trust store: JKS, PKCS12 or PEM."},
		{Name: trustPassword, Type: cd.Password, Doc: "Password of the trust store; PEM files have none."},
		{Name: trustInline, Type: cd.Password, Doc: "The certificates themselves, in PEM, instead of a file."},
		{Name: keyLocation, Type: cd.String, Doc: "File with the client's private key and certificate."},
		{Name: keyType, Type: cd.String, Default: "JKS", Valid: keystore.ValidType, Doc: "Type of the key store: JKS, PKCS12 or PEM."},
		{Name: keyStorePassword, Type: cd.Password, Doc: "Password of the key store; PEM files have none."},
		{Name: keyPassword, Type: cd.Password, Doc: "Password of the private key; that of the key store when not set."},
		{Name: identify, Type: cd.String, Default: "https", Doc: "The host name check cannot be switched off."},
	}
}
