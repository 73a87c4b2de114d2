# Every command sets up what it needs, on a machine with Git, Python 3.11 and make.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
SETUP = exec "$(PYTHON)" tools/setup.py
# make test TESTS="tests/engine -k fence"
TESTS ?= tests
# Three at a time on two cores: while one waits for a minute without Redis, a frozen process or a lease, the others work.
JOBS ?= 3
RATE ?= 30
# make faults SEED=4711; one is drawn, and printed, when none is given
SEED ?=
FAULTS ?= 1000

.PHONY: run demo test lint oldest bench faults shots messages

run: ## the whole product; PORT=… chooses the port
	@$(SETUP) -- python manage.py up --with-parent

demo: ## a regional outage plays out by itself within ten minutes; RATE=30 is the world's speed
	@$(SETUP) -- python manage.py demo --rate $(RATE)

test: ## everything, the browser included
	@$(SETUP) --dev --browser -- python -m pytest -n $(JOBS) --dist loadgroup $(TESTS)

oldest: ## migrations, also against Django's own way, and the engine's tests on the oldest PostgreSQL that is supported, Debian's 15
	@$(SETUP) --dev -- python tools/oldest_postgres.py -n $(JOBS) --every-room tests/house/test_migrating.py tests/engine \
		--ignore=tests/engine/test_processes.py

lint: ## style, types, floors of the house, migrations, translations
	@$(SETUP) --dev -- python tools/lint.py

bench: ## what it measures, beside the plainest way, in the same run
	@$(SETUP) --dev -- python -m bench

faults: ## a thousand seeded faults while a world lives through 24 hours; SEED=… repeats a run
	@$(SETUP) --dev -- python -m tests.faults --long --faults $(FAULTS) $(if $(SEED),--seed $(SEED))

shots: ## pictures of every page into shots/; SHOTS="--few" or names of pages
	@$(SETUP) --dev --browser -- python tools/shots.py $(SHOTS)

messages: ## collect new strings into the catalogue, for translating
	@$(SETUP) --dev -- python manage.py catalogue_check --write
