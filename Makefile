# Every target does the set-up that is missing, and only that.
STATE  := .state
PYTHON ?= python3
BIN    := $(STATE)/venv/bin
# Whatever programs want to keep or drop, they do it inside the checkout.
RUN    := @mkdir -p $(STATE)/tmp && env TMPDIR=$(CURDIR)/$(STATE)/tmp XDG_CACHE_HOME=$(CURDIR)/$(STATE)/home/cache \
  XDG_CONFIG_HOME=$(CURDIR)/$(STATE)/home/config XDG_DATA_HOME=$(CURDIR)/$(STATE)/home/data $(BIN)/python
SUDO   := $(if $(filter 0,$(shell id -u)),,sudo)

# The card reader's daemon and module, a software HSM, a real IPP printer process, a browser (libatomic1 is its
# driver's), fonts, WeasyPrint's libraries; Ghostscript for printers that cannot read PDF; openssl is what the
# benchmark compares with.
DEMO_PACKAGES := python3-venv pcscd opensc opensc-pkcs11 softhsm2 cups-ipp-utils dbus-daemon chromium iproute2 libatomic1 openssl \
  fonts-ipamj-mincho fonts-noto-cjk libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 poppler-utils ghostscript
# The Nu HTML checker runs on Java; axe-core and the checker come as npm packages.
TEST_PACKAGES := default-jre-headless npm

.PHONY: help demo test check bench proof crash mutation residents removals forms names papers tampering format clean
help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

demo: $(STATE)/ready ## start the whole house on this machine (ONCE=1: one certificate and one 転出届, then stop)
	$(RUN) -m tests.world.demo $(if $(ONCE),--once)

test: $(STATE)/ready $(STATE)/test-ready ## run the whole suite (ARGS="…": pytest with these instead)
	$(RUN) -m $(if $(ARGS),pytest $(ARGS),tests.suite)

check: $(STATE)/ready ## lint, types, import contracts, translations
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	$(RUN) -m pytest -q tests/whole/test_translations.py

bench: $(STATE)/ready ## measure; prints `bench: NAME VALUE UNIT` (ARGS="NAME …": only these measurements)
	$(RUN) -m tests.bench $(ARGS)

proof: $(STATE)/ready ## kiosks, faces and workers under faults: nobody gets another's paper (N=300 deliveries, BREAK=, ARGS=)
	$(RUN) -m tests.proof --deliveries $(or $(N),300) $(if $(BREAK),--broken $(BREAK)) $(ARGS)

crash: $(STATE)/ready ## print agents killed, printers cut off from power: nothing twice, cut off or claimed wrongly (N=500 deaths, CUTS=120)
	$(RUN) -m tests.print_agent.crash $(or $(N),500) $(or $(CUTS),120)

mutation: $(STATE)/ready ## change the validator one place at a time; some test must notice nine of ten
	$(RUN) -m tests.mutation

residents: $(STATE)/ready ## 1,000 residents in turn on one reader: whose certificate came out, what memory did (20 minutes)
	$(RUN) -m tests.bench.residents

removals: $(STATE)/ready ## the card pulled at every command of a log-in: tries, words, the next resident (5 minutes)
	$(RUN) -m tests.bench.removals

forms: $(STATE)/ready ## 500 households set by the compiled forms and by WeasyPrint: the same characters at the same places (10 minutes)
	$(RUN) -m tests.portal.certificates.differential

names: $(STATE)/ready ## 2,000 hard names: each printed exactly or refused by name (1 minute)
	$(RUN) -m tests.portal.certificates.hard_names

papers: $(STATE)/ready ## 500 sheets printed, folded, copied, photographed, half of them forged: what is read, what is believed (N=)
	$(RUN) -m tests.world.paper.campaign $(or $(N),500)

tampering: $(STATE)/ready ## the book of who looked, its seals and anchors tampered with, N=200 times each way: all found and located
	$(RUN) -m tests.portal.audit.campaign $(or $(N),200)

format: $(STATE)/ready ## bring the code into its form
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

clean: ## remove everything that set-up and runs have made
	rm -rf $(STATE)

$(STATE)/ready: $(STATE)/packages-demo $(STATE)/venv.lock $(wildcard */translations/*/LC_MESSAGES/*.po */*/translations/*/LC_MESSAGES/*.po)
	@for folder in $$(find kiosk portal -type d -name translations); do $(BIN)/pybabel -q compile -d $$folder; done
	@touch $@

$(STATE)/test-ready: $(STATE)/packages-test tests/tools/package-lock.json
	@cd tests/tools && npm ci --silent --no-audit --no-fund --cache ../../$(STATE)/home/npm
	@touch $@

$(STATE)/packages-%: Makefile
	@mkdir -p $(STATE)
	@missing=""; for package in $(if $(filter demo,$*),$(DEMO_PACKAGES),$(TEST_PACKAGES)); do \
	  case $$package in npm) command -v npm >/dev/null && continue;; esac; \
	  dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; done; \
	if [ -n "$$missing" ]; then echo "installing:$$missing"; \
	  $(SUDO) apt-get update -q && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -q --no-install-recommends $$missing; fi
	@touch $@

$(STATE)/venv.lock: $(STATE)/packages-demo requirements.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv $(STATE)/venv
	@$(BIN)/python -m pip --cache-dir $(STATE)/home/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@cp requirements.lock $@
