# make run      build the server with its console and start it with its data in ./data
# make test     everything that must hold before a change is merged
# make build    build $(BIN), with the console if "make console" has built it
# make console  build the web console into console/dist
# make bench    the benchmarks
# make bench-million  the start over a million principals and a million policies; needs half an
#               hour and 10 GB of disk
# make planted  every planted defect that one process shows must be caught by its test
# make fuzz     every fuzz target for FUZZTIME each
# make soak     DECISIONS random decisions against the oracle, from SEED on; then the tests again
#               and again, in random order
# make soak-audit  MUTATIONS changes on each engine under kills, and faults planted at POSITIONS
#               entries of an export: every change has its event, every fault is found
# make soak-rig three nodes under faults, ROUNDS times as long as in the tests, from SEED on; then
#               each planted defect that only several processes show
#
# The flags of the Go tool are the same everywhere, so that all targets share one build
# cache; tests are compiled with the race detector only.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build

GO ?= go
BIN ?= bin/bailiwick
FUZZTIME ?= 30s
BENCHTIME ?= 1s
SOAKCOUNT ?= 20
DECISIONS ?= 10000000
ROUNDS ?= 20
MUTATIONS ?= 1000000
POSITIONS ?= all
EVENTS ?= 1000000
SEED ?= $(shell date +%s)

# Go files of all packages, also those that build tags leave out; not those that other
# tools put into folders such as node_modules.
GOFILES = $(GO) list -f '{{$$d := .Dir}}{{range .GoFiles}}{{$$d}}/{{.}}{{"\n"}}{{end}}{{range .CgoFiles}}{{$$d}}/{{.}}{{"\n"}}{{end}}{{range .TestGoFiles}}{{$$d}}/{{.}}{{"\n"}}{{end}}{{range .XTestGoFiles}}{{$$d}}/{{.}}{{"\n"}}{{end}}{{range .IgnoredGoFiles}}{{$$d}}/{{.}}{{"\n"}}{{end}}' ./...

# Nested modules have versions of their own, so that a client of the server never decides
# what the server is built from.
MODULES = $(patsubst %/go.mod,%,$(wildcard compat/go.mod bench/go.mod))

# missing MESSAGE: says aloud what could not run; with CI=true nothing may be left out.
define missing
{ echo "!!! NOT RUN: $(1) !!!" >&2; [ "$${CI:-}" != true ]; }
endef

# The race detector goes into GOFLAGS, so that what the tests themselves build (the server,
# by "make run" and by the client tests) is watched, too, and comes from the same cache.
# It leaves out the embedded database alone: that is a translation of C with locks of its own,
# watching it finds nothing in our code, and it would take half of the time of all tests.
define with_race
if [ "$$($(GO) env CGO_ENABLED)" = 1 ]; then export GOFLAGS="$$($(GO) env GOFLAGS) -race -gcflags=modernc.org/...=-race=false"; \
else $(call missing,the race detector: there is no C compiler); fi
endef

.PHONY: build run console test planted bench bench-million fuzz soak soak-decisions soak-rig soak-audit format vet modules test-go test-nested test-console

build:
	$(GO) build -o $(BIN) ./cmd/bailiwick

# The console is embedded in the server, so it is built first.
CONSOLE := console/dist/index.html
CONSOLESOURCES := $(shell find console/src console/scripts console/stubs -type f) $(addprefix console/,index.html vite.config.ts package.json package-lock.json)

console:
	@command -v npm >/dev/null || $(call missing,the build of the web console: there is no npm)
	@! command -v npm >/dev/null || $(MAKE) --no-print-directory $(CONSOLE)

console/node_modules/.package-lock.json: console/package.json console/package-lock.json
	cd console && npm ci --no-audit --no-fund
	@touch $@

$(CONSOLE): console/node_modules/.package-lock.json $(CONSOLESOURCES)
	cd console && npm run --silent build

run: console build
	@echo "The credentials are in $${BAILIWICK_DATA:-data}/credentials.env once the server listens. In another terminal:"
	@echo "  set -a; . $${BAILIWICK_DATA:-data}/credentials.env; set +a"
	@exec $(BIN) serve

test: format vet modules test-go test-nested test-console planted

format:
	@unformatted=$$($(GOFILES) | xargs gofmt -l); \
	for module in $(MODULES); do unformatted+=$$(cd $$module && $(GOFILES) | xargs gofmt -l); done; \
	if [ -n "$$unformatted" ]; then echo "not in the form of gofmt:" >&2; echo "$$unformatted" >&2; exit 1; fi

vet:
	$(GO) vet ./...
	@for module in $(MODULES); do (set -x; cd $$module && $(GO) vet ./...); done

# modernc.org/sqlite works with exactly the libc that its own go.mod names; another module
# that asks for a newer one would raise it without a word.
modules:
	$(GO) mod tidy -diff
	@for module in $(MODULES); do (set -x; cd $$module && $(GO) mod tidy -diff); done
	@want=$$(awk '$$1 == "modernc.org/libc" {print $$2}' "$$($(GO) list -m -f '{{.GoMod}}' modernc.org/sqlite)"); \
	have=$$($(GO) list -m -f '{{.Version}}' modernc.org/libc); \
	if [ "$$want" != "$$have" ]; then echo "modernc.org/libc is $$have, but modernc.org/sqlite wants $$want" >&2; exit 1; fi

test-go:
	@$(with_race); set -x; scripts/with-postgres $(GO) test -timeout 30m ./...

test-nested:
	@command -v npm >/dev/null || $(call missing,the tests of the JavaScript SDK: there is no npm)
	@command -v chromium >/dev/null || $(call missing,the login pages in a browser: there is no chromium)
	@$(with_race); for module in $(MODULES); do (set -x; cd $$module && $(GO) test -timeout 30m ./...); done

# Types, lint, unit tests, sizes, and every story of the console in a browser.
test-console: console build
	@command -v npm >/dev/null || $(call missing,the web console: there is no npm)
	@! command -v npm >/dev/null || (set -x; cd console && npm run --silent check && npm run --silent unit)
	@command -v chromium >/dev/null || $(call missing,the web console in a browser: there is no chromium)
	@! { command -v npm && command -v chromium; } >/dev/null || (set -x; cd console && BAILIWICK_BINARY=$(abspath $(BIN)) npm run --silent e2e)

# Without the race detector, which finds none of these and takes three times as long.
planted:
	GO="$(GO)" scripts/planted

bench: build
	$(GO) test -run '^$$' -bench . -benchtime $(BENCHTIME) ./...
	cd bench && ../scripts/with-postgres $(GO) run . -out ../docs -bailiwick $(abspath $(BIN)) -events $(EVENTS)

bench-million: build
	cd bench && ../scripts/with-postgres $(GO) run . -only million -out ../docs -name million -bailiwick $(abspath $(BIN))

fuzz:
	@for package in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
			(set -x; $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$package); \
		done; \
	done

# The decisions run without the race detector: they are many, and nothing of them is shared.
soak: soak-decisions
	@$(with_race); set -x; scripts/with-postgres $(GO) test -count $(SOAKCOUNT) -shuffle on -timeout 0 ./...

soak-decisions:
	$(GO) test -timeout 0 -v -run '^TestDifferential$$' ./pdp -seed $(SEED) -worlds $$(($(DECISIONS) / 100))

soak-audit:
	BAILIWICK_POSITIONS=$(POSITIONS) $(GO) test -count 1 -timeout 0 -v -run '^TestThePlantedFaultIsNamed$$' ./audit
	$(GO) test -count 1 -timeout 0 -v -run '^TestEveryChangeHasItsEvent$$' ./rig -seed $(SEED) -mutations $(MUTATIONS)

soak-rig:
	$(GO) test -count 1 -timeout 0 -v ./rig -seed $(SEED) -rounds $(ROUNDS)
	RIG=1 GO="$(GO)" scripts/planted
