# `make` alone prints the verbs. Needs Rust and Python 3; everything else is
# installed, pinned, into .venv, .tools and target.

.DEFAULT_GOAL := help
.PHONY: help demo sam account account-clean test bench count check mails fuzz deny audit build release verify clean

VENV := .venv
# What the tests talk to is here: no proxy comes between.
DIRECT := 127.0.0.1$(addprefix $(shell printf ,),$(or $(NO_PROXY),$(no_proxy)))
TESTING := NO_PROXY=$(DIRECT) no_proxy=$(DIRECT) PYTHONPATH=tests PYTHONDONTWRITEBYTECODE=1
PYTHON := $(TESTING) $(VENV)/bin/python
TOOLS := .tools/bin
FUZZED := event cloudtrail window report answer quiet
# How long `make fuzz` spends on each of them, in seconds; how many windows of the log it makes up for rules that ignore
# calls, and how many lives of stacks.
EACH := 60
WINDOWS := 1000000
HISTORIES := 5000
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check
ACCOUNT := --region '$(REGION)' --profile '$(PROFILE)' $(if $(YES),--yes)
BENCH := target/bench/release/bench
BENCH_MANIFEST := tests/bench/Cargo.toml
# Without Node its column is left out.
NODE := $(if $(and $(shell command -v node),$(shell command -v npm)),tests/bench/peers/dist/alert.js)
# SAM and cargo-lambda are the user's when both are on PATH.
SAM := $(if $(and $(shell command -v sam),$(shell command -v cargo-lambda)),,.tools/sam/installed)
SAM_PATH := $(if $(SAM),$(CURDIR)/.tools/sam/bin:)$(PATH)
# So is cargo-deny.
DENY := $(or $(shell command -v cargo-deny),$(TOOLS)/cargo-deny)
# But a release is built with what is pinned.
RELEASE := env -u CARGO_TARGET_DIR PATH="$(CURDIR)/.tools/sam/bin:$(PATH)" PYTHONDONTWRITEBYTECODE=1 python3 -m release

help: ## Print the verbs
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22

# BOOTSTRAP=FILE: with that function, which is built already.
demo: $(if $(BOOTSTRAP),,build) $(VENV)/installed ## Run the whole chain on a local AWS (KEEP=1: leave it running after the deploy)
	@$(PYTHON) -m scenario $(if $(KEEP),--keep)

sam: $(VENV)/installed $(SAM) ## Validate, build, deploy, change and remove it with SAM, on a local AWS
	@$(PYTHON) -m scenario sam

# First whether there is such an account: building takes longer. As SAM builds it, because Lambda's system is older than
# most; with BOOTSTRAP=FILE that one. exec, so that make hands its signals to the walk and waits until it has removed all.
account: $(VENV)/installed ## Walk the main job in a real account, and report (REGION=... PROFILE=... YES=1: do not ask, KEY=no: no KMS key)
	@$(PYTHON) -m account check $(ACCOUNT)
	@$(if $(BOOTSTRAP),,$(MAKE) --no-print-directory target/tests/bootstrap)
	@exec env BOOTSTRAP='$(or $(BOOTSTRAP),target/tests/bootstrap)' $(PYTHON) -m account walk $(ACCOUNT) $(if $(filter no,$(KEY)),--no-key)

account-clean: $(VENV)/installed ## Remove from it what a walk left that crashed (REGION=... PROFILE=... YES=1: do not ask)
	@exec env $(PYTHON) -m account clean $(ACCOUNT)

test: ## Run every test (ARM64=1: also the demo's story with the function for arm64, under qemu)
	@$(TESTING) $(if $(ARM64),ARM64=1) python3 tests/run.py

bench: build $(BENCH) .tools/bench/installed $(NODE) ## Measure it beside the same in Python and Node (a quarter of an hour; as root with Lambda's share of a core)
	@$(BENCH) compare

count: build $(BENCH) ## Count its instructions with valgrind: no more than tests/bench/instructions.json (UPDATE=1: write them there)
	@$(BENCH) count $(if $(UPDATE),--update)

check: ## Check format and lints
	cargo fmt --check
	cargo fmt --check --all --manifest-path $(BENCH_MANIFEST)
	cargo clippy --locked --all-targets -- -D warnings
	cargo clippy --locked --all-targets --manifest-path $(BENCH_MANIFEST) --target-dir target/bench -- -D warnings

mails: ## Write the approved mails of tests/golden anew, and print them; `git diff` shows what changed
	@cargo test --locked --lib --no-fail-fast -- report::tests >/dev/null 2>&1 || true
	@find tests/golden -name '*.new' -exec sh -c 'mv "$$1" "$${1%.new}"' sh {} \;
	@cargo test --locked --lib --quiet -- report::tests
	@tail -n +1 tests/golden/*.txt tests/golden/codes/*.txt

fuzz: $(TOOLS)/cargo-fuzz ## Feed made-up input to the parsers, the window, the report, the answer (EACH=60 seconds), to rules (WINDOWS=1000000), and lives to a stack (HISTORIES=5000)
	@for target in $(FUZZED); do \
	  mkdir -p fuzz/work/$$target && \
	  RUSTC_BOOTSTRAP=1 $(TOOLS)/cargo-fuzz run $$target fuzz/work/$$target fuzz/corpus/$$target -- \
	    $$([ $$target = quiet ] && echo '-runs=$(WINDOWS) -max_len=400' || echo '-max_total_time=$(EACH) -max_len=65536') -timeout=10 -print_final_stats=1 -verbosity=0 || exit 1; \
	done
	@seed=$(or $(SEED),$$(date +%s)); echo "the seed of these histories: SEED=$$seed"; \
	  KMS_ALARM_SEED=$$seed KMS_ALARM_HISTORIES=$(HISTORIES) cargo test --locked --test it histories::

deny: $(DENY) ## Check the licences and the origin of the crates
	$(DENY) --locked check bans licenses sources

audit: $(DENY) ## Ask the RustSec database about known faults of the crates (it is fetched from GitHub)
	$(DENY) --locked check advisories

build: ## Build the function as it is deployed
	cargo build --locked --release

release: .tools/sam/installed ## Write dist/kms-alarm-VERSION, which is deployed without a compiler
	@$(RELEASE) write

verify: .tools/sam/installed ## Tell whether such a folder is this source (DIST=the folder)
	@$(RELEASE) verify '$(or $(DIST),$(error say which folder: make verify DIST=...))'

clean: ## Remove what was built and installed
	rm -rf target dist fuzz/target fuzz/work tests/bench/peers/node_modules tests/bench/peers/dist .tools .aws-sam $(VENV)

# Cargo knows whether there is anything to build.
.PHONY: $(BENCH)
$(BENCH):
	cargo build --locked --release --manifest-path $(BENCH_MANIFEST) --target-dir target/bench

# The function as it is released; the tests run this one. It is a copy because one of them builds it again, with the same
# flags: others would compile everything again.
.PHONY: target/tests/bootstrap
target/tests/bootstrap: $(SAM)
	env -u CARGO_TARGET_DIR -u PYTHONDONTWRITEBYTECODE PATH="$(SAM_PATH)" SAM_CLI_TELEMETRY=0 \
	  RUSTFLAGS="$$($(RELEASE) flags)" sam build
	mkdir -p $(@D)
	cp -f .aws-sam/build/AlarmFunction/bootstrap $@

tests/bench/peers/dist/alert.js: tests/bench/peers/alert.mjs tests/bench/peers/package-lock.json
	npm --prefix tests/bench/peers ci --silent
	npm --prefix tests/bench/peers run --silent bundle

$(VENV)/installed: tests/requirements-pip.txt tests/requirements.txt
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed, as python3")'
	python3 -m venv $(VENV)
	$(PIP) install --quiet --require-hashes -r $<
	$(PIP) install --quiet --require-hashes -r $(word 2,$^)
	touch $@

$(TOOLS)/cargo-deny: VERSION := 0.20.2
$(TOOLS)/cargo-fuzz: VERSION := 0.13.2
# Debug builds: compiled in half the time, and fast enough.
$(TOOLS)/%:
	CARGO_TARGET_DIR=.tools/target cargo install --quiet --locked --debug --root .tools --version $(VERSION) \
	  $(if $(findstring deny,$*),--no-default-features) $*
	rm -rf .tools/target

# Each in an environment of its own, because they pin what others also need. The files name everything; left to
# itself, pip would look for the extras of packages that are pinned without. Python compiles what it uses by itself,
# but how fast the bench's starts is measured.
.tools/bench/installed: COMPILE := --compile
.tools/%/installed: tests/requirements-%.txt | $(VENV)/installed
	python3 -m venv --without-pip $(@D)
	$(PIP) --python $(@D)/bin/python install --quiet $(or $(COMPILE),--no-compile) --no-deps --require-hashes -r $<
	touch $@
