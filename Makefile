# make run, make check; make deps lint asan fuzz bench install deb
B	?= build
CC	?= cc
CFLAGS	?= -O2 -g
PREFIX	?= /usr/local
PKGS	 = libssh libarchive lua5.4 sqlite3 libcrypto jansson libseccomp
WARN	 = -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes \
	   -Wmissing-prototypes -Wpointer-arith -Wcast-qual -Wvla \
	   -Wwrite-strings -Wformat=2 -Werror
HARD	 = -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
CC_ALL	 = $(CC) -std=c17 -D_GNU_SOURCE -Idaemon \
	   -DZAYTON_SHARE='"$(PREFIX)/share/zayton"' $(WARN) $(HARD) $(SAN) \
	   $(shell pkg-config --cflags $(PKGS)) $(CFLAGS) -MMD -MP
LD_ALL	 = $(CC) $(HARD) $(SAN) -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS)
LIBS	 = $(shell pkg-config --libs $(PKGS))

ROOMS	 = way door form rule base sys command
SRCS	 = $(foreach r,$(ROOMS),$(wildcard daemon/$(r)/*.c))
OBJS	 = $(SRCS:daemon/%.c=$(B)/%.o)
UNITS	 = $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/test_*.c))
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
$(B)/fuzz/%: tests/fuzz/%.c $(B)/libzayton.a
	@mkdir -p $(@D)
	$(CC_ALL) $(LDFLAGS) -o $@ $< $(B)/libzayton.a $(LIBS)

unit: $(UNITS)
	@set -e; for t in $(UNITS); do ./$$t; done
clean:
	rm -rf build
.PHONY: all unit clean
-include $(shell find $(B) -name '*.d' 2>/dev/null)
