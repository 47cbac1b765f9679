# The cache of tools and real services, the same that deploy/e2e/fetch-parts fills.
PARTS := $(or $(SLUICE_PARTS),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/sluice-parts)
LINTER_VERSION := v2.15.0
LINTER := $(PARTS)/bin/golangci-lint-$(LINTER_VERSION)
# Packages with tests that need real services.
REAL = $(shell grep -rlE '^//go:build .*\breal\b' --include='*_test.go' . | xargs -r -n 1 dirname | sort -u)

.PHONY: help build fmt lint test real soak bench docs

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 8

build: ## build the program as it is released: static and stripped
	CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o sluice .

fmt: ## format every Go file
	gofmt -w .

lint: $(LINTER) ## report what gofmt, go vet and golangci-lint find
	@unformatted="$$(gofmt -l .)"; if [ -n "$$unformatted" ]; then echo "not formatted: $$unformatted"; exit 1; fi
	go vet -tags real,soak ./...
	$(LINTER) run ./...

$(LINTER):
	GOBIN=$(PARTS)/bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINTER_VERSION)
	mv $(PARTS)/bin/golangci-lint $@

test: ## ring 0: every test that needs nothing but Go
	go test ./...

# The count keeps go test from answering out of its cache: it does not know what the services are.
real: ## ring 1: tests with real services, which deploy/e2e/fetch-parts brings
	go test -race -tags real -count 1 -timeout 25m -p 1 $(REAL)

SOAK := -soak.rounds 40
soak: ## kill, freeze and stop workers and services for half an hour; SOAK="-soak.rounds 9 -soak.seed 1" says otherwise
	go test -tags real,soak -count 1 -timeout 4h -run '^TestSoak$$' -v -artifacts -outputdir $${TMPDIR:-/tmp} ./deploy/e2e $(SOAK)

bench: ## run the benchmarks
	go test -run '^$$' -bench . -benchmem ./...

docs: ## write the generated reference again
	go generate ./...
