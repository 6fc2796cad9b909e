# make run, make check; make deps lint asan fuzz hostile crash bench install uninstall
# deb
B	?= build
CC	?= cc
CFLAGS	?= -O2 -g
PREFIX	?= /usr/local
PKGS	 = libssh libarchive lua5.4 sqlite3 libcrypto jansson libseccomp \
	   xlsxwriter
WARN	 = -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes \
	   -Wmissing-prototypes -Wpointer-arith -Wcast-qual -Wvla \
	   -Wwrite-strings -Wformat=2 -Werror
HARD	 = -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
CC_ALL	 = $(CC) -std=c17 -D_GNU_SOURCE -iquote daemon \
	   -DZAYTON_SHARE='"$(PREFIX)/share/zayton"' $(WARN) $(HARD) $(SAN) \
	   $(shell pkg-config --cflags $(PKGS)) $(CFLAGS) -MMD -MP \
	   -ffile-prefix-map=$(CURDIR)=.
LD_ALL	 = $(CC) $(HARD) $(SAN) -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS)
LIBS	 = $(shell pkg-config --libs $(PKGS)) -lm

ROOMS	 = way door keeper form rule link golden quality grant extract base sys \
	   command
SRCS	 = $(foreach r,$(ROOMS),$(wildcard daemon/$(r)/*.c))
OBJS	 = $(SRCS:daemon/%.c=$(B)/%.o)
UNITS	 = $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/test_*.c))
RULES	 = $(wildcard tests/rules/*.sh)
E2E	 = $(wildcard tests/e2e/[0-9]*.sh)
HOSTILE	 = $(wildcard tests/hostile/[0-9]*.sh)
FUZZERS	 = $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SECONDS ?= 60

all: $(B)/zayton
$(B)/zayton: $(B)/zayton.o $(B)/libzayton.a
	$(LD_ALL) -o $@ $^ $(LIBS)
$(B)/libzayton.a: $(OBJS)
	rm -f $@
	$(AR) rcs $@ $^
$(B)/%.o: daemon/%.c
	@mkdir -p $(@D)
	$(CC_ALL) -c -o $@ $<
$(B)/unit/%: tests/unit/%.c $(B)/libzayton.a
	@mkdir -p $(@D)
	$(CC_ALL) $(LDFLAGS) -o $@ $< $(B)/libzayton.a $(LIBS) -lcmocka
$(B)/bench/%: tests/bench/%.c $(B)/libzayton.a
	@mkdir -p $(@D)
	$(CC_ALL) $(LDFLAGS) -o $@ $< $(B)/libzayton.a $(LIBS)
$(B)/fuzz/%: tests/fuzz/%.c $(B)/libzayton.a
	@mkdir -p $(@D)
	$(CC_ALL) $(LDFLAGS) -o $@ $< $(B)/libzayton.a $(LIBS)

# What a bare Debian 12 lacks: package/deps lists it by purpose.
deps:
	@package/deps
run:
	@package/deps build demo
	@$(MAKE) all
	@B=$(B) tests/demo.sh
check:
	@package/deps build demo test
	@$(MAKE) all units
	@B=$(B) tests/run $(UNITS) $(RULES) $(E2E) $(HOSTILE)
units: $(UNITS)
unit: all units
	@B=$(B) tests/run $(UNITS)
e2e: all
	@B=$(B) tests/run $(E2E)
lint:
	@package/deps build lint
	@tests/lint
asan:
	LSAN_OPTIONS=suppressions=$(CURDIR)/tests/lsan.supp:print_suppressions=0 \
	    $(MAKE) B=build/asan CFLAGS="-O1 -g" HARD=-fPIE \
	    SAN="-fsanitize=address,undefined -fno-sanitize-recover=all" check
fuzz:
	@package/deps build fuzz
	$(MAKE) -j$$(nproc) B=build/fuzz CC=clang CFLAGS="-O1 -g" HARD= \
	    SAN="-fsanitize=fuzzer,address,undefined" run-fuzzers
run-fuzzers: $(FUZZERS)
	@tests/run-fuzzers $(FUZZ_SECONDS) $(FUZZERS)
# All that check has a slice of; prints what came of each.
hostile:
	@package/deps build demo test
	@$(MAKE) all
	@bad=0; for s in $(HOSTILE); do \
	    echo "# $$s"; B=$(B) HOSTILE=full sh $$s || bad=1; done; exit $$bad
# Kills, power cuts and their oracle: tests/crash/README.md.
crash:
	@package/deps build demo crash
	@$(MAKE) all $(B)/crash/disk
	@B=$(B) tests/crash/run
$(B)/crash/disk: tests/crash/disk.c
	@mkdir -p $(@D)
	$(CC) -std=c17 -D_GNU_SOURCE -Wall -Wextra $(HARD) $(CFLAGS) -o $@ $< \
	    $$(pkg-config --cflags --libs fuse3)
bench:
	@package/deps build demo test
	@$(MAKE) all $(patsubst tests/%.c,$(B)/%,$(wildcard tests/bench/*.c))
	@for s in tests/bench/[0-9]*.sh; do B=$(B) $$s || exit 1; done

install: all
	@DESTDIR=$(DESTDIR) PREFIX=$(PREFIX) package/install $(B)/zayton
uninstall:
	@DESTDIR=$(DESTDIR) PREFIX=$(PREFIX) package/install -u
deb:
	@package/deps build deb
	@$(MAKE) B=build/deb/obj PREFIX=/usr all
	@package/deb build/deb
clean:
	rm -rf build
.PHONY: all deps run check units unit e2e lint asan fuzz run-fuzzers hostile crash bench \
    install uninstall deb clean
-include $(OBJS:.o=.d) $(B)/zayton.d $(wildcard $(B)/unit/*.d $(B)/fuzz/*.d)
