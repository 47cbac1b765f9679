package webhook

import (
	"errors"
	"net/url"
	"time"

	"github.com/sluice-connect/sluice/schemas/configdef"
)

const (
	keyURL     = "webhook.url"
	keyToken   = "webhook.token"
	keyTimeout = "webhook.timeout.ms"
	keyBatch   = "webhook.batch.records"
)

var definition = configdef.New(
	configdef.Key{Name: keyURL, Type: configdef.String, Required: true, Importance: configdef.High, Valid: configdef.Unshown(validURL),
		Doc: "URL that records are posted to."},
	configdef.Key{Name: keyToken, Type: configdef.Password, Importance: configdef.High,
		Doc: "Token that is sent as Authorization: Bearer. Empty: no login."},
	configdef.Key{Name: keyTimeout, Type: configdef.Int, Default: "10000", Importance: configdef.Low, Valid: configdef.AtLeast(1),
		Doc: "Milliseconds a request may take before it counts as lost and is repeated."},
	configdef.Key{Name: keyBatch, Type: configdef.Int, Default: "1000", Importance: configdef.Low, Valid: configdef.Between(1, 100000),
		Doc: "Records a request has at most."},
)

// settings are the parsed keys in the form the task works with.
type settings struct {
	url, token string
	timeout    time.Duration
	batch      int
}

func newSettings(v configdef.Values) settings {
	return settings{
		url: v.String(keyURL), token: v.Secret(keyToken).Reveal(),
		timeout: v.Duration(keyTimeout, time.Millisecond), batch: int(v.Int(keyBatch)),
	}
}

func validURL(v any) error {
	text, _ := v.(string)
	switch u, err := url.Parse(text); {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return errors.New("it must be a URL such as https://host/path")
	case u.User != nil:
		return errors.New("it must not hold a login: give a token in " + keyToken)
	}
	return nil
}
