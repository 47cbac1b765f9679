package rest

import "net/http"

// WithMetrics answers scrapes of /metrics with metrics and leaves everything else to api. It stands before the API
// because the API speaks JSON only and refuses clients, as scrapers are, that ask for something else.
func WithMetrics(api, metrics http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		read := r.Method == http.MethodGet || r.Method == http.MethodHead
		if read && (r.URL.Path == "/metrics" || r.URL.Path == "/metrics/") {
			metrics.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	})
}
