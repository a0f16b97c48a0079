# circuitlasso: everything is built, tried and installed from here. `make help` lists the targets.
#
# CC, SANITIZE and COVERAGE choose a variant; each variant has its own folder below .build, so
# that they never mix:  make CC=clang-14 SANITIZE=address,undefined unit

VERSION  := 0.1.0
CC       := gcc
SANITIZE :=
COVERAGE :=
PREFIX   ?= /usr/local
DESTDIR  ?=
comma    := ,
VARIANT  := $(notdir $(CC))$(if $(SANITIZE),-$(subst $(comma),-,$(SANITIZE)))$(if $(COVERAGE),-coverage)
B        := .build/$(VARIANT)
MAKEFLAGS += --no-print-directory
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif

PACKAGES := ncursesw sqlite3 yaml-0.1 jansson libzip zlib libutf8proc
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wvla -Werror
CPPFLAGS += -D_GNU_SOURCE -I. -I$(B) $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
CPPFLAGS += -DCIRCUITLASSO_VERSION='"$(VERSION)"' -DCIRCUITLASSO_SHARE='"$(PREFIX)/share/circuitlasso"'
OPTIMISE := $(if $(SANITIZE)$(COVERAGE),-O1 -fno-omit-frame-pointer,-O2)
CFLAGS   += -std=c11 -g $(OPTIMISE) $(WARNINGS) -pthread
LDLIBS   += $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lm
LDFLAGS  += -pthread
ifneq ($(SANITIZE),)
CFLAGS   += -fsanitize=$(SANITIZE) $(if $(findstring undefined,$(SANITIZE)),-fno-sanitize-recover=all)
endif
ifneq ($(COVERAGE),)
CFLAGS   += --coverage
endif

# One archive a folder, in the order of dependence: a folder may use those to its right.
FOLDERS  := ui src/commands src/jobs src/wiring src/circuit src/formats db solver src/base
archive   = $(B)/$(subst /,-,$(1)).a
objects   = $(patsubst %.c,$(B)/%.o,$(wildcard $(1)/*.c))
ARCHIVES := $(foreach f,$(FOLDERS),$(call archive,$(f)))

.PHONY: all help deps demo check unit screens robustness threads bench fuzz coverage format lint \
        install uninstall man picture dist clean compile_commands.json
all: circuitlasso

help:
	@echo "make             build ./circuitlasso"
	@echo "make demo        install what is missing, build, import and fit the sample, open it"
	@echo "make check       all tests: gcc, clang, sanitizers, screens, kills (installs what is missing)"
	@echo "make unit        unit tests          make screens     golden screens in a pseudo-terminal"
	@echo "make threads     thread sanitizer    make robustness  kills, two processes at once"
	@echo "make bench       speed, beside scikit-learn and others where they are installed"
	@echo "make recovery    how much of a planted circuit is found, by sample size"
	@echo "make fuzz        feed the file readers garbage (FUZZ_SECONDS=60 each)"
	@echo "make coverage    lines that the unit tests reach"
	@echo "make lint        static analysis     make format      clang-format"
	@echo "make picture     the README's pictures and keys, from a real run"
	@echo "make install     program, themes, sample data, man page (PREFIX=$(PREFIX), DESTDIR)"
	@echo "make deps        Debian packages     make dist        a source archive"

# ---- program ----

# The variant that was built last; a plain file, so its age says nothing.
.PHONY: circuitlasso
circuitlasso: $(B)/circuitlasso
	@ln -f $< $@ 2>/dev/null || cp -f $< $@

$(B)/circuitlasso: $(B)/src/main.o $(ARCHIVES)
	@echo "  link     $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(B)/src/main.o $(ARCHIVES) $(LDLIBS)

define FOLDER_RULE
$(call archive,$(1)): $(call objects,$(1))
	@rm -f $$@ && ar rcs $$@ $$^
endef
$(foreach f,$(FOLDERS),$(eval $(call FOLDER_RULE,$(f))))

.PRECIOUS: $(B)/%.o
$(B)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  compile  $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# SQL that the program carries with it, as a C string: db/schema.sql -> $(B)/db/schema.sql.h
$(B)/%.sql.h: %.sql
	@mkdir -p $(@D)
	@sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$$/\\n"/' $< > $@

$(call objects,db): $(patsubst %,$(B)/%.h,$(wildcard db/*.sql))

-include $(shell find $(B) -name '*.d' 2>/dev/null)

# ---- what Debian must provide ----

BUILD_DEPS := gcc make pkg-config libncurses-dev libsqlite3-dev libyaml-dev \
              libjansson-dev libzip-dev zlib1g-dev libutf8proc-dev
CHECK_DEPS := $(BUILD_DEPS) libcriterion-dev libvterm-dev clang-14 libclang-rt-14-dev

# $(call install_missing,PACKAGES): apt only when something is missing, sudo only when needed
define install_missing
	@missing=""; for p in $(1); do dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
	[ -z "$$missing" ] && exit 0; \
	command -v apt-get >/dev/null || { echo "make deps: this machine has no apt-get; install by hand:$$missing" >&2; exit 1; }; \
	if [ "$$(id -u)" = 0 ]; then as=""; elif command -v sudo >/dev/null; then as="sudo"; else \
	  echo "make deps: installing packages needs root, and there is no sudo; as root: apt-get install$$missing" >&2; exit 1; fi; \
	echo "installing:$$missing"; \
	{ $$as apt-get update -qq && $$as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; } || \
	{ echo "make deps: apt-get could not install:$$missing" >&2; exit 1; }
endef

deps:
	$(call install_missing,$(BUILD_DEPS))

.PHONY: check-deps
check-deps:
	$(call install_missing,$(CHECK_DEPS))

# The sub-make reads pkg-config again, after the packages are there.
demo: deps
	@$(MAKE) circuitlasso
	@./circuitlasso demo

# ---- tests ----

# Unit tests: tests/unit/<folder>_<what>.c, one program a folder, linked with what that folder may
# use and nothing more, so that a dependence that runs the wrong way does not link.
UNITS    := base solver db formats circuit wiring jobs commands ui
unit_uses_base     := src/base
unit_uses_solver   := solver src/base
unit_uses_db       := db src/base
unit_uses_formats  := src/formats src/base
unit_uses_circuit  := src/circuit src/formats db solver src/base
unit_uses_wiring   := src/wiring solver src/base
unit_uses_jobs     := src/jobs src/wiring src/circuit src/formats db solver src/base
unit_uses_commands := src/commands src/jobs src/wiring src/circuit src/formats db solver src/base
unit_uses_ui       := $(FOLDERS)
UNITS    := $(foreach u,$(UNITS),$(if $(wildcard tests/unit/$(u)_*.c),$(u)))

define UNIT_RULE
$(B)/unit-$(1): $(patsubst %.c,$(B)/%.o,$(wildcard tests/unit/$(1)_*.c) $(if $(filter solver,$(1)),$(wildcard tests/oracle/*.c))) $(foreach f,$(unit_uses_$(1)),$(call archive,$(f)))
	@echo "  link     $$@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $$@ $$^ $(LDLIBS) -lcriterion
endef
$(foreach u,$(UNITS),$(eval $(call UNIT_RULE,$(u))))

.PHONY: unit-programs
unit-programs: $(UNITS:%=$(B)/unit-%)

unit: unit-programs
	@tests/run_units $(UNITS:%=$(B)/unit-%)

# Golden screens: the real program in a pseudo-terminal, read through a terminal emulator.
$(B)/screens: $(patsubst %.c,$(B)/%.o,$(wildcard tests/ui/*.c)) $(call archive,src/base)
	@echo "  link     $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lvterm -lutil

.PHONY: screen-programs
screen-programs: $(B)/screens $(B)/circuitlasso

screens: screen-programs
	@$(B)/screens $(B)/circuitlasso

# Judges of a fit of the sample that share no code with the program.
JUDGES := $(B)/oracle-certify $(B)/oracle-effects
$(B)/oracle-%: $(B)/tests/oracle/sample/%.o $(B)/tests/oracle/sample/sample.o
	@echo "  link     $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs libzip sqlite3) -lm

.PHONY: sample-programs sample
sample-programs: $(JUDGES) $(B)/circuitlasso
sample: sample-programs
	@tests/oracle/sample/judge $(B)

# Threads under the thread sanitizer: plain programs, the unit test framework does not survive it.
THREADED := $(patsubst tests/robustness/%.c,%,$(wildcard tests/robustness/*_threads.c))
$(B)/threads-%: $(B)/tests/robustness/%.o $(filter-out $(call archive,ui),$(ARCHIVES))
	@echo "  link     $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

.PHONY: threads-programs
threads-programs: $(THREADED:%=$(B)/threads-%)

threads:
	@$(MAKE) CC=clang-14 SANITIZE=thread threads-programs
	@tests/run_threads $(THREADED:%=.build/clang-14-thread/threads-%)

# Kills at random moments, two processes on one workspace.
ROBUST := $(filter-out $(THREADED),$(patsubst tests/robustness/%.c,%,$(wildcard tests/robustness/*.c)))
$(B)/robust-%: $(B)/tests/robustness/%.o $(filter-out $(call archive,ui),$(ARCHIVES))
	@echo "  link     $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lutil

.PHONY: robust-programs
robust-programs: $(ROBUST:%=$(B)/robust-%) $(B)/circuitlasso
robustness: robust-programs
	@for test in $(ROBUST:%=$(B)/robust-%); do $$test $(B)/circuitlasso || exit 1; done

check: check-deps
	@$(MAKE) check-all

# In order, so that what fails is easy to see; tests/check adds up what each step counted.
.PHONY: check-all
check-all:
	@tests/check

coverage:
	@$(MAKE) COVERAGE=1 unit
	@gcovr -r . --object-directory .build/gcc-coverage -e tests --sort-percentage

# ---- speed ----

$(B)/bench-solver: $(patsubst %.c,$(B)/%.o,tests/bench/solver_bench.c tests/bench/gen.c) $(call archive,solver) $(call archive,src/base)
	@echo "  link     $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/bench-growth: $(B)/tests/bench/growth_bench.o $(B)/tests/bench/chart.o
	@echo "  link     $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lm

$(B)/bench-study: $(B)/tests/bench/big_study.o $(call archive,db) $(call archive,src/base)
	@echo "  link     $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/bench-screen: $(B)/tests/bench/screen_bench.o
	@echo "  link     $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lutil

$(B)/bench-recovery: $(patsubst %.c,$(B)/%.o,tests/bench/recovery_bench.c tests/bench/chart.c) $(filter-out $(call archive,ui),$(ARCHIVES))
	@echo "  link     $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# How much of a planted circuit is found: tables into RESULTS.md and the README, and a picture.
.PHONY: recovery
recovery: $(B)/bench-recovery
	@tests/bench/recovery $(B)

# BENCH=all has the peers solve the large problem too (half an hour more); BENCH_DATA is where generated
# data are kept; PYTHON is one that has the peers (skglm, celer, adelie, torch), if Debian's has not.
.PHONY: bench-programs
bench-programs: $(B)/bench-solver $(B)/bench-growth $(B)/bench-study $(B)/bench-screen $(B)/bench-recovery $(B)/circuitlasso
bench: bench-programs
	@BENCH="$(BENCH)" tests/bench/run $(B) | tee tests/bench/RESULTS.md

# ---- garbage for the readers ----

FUZZ_SECONDS ?= 60
FUZZERS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c))
FUZZ_B  := .build/clang-14-fuzzer-no-link-address-undefined
$(B)/%-fuzzer: $(B)/tests/fuzz/%.o $(call archive,src/formats) $(call archive,src/base)
	@echo "  link     $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)

.PHONY: fuzz-programs
fuzz-programs: $(FUZZERS:%=$(B)/%-fuzzer)
fuzz:
	@$(MAKE) CC=clang-14 SANITIZE=fuzzer-no-link,address,undefined fuzz-programs
	@tests/fuzz/run $(FUZZ_B) $(FUZZ_SECONDS) $(FUZZERS)

# ---- house-keeping ----

compile_commands.json:
	@for f in $(wildcard $(FOLDERS:%=%/*.c)) src/main.c; do \
	  printf '{"directory": "%s", "file": "%s", "command": "%s -c %s"},\n' "$(CURDIR)" "$$f" \
	    '$(subst ','\'',$(subst ",\",$(CC) $(CPPFLAGS) $(CFLAGS)))' "$$f"; done | sed -e '1s/^/[/' -e '$$s/,$$/]/' > $@

lint: compile_commands.json
	@cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
	  --suppress=missingIncludeSystem -I. -D_GNU_SOURCE -DCIRCUITLASSO_VERSION='"x"' -DCIRCUITLASSO_SHARE='"x"' \
	  src solver db ui
	@clang-tidy-14 --quiet -p . $(wildcard $(FOLDERS:%=%/*.c)) src/main.c

format:
	@clang-format-14 -i $(shell git ls-files '*.c' '*.h')

man: circuitlasso
	@mkdir -p $(B)
	@./circuitlasso help --man > $(B)/circuitlasso.1

# The README's pictures and its table of keys, from the program itself.
picture: screen-programs
	@$(B)/screens $(B)/circuitlasso --update tests/ui/tour.script
	@tests/readme $(B)/circuitlasso

install: circuitlasso man
	install -D -m 755 circuitlasso $(DESTDIR)$(PREFIX)/bin/circuitlasso
	install -D -m 644 $(B)/circuitlasso.1 $(DESTDIR)$(PREFIX)/share/man/man1/circuitlasso.1
	install -d $(DESTDIR)$(PREFIX)/share/circuitlasso/themes
	install -m 644 themes/*.yaml $(DESTDIR)$(PREFIX)/share/circuitlasso/themes
	cp -R sample_data $(DESTDIR)$(PREFIX)/share/circuitlasso/

uninstall:
	rm -rf $(DESTDIR)$(PREFIX)/bin/circuitlasso $(DESTDIR)$(PREFIX)/share/circuitlasso \
	  $(DESTDIR)$(PREFIX)/share/man/man1/circuitlasso.1

dist:
	@git archive --prefix=circuitlasso-$(VERSION)/ -o circuitlasso-$(VERSION).tar.gz HEAD

clean:
	@rm -rf .build circuitlasso compile_commands.json
