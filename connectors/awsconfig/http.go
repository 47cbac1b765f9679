package awsconfig

import (
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

const (
	// A server that took a whole request and says nothing for this long is not going to.
	responseTimeout = 60 * time.Second
	idleTimeout     = 60 * time.Second
	idlePerHost     = 32
)

// sdkClient returns the SDK's own client kind, which the loader needs to apply AWS_CA_BUNDLE and to give the
// metadata services their shorter timeouts.
func sdkClient(o Options) (*awshttp.BuildableClient, error) {
	if err := checkURL("proxy URL", o.ProxyURL); err != nil {
		return nil, err
	}
	proxy := http.ProxyFromEnvironment
	if o.ProxyURL != "" {
		u, err := url.Parse(o.ProxyURL)
		if err != nil {
			return nil, err
		}
		if o.ProxyUser != "" {
			u.User = url.UserPassword(o.ProxyUser, o.ProxyPassword.Reveal())
		}
		proxy = http.ProxyURL(u)
	}
	return awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.Proxy = proxy
		t.ResponseHeaderTimeout = responseTimeout
		t.IdleConnTimeout = idleTimeout
		t.MaxIdleConnsPerHost = idlePerHost
	}), nil
}

// serviceClient turns the loaded client into one with a transport of its own that CloseIdle can reach, and that
// follows no redirect: a signed request is only valid at the host it was signed for.
func serviceClient(c aws.HTTPClient) aws.HTTPClient {
	b, ok := c.(*awshttp.BuildableClient)
	if !ok {
		return c
	}
	return &http.Client{
		Transport:     b.GetTransport(),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// CloseIdle closes the idle connections of clients made from cfg; call it when the last of them is done.
func CloseIdle(cfg aws.Config) {
	if c, ok := cfg.HTTPClient.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
