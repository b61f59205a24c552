# SPDX-License-Identifier: MIT
#
# pritunl-access is built by GNU make (4.3 or newer) and pkg-config.
#
#   make              build/pritunl-access; installs nothing
#   make demo         the tour: a database, a stand-in Pritunl, and the program at work
#   make check        unit tests and end-to-end tests (check-unit, check-e2e: one of the two)
#   make matrix       the round trips of the formats, as a table
#   make bench        whole runs, timed beside what they replace
#   make check-asan   both once more, under AddressSanitizer and UBSan
#   make check-faults the long form of some of them: killed, failed, lied to, many at once; FULL=1 at every point
#   make check-valgrind, check-tsan   the unit tests and a few runs under valgrind; under ThreadSanitizer
#   make fuzz         FUZZ_S=10 seconds of libFuzzer for each reader of bytes from outside
#   make cover        which lines and branches all tests reach, file by file
#   make analyze      gcc's static analyser over src/; clang's is a part of lint
#   make mutants      twenty planted faults, each caught by the test that is named beside it
#   make lint         every checker of the house rules (tools/lint)
#   make doc          the man pages, from the program's own tables
#   make pictures     what it looks like on a terminal, in doc/pictures, from real runs
#   make deps         installs what these need; demo, lint and the checks do it by themselves
#   make static       build/static/pritunl-access, one file for any Linux host (tools/static)
#   make check-static all tests on it
#   make deb          it as a Debian package; make tarball: as an archive with checksums, notices and the list of what is in it
#   make install      PREFIX=/usr/local DESTDIR=; make uninstall takes it away again
#   make dist         build/pritunl-access-VERSION.tar.gz of the last commit
#   make clean        takes build/ away
#
# V=1 shows the commands. CI=true in the environment makes warnings errors. CK_RUN_SUITE=buf build/unit runs one suite.
#
# Every path is relative, so that the checkout may lie anywhere, blanks in its path included. Everything that is made
# lies in build/; each file is written beside its place and then renamed, so that two makes may run here at once.

VERSION := 0.1.0

PREFIX      = /usr/local
BINDIR      = $(PREFIX)/bin
MANDIR      = $(PREFIX)/share/man
BASHCOMPDIR = $(PREFIX)/share/bash-completion/completions
ZSHCOMPDIR  = $(PREFIX)/share/zsh/site-functions
FISHCOMPDIR = $(PREFIX)/share/fish/vendor_completions.d
UNITDIR     = $(PREFIX)/lib/systemd/system
INSTALL     = install
PYTHON      = python3

# What `make deps` installs, by Debian's names. tools/venv adds python3-venv where Python cannot do without it.
PACKAGES_BUILD = pkg-config libmongoc-dev libbson-dev libcurl4-openssl-dev libssl-dev libjansson-dev libutf8proc-dev libyaml-dev
PACKAGES_TEST  = bash-completion binutils check curl dash fish golang-go jq mandoc nodejs openssl ruby-dotenv strace tmux zsh
PACKAGES_LINT  = cppcheck shellcheck
PACKAGES_STATIC = cmake dpkg-dev gcc libc6-dev patch perl
PACKAGES_PROOF  = clang valgrind

# Parallel unless told otherwise: a -j on the command line wins over this one.
MAKEFLAGS += --no-builtin-rules -j$(shell nproc 2>/dev/null || echo 2)
.DELETE_ON_ERROR:
Q = $(if $(V),,@)
, := ,

# Python's compiled files would lie beside the sources; without them every worker of pytest compiles all tests anew.
export PYTHONPYCACHEPREFIX = $(CURDIR)/build/pycache
unexport PYTHONDONTWRITEBYTECODE

# ---- sources -----------------------------------------------------------------------------------------------------

ROOMS   = base io pritunl api format place step cli cmd
SOURCES = $(wildcard src/main.c $(ROOMS:%=src/%/*.c)) build/gen/queries.c
UNIT    = $(wildcard tests/unit/*.c) tests/fuzz/targets.c build/gen/unit_main.c
SUITES  = $(wildcard tests/unit/test_*.c)
QUERIES = $(wildcard queries/*.json)

# Two trees of objects that mirror the sources: build/obj for use, build/asan/obj for the sanitizers.
OBJECTS           = $(SOURCES:%.c=build/obj/%.o)
UNIT_OBJECTS      = $(UNIT:%.c=build/obj/%.o)
ASAN_OBJECTS      = $(SOURCES:%.c=build/asan/obj/%.o)
ASAN_UNIT_OBJECTS = $(UNIT:%.c=build/asan/obj/%.o)
STATIC_OBJECTS    = $(SOURCES:%.c=build/static/obj/%.o) build/static/obj/tools/static/wipe.o
STATIC_UNIT_OBJECTS = $(UNIT:%.c=build/static/obj/%.o)
TSAN_OBJECTS       = $(SOURCES:%.c=build/tsan/obj/%.o)
TSAN_UNIT_OBJECTS  = $(UNIT:%.c=build/tsan/obj/%.o)
COVER_OBJECTS      = $(SOURCES:%.c=build/cover/obj/%.o) build/cover/obj/tests/proof/cover.o
COVER_UNIT_OBJECTS = $(UNIT:%.c=build/cover/obj/%.o)
FUZZ_OBJECTS       = $(patsubst %.c,build/fuzz/obj/%.o,$(filter-out src/main.c,$(SOURCES)) tests/fuzz/targets.c tests/fuzz/main.c)
ANALYZE_OBJECTS    = $(SOURCES:%.c=build/analyze/obj/%.o)
PROOF_OBJECTS      = $(TSAN_OBJECTS) $(TSAN_UNIT_OBJECTS) $(COVER_OBJECTS) $(COVER_UNIT_OBJECTS) $(FUZZ_OBJECTS) $(ANALYZE_OBJECTS)
ALL_OBJECTS       = $(OBJECTS) build/obj/tests/readers/encode.o build/obj/tests/verifying.o $(UNIT_OBJECTS) \
                    $(ASAN_OBJECTS) $(ASAN_UNIT_OBJECTS) $(STATIC_OBJECTS) $(STATIC_UNIT_OBJECTS) $(PROOF_OBJECTS) \
                    $(patsubst %,build/%/obj/tests/verifying.o,asan static cover)

# ---- flags -------------------------------------------------------------------------------------------------------

# CFLAGS, CPPFLAGS, LDFLAGS and LDLIBS are the user's; they come last, and only the release build takes them.
CFLAGS ?= -O2 -g

LANGUAGE = -std=c11 -pthread -D_GNU_SOURCE -Isrc -Ibuild/gen
WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wformat=2 -Wundef -Wvla -Wstrict-prototypes \
           -Wmissing-prototypes $(if $(CI),-Werror)

# A distribution's compiler may define FORTIFY_SOURCE itself. cf-protection is for x86 alone.
X86           := $(filter x86_64 i%86,$(if $(CROSS),$(firstword $(subst -, ,$(CROSS))),$(shell uname -m)))
HARDENING      = -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection -fPIE \
                 $(if $(X86),-fcf-protection)
HARDENING_LINK = -pie -Wl,-z,relro,-z,now,-z,noexecstack

# Without the hardening: FORTIFY and the stack protector hide from the sanitizers what they look for.
SANITIZERS = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

# pkg-config is asked when a recipe needs the answer, not when this file is read: `make check` may be what installs it.
# The first use replaces the variable by its value, so that it is asked once.
once       = $(eval $(1) := $(2))$($(1))
PKG_CFLAGS = $(call once,PKG_CFLAGS,$(shell tools/pkg-flags --cflags))
PKG_LIBS   = $(call once,PKG_LIBS,$(shell tools/pkg-flags --libs))
CHECK_LIBS = $(call once,CHECK_LIBS,$(shell tools/pkg-flags --libs check))

COMPILE      = $(LANGUAGE) $(WARNINGS) $(PKG_CFLAGS) $(HARDENING) $(CPPFLAGS) $(CFLAGS)
COMPILE_ASAN = $(LANGUAGE) $(WARNINGS) $(PKG_CFLAGS) $(SANITIZERS)
COMPILE_TSAN = $(LANGUAGE) $(WARNINGS) $(PKG_CFLAGS) -O1 -g -fsanitize=thread
LINK_TSAN    = -pthread -fsanitize=thread
COMPILE_COVER = $(LANGUAGE) $(WARNINGS) $(PKG_CFLAGS) -O0 -g --coverage -fprofile-update=atomic
LINK_COVER   = -pthread --coverage -Wl,--wrap=_exit,--wrap=execve,--wrap=raise
COMPILE_ANALYZE = $(LANGUAGE) $(WARNINGS) $(PKG_CFLAGS) -O2 -fanalyzer -Werror
# The macro is what gcc says by itself: buffers are fenced here, too.
FUZZING      = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
COMPILE_FUZZ = $(LANGUAGE) $(PKG_CFLAGS) $(FUZZING) -fsanitize=fuzzer-no-link -D__SANITIZE_ADDRESS__=1
LINK_FUZZ    = -pthread $(FUZZING) -fsanitize=fuzzer
LINK         = -pthread $(HARDENING) $(HARDENING_LINK) $(CFLAGS) $(LDFLAGS)
LINK_ASAN    = -pthread $(SANITIZERS)

# Only files that name the version are given it.
VERSION_FLAG   = -DPRITUNL_ACCESS_VERSION='"$(VERSION)"'
VERSION_USERS := $(shell grep -l PRITUNL_ACCESS_VERSION $(wildcard src/*.c src/*/*.c tests/unit/*.c) /dev/null)
TREES = obj asan/obj static/obj tsan/obj cover/obj fuzz/obj analyze/obj
$(foreach tree,$(TREES),$(VERSION_USERS:%.c=build/$(tree)/%.o)): private EXTRA += $(VERSION_FLAG)

# The suites' prototypes are in the generated main alone.
$(UNIT_OBJECTS) $(ASAN_UNIT_OBJECTS) $(STATIC_UNIT_OBJECTS) $(TSAN_UNIT_OBJECTS) $(COVER_UNIT_OBJECTS): private EXTRA += -Wno-missing-prototypes

# ---- order -------------------------------------------------------------------------------------------------------

# These goals install what they need, before anything else is made; a bare `make` only says what is missing.
PROOF      = check-valgrind check-tsan fuzz cover mutants analyze
STATIC     = static deb tarball
INSTALLING = check check-unit check-e2e check-asan check-faults check-static matrix bench demo pictures lint $(STATIC) $(PROOF)

# The demo needs neither the formats' readers nor a checker, and the checkers are lint's alone.
GOALS      = $(filter deps $(INSTALLING),$(MAKECMDGOALS))
PACKAGES   = $(if $(filter-out $(STATIC),$(GOALS)),$(PACKAGES_BUILD)) $(if $(filter-out demo bench pictures $(STATIC),$(GOALS)),$(PACKAGES_TEST)) \
             $(if $(filter deps lint,$(GOALS)),$(PACKAGES_LINT)) $(if $(filter $(STATIC),$(GOALS)),$(PACKAGES_STATIC)) \
             $(if $(filter $(PROOF),$(GOALS)),$(PACKAGES_PROOF))

# `make clean all`: make must not look at what is there before it is gone.
ifneq ($(filter clean,$(MAKECMDGOALS)),)
.NOTPARALLEL:
endif

# `make lint check-asan`: one after the other, in the order given. Their outputs would mix.
earlier :=
$(foreach goal,$(filter $(INSTALLING),$(MAKECMDGOALS)),\
    $(if $(earlier),$(eval $(goal): | $(earlier)))$(eval earlier := $(goal)))

# ---- build -------------------------------------------------------------------------------------------------------

.DEFAULT_GOAL := all
.PHONY: all $(INSTALLING) doc deps packages requisites venv readers install uninstall dist clean FORCE

all: build/pritunl-access

build/pritunl-access: $(OBJECTS)
	$(call link,$(LINK),$(PKG_LIBS) $(LDLIBS))

build/unit: $(UNIT_OBJECTS) $(filter-out %/src/main.o,$(OBJECTS))
	$(call link,$(LINK),$(CHECK_LIBS) $(PKG_LIBS) $(LDLIBS))

# The tests run it hundreds of times: what it does not use stays out of it, libmongoc above all, whose start takes longest.
build/encode: build/obj/tests/readers/encode.o build/obj/all.a
	$(call link,$(LINK) -Wl$(,)--as-needed,$(PKG_LIBS) $(LDLIBS))

build/obj/all.a: $(filter-out %/src/main.o,$(OBJECTS))
	$(Q)rm -f $@.$$$$ && ar qcs $@.$$$$ $^ && mv -f $@.$$$$ $@

# The program with two commands in which every change is verified, for one test.
build/verifying: build/obj/tests/verifying.o $(filter-out %/cmd/disable.o %/cmd/forget.o,$(OBJECTS))
	$(call link,$(LINK),$(PKG_LIBS) $(LDLIBS))

build/asan/verifying: build/asan/obj/tests/verifying.o $(filter-out %/cmd/disable.o %/cmd/forget.o,$(ASAN_OBJECTS))
	$(call link,$(LINK_ASAN),$(PKG_LIBS))

build/cover/verifying: build/cover/obj/tests/verifying.o $(filter-out %/cmd/disable.o %/cmd/forget.o,$(COVER_OBJECTS))
	$(call link,$(LINK_COVER),$(PKG_LIBS))

build/asan/pritunl-access: $(ASAN_OBJECTS)
	$(call link,$(LINK_ASAN),$(PKG_LIBS))

build/asan/unit: $(ASAN_UNIT_OBJECTS) $(filter-out %/src/main.o,$(ASAN_OBJECTS))
	$(call link,$(LINK_ASAN),$(CHECK_LIBS) $(PKG_LIBS))

# One more tree of objects for each way to look at the same sources.
build/tsan/pritunl-access: $(TSAN_OBJECTS)
	$(call link,$(LINK_TSAN),$(PKG_LIBS))

build/tsan/unit: $(TSAN_UNIT_OBJECTS) $(filter-out %/src/main.o,$(TSAN_OBJECTS))
	$(call link,$(LINK_TSAN),$(CHECK_LIBS) $(PKG_LIBS))

build/cover/pritunl-access: $(COVER_OBJECTS)
	$(call link,$(LINK_COVER),$(PKG_LIBS))

build/cover/unit: $(COVER_UNIT_OBJECTS) $(filter-out %/src/main.o,$(COVER_OBJECTS))
	$(call link,$(LINK_COVER),$(CHECK_LIBS) $(PKG_LIBS))

build/fuzz/fuzz: private CC = clang
build/fuzz/fuzz: $(FUZZ_OBJECTS)
	$(call link,$(LINK_FUZZ),$(PKG_LIBS))

build/tsan/obj/%.o: %.c build/tsan/obj/flags
	$(call compile,$(COMPILE_TSAN))

build/cover/obj/%.o: %.c build/cover/obj/flags
	$(call compile,$(COMPILE_COVER))

build/fuzz/obj/%.o: private CC = clang
build/fuzz/obj/%.o: %.c build/fuzz/obj/flags
	$(call compile,$(COMPILE_FUZZ))

build/analyze/obj/%.o: private CC = gcc
build/analyze/obj/%.o: %.c build/analyze/obj/flags
	$(call compile,$(COMPILE_ANALYZE))

build/obj/%.o: %.c build/obj/flags
	$(call compile,$(COMPILE))

build/asan/obj/%.o: %.c build/asan/obj/flags
	$(call compile,$(COMPILE_ASAN))

# $$$$ is the shell's number: another make may be at work on the same file.
define compile
@echo 'cc  $<'
@mkdir -p $(@D)
$(Q)$(CC) $(1) $(EXTRA) -MMD -MP -MT $@ -MF $@.$$$$.d -c -o $@.$$$$ $< && \
    mv -f $@.$$$$.d $(@:.o=.d) && mv -f $@.$$$$ $@
endef

define link
@echo 'ld  $@'
$(Q)$(CC) $(1) -o $@.$$$$ $^ $(2) && mv -f $@.$$$$ $@
endef

-include $(ALL_OBJECTS:.o=.d)

# Other flags (CI=true, a newer libmongoc, another version of ours) mean other objects: these files change when they do.
build/obj/flags: private USED = $(CC) $(COMPILE) $(VERSION)
build/asan/obj/flags: private USED = $(CC) $(COMPILE_ASAN) $(VERSION)
build/static/obj/flags: private USED = $(STATIC_GCC) $(COMPILE_STATIC) $(VERSION)
build/tsan/obj/flags: private USED = $(CC) $(COMPILE_TSAN) $(VERSION)
build/cover/obj/flags: private USED = $(CC) $(COMPILE_COVER) $(VERSION)
build/analyze/obj/flags: private USED = $(CC) $(COMPILE_ANALYZE) $(VERSION)
build/fuzz/obj/flags: private USED = clang $(COMPILE_FUZZ) $(VERSION)
$(TREES:%=build/%/flags): FORCE | requisites
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(USED))' >$@.$$$$; \
	if cmp -s $@.$$$$ $@; then rm -f $@.$$$$; else mv -f $@.$$$$ $@; fi

# A folder is a prerequisite too: its time changes when a file is taken out of it.
build/gen/queries.h build/gen/queries.c &: tools/embed-queries $(QUERIES) $(wildcard queries) | requisites
	@mkdir -p build/gen
	$(Q)$(PYTHON) tools/embed-queries build/gen $(QUERIES)

build/gen/unit_main.c: tools/unit-main $(SUITES) $(wildcard tests/unit) | requisites
	@mkdir -p build/gen
	$(Q)tools/unit-main $@ $(SUITES)

$(ALL_OBJECTS): | build/gen/queries.h

# ---- static ------------------------------------------------------------------------------------------------------

# musl and the libraries lie in build/static/root; the libraries that free by free() wipe as well, which tools/static/wipe.c is for.
# No FORTIFY, which musl does not have. CROSS=aarch64-linux-gnu- builds for another machine.
STATIC_GCC     = $(CROSS)gcc -specs=build/static/specs
COMPILE_STATIC = $(LANGUAGE) $(WARNINGS) -DMONGOC_STATIC -DBSON_STATIC -DCURL_STATICLIB -DUTF8PROC_STATIC \
                 -DYAML_DECLARE_STATIC -O2 -ffunction-sections -fdata-sections $(filter-out %FORTIFY_SOURCE=3,$(HARDENING))
LINK_STATIC    = -Wl,--wrap=free,--wrap=realloc,-s $(if $(X86),-Wl$(,)-z$(,)pack-relative-relocs)
LIBS_STATIC    = -Wl,--start-group -lmongoc-static-1.0 -lbson-static-1.0 -lcurl -lssl -lcrypto -ljansson -lutf8proc -lyaml -lz -Wl,--end-group

static: build/static/pritunl-access

build/static/specs: $(wildcard tools/static/* tools/static/patches/*) | requisites
	tools/static/fetch build/static/sources
	tools/static/build build/static
	@touch $@

build/static/pritunl-access: private CC = $(STATIC_GCC)
build/static/pritunl-access: $(STATIC_OBJECTS)
	$(call link,$(LINK_STATIC),$(LIBS_STATIC))

build/static/verifying: private CC = $(STATIC_GCC)
build/static/verifying: build/static/obj/tests/verifying.o $(filter-out %/cmd/disable.o %/cmd/forget.o,$(STATIC_OBJECTS))
	$(call link,$(LINK_STATIC),$(LIBS_STATIC))

# For tests/e2e/test_memory.py.
build/static/stopping: private CC = $(STATIC_GCC)
build/static/stopping: $(STATIC_OBJECTS) build/static/obj/tests/harness/stop.o
	$(call link,$(LINK_STATIC) -Wl$(,)--wrap=_exit,$(LIBS_STATIC))

build/static/obj/tests/harness/stop.o: private EXTRA += -D_exit=__wrap__exit -Wno-missing-prototypes
build/static/obj/tests/harness/stop.o: private CC = $(STATIC_GCC)

# Check is no part of the file, and made only for this.
build/static/root/lib/libcheck.a: build/static/specs
	tools/static/build build/static check
	@touch $@

build/static/unit: private CC = $(STATIC_GCC)
build/static/unit: $(STATIC_UNIT_OBJECTS) $(filter-out %/src/main.o,$(STATIC_OBJECTS)) | build/static/root/lib/libcheck.a
	$(call link,$(LINK_STATIC),-lcheck $(LIBS_STATIC))

# mem.c is what free() is replaced by.
build/static/obj/src/base/mem.o: private EXTRA += -Dfree=__real_free

$(STATIC_OBJECTS) $(STATIC_UNIT_OBJECTS) build/static/obj/tests/verifying.o: private CC = $(STATIC_GCC)
$(STATIC_UNIT_OBJECTS): | build/static/root/lib/libcheck.a
build/static/obj/%.o: %.c build/static/obj/flags build/static/specs
	$(call compile,$(COMPILE_STATIC))

# ---- check -------------------------------------------------------------------------------------------------------

# $(call unit,TREE) and $(call e2e,TREE): the tests of what was built in that tree. More workers than cores, since many tests wait.
WORKERS = 6
unit = CK_DEFAULT_TIMEOUT=60 build/$(1)unit
e2e  = PRITUNL_ACCESS="$$PWD/build/$(1)pritunl-access" build/venv/bin/python -m pytest -n $(WORKERS) --dist worksteal -q -p no:cacheprovider tests

# Side by side: half of the unit tests' time is waiting, too.
check: build/unit build/encode build/verifying build/pritunl-access build/pycache/collected deps
	$(call unit) & $(call e2e); e2e=$$?; wait $$! && exit $$e2e

check-unit: build/unit
	$(call unit)

check-e2e: build/encode build/verifying build/pritunl-access build/pycache/collected deps
	$(call e2e)

# Compiled once, while the program is built, and not by every worker at once. What is wrong with a test is said when it runs.
build/pycache/collected: | venv
	@build/venv/bin/python -m pytest --collect-only -q -p no:cacheprovider tests >/dev/null 2>&1 || :
	@mkdir -p $(@D) && touch $@

check-static: build/encode build/static/verifying build/static/unit build/static/pritunl-access build/static/stopping deps
	$(call unit,static/)
	$(call e2e,static/)

# Killed, signalled, failed and lied to wherever that makes a difference (make check takes a sample of each), storms of processes;
# at the end a table of what was tried. FULL=1: at every point.
FAULTS = tests/e2e/test_faults.py tests/e2e/test_kills.py tests/e2e/test_change_faults.py::test_killed_at_any_system_call \
         tests/e2e/test_hostile_database.py tests/e2e/test_hostile_api.py tests/e2e/test_doctor_causes.py tests/e2e/test_endless_login.py \
         tests/e2e/test_secrets.py::test_a_broken_uri_is_never_quoted tests/e2e/test_explained_by_version.py
check-faults: export PRITUNL_ACCESS_FAULTS = $(if $(FULL),full,all)
check-faults: export PRITUNL_ACCESS = $(CURDIR)/build/pritunl-access
check-faults: build/pritunl-access deps
	build/venv/bin/python -m pytest -q -p no:cacheprovider tests/e2e/test_storms.py
	build/venv/bin/python -m pytest -n 12 --dist worksteal -q -p no:cacheprovider $(FAULTS)

# Sanitized code is slow; Check's own limit is 4 seconds a test.
check-asan: WORKERS = 4
check-asan: export ASAN_OPTIONS = detect_stack_use_after_return=1:disable_coredump=0:strict_string_checks=1
check-asan: export UBSAN_OPTIONS = print_stacktrace=1
check-asan: export CK_TIMEOUT_MULTIPLIER = 5
check-asan: build/encode build/asan/unit build/asan/verifying build/asan/pritunl-access deps
	$(call unit,asan/)
	$(call e2e,asan/)

# The unit tests, and a few whole runs; what the libraries do by themselves is in tests/proof.
check-valgrind: build/unit build/pritunl-access deps
	build/venv/bin/python tests/proof/valgrind.py build/unit build/pritunl-access

# The threads that are ours: the contact that is begun early, verify --all, dump's connections, a pool that ends behind us, a call over a
# login that is given up. Without the suite that looks through the whole memory, which is terabytes here.
check-tsan: export TSAN_OPTIONS = suppressions=$(CURDIR)/tests/proof/tsan.supp:history_size=4
check-tsan: export CK_TIMEOUT_MULTIPLIER = 10
check-tsan: build/tsan/unit build/tsan/pritunl-access deps
	for suite in $(filter-out mem,$(SUITES:tests/unit/test_%.c=%)); do CK_RUN_SUITE=$$suite build/tsan/unit || exit 1; done
	PRITUNL_ACCESS="$$PWD/build/tsan/pritunl-access" build/venv/bin/python -m pytest -n 2 -q -p no:cacheprovider \
	    tests/e2e/test_verify_many.py tests/e2e/test_locate.py tests/e2e/test_dump.py tests/e2e/test_profiles.py \
	    tests/e2e/test_login.py tests/e2e/test_endless_login.py

# gcc's own analyser over src/. Clang's is a part of lint (clang-analyzer in .clang-tidy).
analyze: $(ANALYZE_OBJECTS)

# FUZZ_S seconds for each target, or the one in FUZZ. What was worth keeping goes into tests/fuzz/corpus, minimised.
FUZZ_S = 10
fuzz: build/fuzz/fuzz
	$(PYTHON) tests/proof/fuzz.py build/fuzz $(FUZZ_S) $(FUZZ)

# COVER=unit: by the unit tests alone. By all of them it fails where too little of src/ is reached (tests/proof/cover.py).
cover: build/encode build/cover/unit build/cover/verifying build/cover/pritunl-access deps
	build/venv/bin/python tests/proof/cover.py build/cover $(COVER)

# MUTANT=NAME: that one alone.
mutants: deps
	build/venv/bin/python tests/proof/mutants.py build/mutants $(MUTANT)

# Every format, every program that reads it, every hostile value: carried or refused, none altered.
matrix: build/encode deps
	@build/venv/bin/python tests/matrix.py
	FORMATS_WRITTEN=2000 build/venv/bin/python -m pytest -n 2 -q -p no:cacheprovider tests/formats/test_written.py

# Prints tables, judges nothing.
bench: build/pritunl-access venv
	@build/venv/bin/python tests/bench.py

demo: build/pritunl-access venv
	@build/venv/bin/python tests/demo.py

pictures: build/pritunl-access venv
	@build/venv/bin/python tests/pictures.py

# Built first, because the checkers read what is generated and judge what a build leaves behind.
lint: build/pritunl-access build/unit deps
	@tools/lint $(LANGUAGE) $(PKG_CFLAGS) $(VERSION_FLAG)

# ---- doc ---------------------------------------------------------------------------------------------------------

# The pages lie in the repository, made: neither a build nor an installation runs the program for them. A test compares.
doc: build/pritunl-access
	tools/manual build/pritunl-access doc

# ---- deps --------------------------------------------------------------------------------------------------------

deps: packages venv readers

packages:
	@tools/packages $(PACKAGES)

# The static file brings its own libraries.
requisites: | $(if $(GOALS),packages)
ifneq ($(filter-out $(STATIC),$(or $(MAKECMDGOALS),all)),)
	@CC="$(CC)" PYTHON="$(PYTHON)" tools/pkg-flags --check
endif

venv: | packages
	@$(PYTHON) tools/venv build/venv tests/requirements.txt

# What reads our formats in the tests and is in no package.
readers: | packages
	@$(PYTHON) tools/readers build/readers

# ---- install -----------------------------------------------------------------------------------------------------

# What is installed, and what writes its completions: where that is for another machine, one for this.
PROGRAM     = build/pritunl-access
RUNNABLE    = $(if $(filter deb tarball,$(MAKECMDGOALS)),build/static/pritunl-access,$(PROGRAM))
COMPLETIONS = build/completion/bash build/completion/zsh build/completion/fish
UNITS       = $(wildcard doc/*.service doc/*.timer)

$(COMPLETIONS): build/completion/%: $(RUNNABLE)
	@mkdir -p $(@D)
	$(Q)$(RUNNABLE) completion $* >$@.$$$$ && mv -f $@.$$$$ $@

# $(call put,MODE,FILE,PLACE)
put = $(INSTALL) -D -m $(1) $(2) "$(DESTDIR)$(3)"

define put-all
$(call put,755,$(PROGRAM),$(BINDIR)/pritunl-access)
$(call put,644,doc/pritunl-access.1,$(MANDIR)/man1/pritunl-access.1)
$(call put,644,doc/pritunl-access.5,$(MANDIR)/man5/pritunl-access.5)
$(call put,644,doc/pritunl-access-causes.7,$(MANDIR)/man7/pritunl-access-causes.7)
$(call put,644,build/completion/bash,$(BASHCOMPDIR)/pritunl-access)
$(call put,644,build/completion/zsh,$(ZSHCOMPDIR)/_pritunl-access)
$(call put,644,build/completion/fish,$(FISHCOMPDIR)/pritunl-access.fish)
$(INSTALL) -d "$(DESTDIR)$(UNITDIR)"
for unit in $(notdir $(UNITS)); do \
    sed 's|/usr/local/bin/|$(BINDIR)/|; /^#   cp /d' "doc/$$unit" >"$(DESTDIR)$(UNITDIR)/$$unit" && \
    chmod 644 "$(DESTDIR)$(UNITDIR)/$$unit" || exit 1; \
done
endef

install: $(PROGRAM) $(COMPLETIONS)
	$(put-all)

uninstall:
	rm -f "$(DESTDIR)$(BINDIR)/pritunl-access" "$(DESTDIR)$(MANDIR)/man1/pritunl-access.1" \
	    "$(DESTDIR)$(MANDIR)/man5/pritunl-access.5" "$(DESTDIR)$(MANDIR)/man7/pritunl-access-causes.7" \
	    "$(DESTDIR)$(BASHCOMPDIR)/pritunl-access" "$(DESTDIR)$(ZSHCOMPDIR)/_pritunl-access" \
	    "$(DESTDIR)$(FISHCOMPDIR)/pritunl-access.fish" $(foreach unit,$(notdir $(UNITS)),"$(DESTDIR)$(UNITDIR)/$(unit)")

# ---- release -----------------------------------------------------------------------------------------------------

# The static file as a package of Debian's, and as an archive for every other system. CROSS as above: RUNNABLE is then to be given.
deb tarball: PROGRAM = build/static/pritunl-access
deb tarball: PREFIX = /usr
deb tarball: ZSHCOMPDIR = /usr/share/zsh/vendor-completions
deb tarball: DESTDIR = build/$@/root

deb tarball: build/static/pritunl-access $(COMPLETIONS)
	@rm -rf build/$@
	$(put-all)
	$(Q)tools/static/$@ build/$@ $(VERSION) "$$($(CROSS)gcc -dumpmachine)"

dist:
	@mkdir -p build
	git archive --format=tar.gz --prefix=pritunl-access-$(VERSION)/ -o build/pritunl-access-$(VERSION).tar.gz HEAD

clean:
	rm -rf build
