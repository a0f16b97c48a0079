# circuitlasso: everything is built, tried and installed from here. `make help` lists the targets.
#
# CC, SANITIZE and PROFILE choose a variant; each variant has its own folder below .build, so
# that they never mix:  make CC=clang-14 SANITIZE=address,undefined unit

VERSION  := 0.1.0
CC       := gcc
SANITIZE :=
PREFIX   ?= /usr/local
DESTDIR  ?=
VARIANT  := $(notdir $(CC))$(if $(SANITIZE),-$(subst $(empty) ,-,$(subst $(comma), ,$(SANITIZE))))$(if $(COVERAGE),-coverage)
comma    := ,
B        := .build/$(VARIANT)
MAKEFLAGS += --no-print-directory -j$(shell nproc)

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
LDFLAGS  += -fsanitize=$(SANITIZE)
endif
ifneq ($(COVERAGE),)
CFLAGS   += --coverage
LDFLAGS  += --coverage
endif

# One archive a folder. The order is the order of dependence: a folder may use those to its right.
FOLDERS  := ui src/commands src/jobs src/circuit src/formats db solver src/base
archive   = $(B)/$(subst /,-,$(1)).a
objects   = $(patsubst %.c,$(B)/%.o,$(wildcard $(1)/*.c))
ARCHIVES := $(foreach f,$(FOLDERS),$(call archive,$(f)))

.PHONY: all
all: circuitlasso

circuitlasso: $(B)/circuitlasso
	@cp $< $@

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

define UNIT_RULE
$(B)/unit-$(1): $(patsubst %.c,$(B)/%.o,$(wildcard tests/unit/$(1)_*.c) $(if $(filter solver,$(1)),$(wildcard tests/oracle/*.c))) $(foreach f,$(unit_uses_$(1)),$(call archive,$(f)))
	@echo "  link     $$@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $$@ $$^ $(LDLIBS) -lcriterion
endef
$(foreach u,$(UNITS),$(eval $(call UNIT_RULE,$(u))))

-include $(shell find $(B) -name '*.d' 2>/dev/null)
