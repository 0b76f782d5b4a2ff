# `make` alone prints the verbs. Needs Rust and Python 3; everything else is
# installed, pinned, into .venv, .tools and target.

.DEFAULT_GOAL := help
.PHONY: help demo sam test check mails build clean

VENV := .venv
PYTHON := PYTHONPATH=tests PYTHONDONTWRITEBYTECODE=1 $(VENV)/bin/python
BOOTSTRAP := target/release/bootstrap
# SAM and cargo-lambda are the user's when both are on PATH.
SAM := $(if $(and $(shell command -v sam),$(shell command -v cargo-lambda)),,.tools/sam/installed)

help: ## Print the verbs
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 14

demo: build $(VENV)/installed ## Run the whole chain on a local AWS (KEEP=1: leave it running after the deploy)
	@$(PYTHON) -m scenario $(if $(KEEP),--keep)

sam: $(VENV)/installed $(SAM) ## Validate, build, deploy, change and remove it with SAM, on a local AWS
	@$(PYTHON) -m scenario sam

test: build $(VENV)/installed $(SAM) .tools/checkov/installed ## Run every test
	@$(PYTHON) tests/run.py

check: ## Check format and lints
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings

mails: ## Write the approved mails of tests/golden anew, and print them; `git diff` shows what changed
	@cargo test --locked --lib --no-fail-fast -- message::tests >/dev/null 2>&1 || true
	@find tests/golden -name '*.new' -exec sh -c 'mv "$$1" "$${1%.new}"' sh {} \;
	@cargo test --locked --lib --quiet -- message::tests
	@tail -n +1 tests/golden/*.txt tests/golden/codes/*.txt

build: ## Build the function as it is deployed
	cargo build --locked --release

clean: ## Remove what was built and installed
	rm -rf target $(VENV) .tools .aws-sam

$(VENV)/installed: tests/requirements.txt
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed, as python3")'
	python3 -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	touch $@

# Each in an environment of its own, because they pin what others also need. The files name everything; left to
# itself, pip would look for the extras of packages that are pinned without.
.tools/%/installed: tests/requirements-%.txt
	python3 -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	touch $@
