# Everything a contributor runs. `make check` is what a change must pass; .ci/run runs the same and a real Redis beside.

GO       ?= go
FUZZTIME ?= 1m

# Pinned: a linter that changes by itself breaks builds that nobody touched.
GOLANGCI_LINT_VERSION = v2.15.0
GOVULNCHECK_VERSION   = v1.9.0

# The linter on PATH when it is the pinned version, else the pinned version through Go, which takes some minutes once.
GOLANGCI_LINT = $(shell golangci-lint version 2>/dev/null | grep -q "version $(GOLANGCI_LINT_VERSION:v%=%) " && echo golangci-lint \
	|| echo $(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION))

VERSION = $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)

.PHONY: help check fmt vet lint test race fuzz vuln bench soak demo build image

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  \1\t/' | expand -t 12

check: fmt vet lint race vuln ## all that a change must pass

fmt: ## fail on files that gofmt would change
	@bad=$$(gofmt -l $$(git ls-files --cached --others --exclude-standard '*.go')); \
	if [ -n "$$bad" ]; then echo "gofmt would change:"; echo "$$bad"; exit 1; fi

vet: ## go vet
	$(GO) vet ./...

lint: ## golangci-lint
	$(GOLANGCI_LINT) run

test: ## the tests, with nothing installed but Go
	$(GO) test ./...

race: ## the tests and the fuzz seeds under the race detector
	$(GO) test -race ./...

fuzz: ## each fuzz target for a minute (FUZZTIME=10s for less)
	@$(GO) list -f '{{$$d := .Dir}}{{range .TestGoFiles}}{{$$d}}/{{.}}{{"\n"}}{{end}}{{range .XTestGoFiles}}{{$$d}}/{{.}}{{"\n"}}{{end}}' ./... \
	| xargs -r grep -HoE '^func Fuzz[A-Za-z0-9_]+' \
	| while IFS=: read -r file target; do \
		target=$${target#func }; echo "== $$target in $${file#$(CURDIR)/}"; \
		$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$(dirname "$$file")" || exit 1; \
	done

vuln: ## known vulnerabilities in what we call; passes, and says so, when the database can't be reached
	@out=$$($(GO) run golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK_VERSION) ./... 2>&1); code=$$?; \
	echo "$$out"; \
	if [ $$code -ne 0 ] && echo "$$out" | grep -qE '^(govulncheck: fetching vulnerabilities|go: .*(dial tcp|no such host|timeout))'; then \
		echo "vuln: the vulnerability database can't be reached from here: NOT checked"; exit 0; \
	fi; exit $$code

bench: ## the benchmarks, each beside its bare baseline
	$(GO) test -run '^$$' -bench . -benchmem ./...

soak: ## a long run: 10 000 sends a minute, flat memory, a worker killed meanwhile (SOAK=10m for longer, REDIS_URL for a real Redis)
	SOAK=$(or $(SOAK),3m) $(GO) test -run '^TestSoak' -count 1 -timeout 60m -v ./...

demo: ## the whole product in one process, driven through one sign-up
	$(GO) run ./cmd/wx demo

build: ## a static binary, ./wx
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o wx ./cmd/wx

image: ## the container image, shixi:<version>
	docker build --build-arg VERSION=$(VERSION) -t shixi:$(VERSION) .
