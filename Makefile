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
ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc)
endif

PACKAGES := ncursesw openblas sqlite3 yaml-0.1 jansson libzip zlib libutf8proc
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
FOLDERS  := ui src/commands src/jobs src/circuit src/formats db solver src/base
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
	@echo "make bench       speed, beside scikit-learn where it is installed"
	@echo "make fuzz        feed the file readers garbage (FUZZ_SECONDS=60 each)"
	@echo "make coverage    lines that the unit tests reach"
	@echo "make lint        static analysis     make format      clang-format"
	@echo "make picture     the README's picture, from a real run"
	@echo "make install     program, themes, sample data, man page (PREFIX=$(PREFIX), DESTDIR)"
	@echo "make deps        Debian packages     make dist        a source archive"

# ---- program ----

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

BUILD_DEPS := gcc make pkg-config libncurses-dev libopenblas-pthread-dev libsqlite3-dev libyaml-dev \
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
UNITS    := base solver db formats circuit jobs commands ui
unit_uses_base     := src/base
unit_uses_solver   := solver src/base
unit_uses_db       := db src/base
unit_uses_formats  := src/formats src/base
unit_uses_circuit  := src/circuit src/formats db solver src/base
unit_uses_jobs     := src/jobs src/circuit src/formats db solver src/base
unit_uses_commands := src/commands src/jobs src/circuit src/formats db solver src/base
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

check: check-deps
	@$(MAKE) check-all

compile_commands.json:
	@tests/compile_commands "$(CC) $(CPPFLAGS) $(CFLAGS)" $(wildcard $(FOLDERS:%=%/*.c)) src/main.c > $@

format:
	@clang-format-14 -i $(shell git ls-files '*.c' '*.h')

clean:
	@rm -rf .build circuitlasso compile_commands.json
