# SPDX-License-Identifier: ISC
#
# Builds xcvm and its guest images, and runs everything there is to run.
# `make help` lists the targets, `make V=1` shows the commands.

MAKEFLAGS += -rR
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

# ---- what can be set --------------------------------------------------------

BUILD = build
SANITIZE =
PREFIX = /usr/local
DESTDIR =
CFLAGS =
LDFLAGS =
ifneq ($(filter default undefined,$(origin CC)),)
CC = gcc
endif

VCPUS = 4+
PYTEST_ARGS =
# One more than CPUs: a test that provokes a hang waits much of its time.
PYTEST_JOBS = $(shell expr $(HOST_CPUS) + 1)
JUNIT =
CASES = *
N = 20
TIME = 10m
CAMPAIGN_ARGS =
SEED =
WILD_ARGS =
BENCH_ARGS =
NPT = 1 0
NESTED_VCPUS = 1 2 4 8 4/user
NESTED_TIMEOUT = 3600
NESTED_ARGS =
SOAK_VCPUS = 4
# make explore; CASES= as well.
MODEL =
STRATEGY =
BUDGET = 60s
CPUS =
REPLAY =
CONTINUE =
EXPLORE_ARGS =
RUN_BUDGET = 10s

# Somebody else's file in place of ours: docs/dropin.md.
CPU_XCALL_SRC =
XCALL_SRC =
IPI_SRC =

# ---- names ------------------------------------------------------------------

comma := ,
# $(call quoted,TEXT): one word for a shell; $(call solid,TEXT): for make.
quoted = '$(subst ','\'',$1)'
solid = $(subst $() ,?,$1)
dir := $(BUILD)$(if $(SANITIZE),/sanitize-$(subst $(comma),-,$(SANITIZE)))
XCVM = $(dir)/xcvm
IMAGE = $(BUILD)/xcguest.elf
IMAGE_UP = $(BUILD)/xcguest-up.elf
IMAGE_EXPLORE = $(BUILD)/xcguest-explore.elf
IMAGES = $(IMAGE) $(IMAGE_UP) $(IMAGE_EXPLORE)

VMM_SRCS = $(wildcard vmm/*/*.c)
UNIT_SRCS = $(wildcard tests/unit/test_*.c tests/unit/drive_*.c)
GUEST_KERN_SRCS = $(filter-out $(replaced),$(wildcard guest/kern/*.c))
GUEST_ARCH_SRCS = $(wildcard guest/arch/x86_64/*.c guest/arch/x86_64/*.S)
GUEST_CASE_SRCS = $(wildcard guest/cases/*.c guest/cases/*/*.c)
GUEST_SRCS = $(GUEST_KERN_SRCS) $(GUEST_CASE_SRCS)
# The model machine is the same kernel port, but for what is hardware.
MODEL_ARCH_SRCS = $(wildcard guest/arch/model/*.c guest/arch/model/*.S) \
	$(filter-out %/start.c %/idle.S %/memcpy.c %/lwp_md.c %/lapic_clocked.c,\
	$(GUEST_ARCH_SRCS))
X2APIC_SRCS = $(wildcard vmm/x2apic/*.c)
GUEST_LDS = guest/arch/x86_64/kernel.ld
MANUALS = $(wildcard docs/*.[1-9])
XC_FILES = $(shell find tools/xclib -name '*.py')

# $(call implementation,API,VARIABLE,OURS): what implements the API, one file
# or more.
implementations = cpu_xcall xcall ipi
define implementation
impl_$1 = $(or $($2),$3)
impl_$1_variable = $2
ifneq ($($2),)
ifeq ($$(wildcard $($2)),)
$$(error $2: there is no file $($2))
endif
foreign += $1
replaced += $3
endif
endef
foreign =
replaced =
$(eval $(call implementation,cpu_xcall,CPU_XCALL_SRC,guest/kern/kern_xcall.c))
$(eval $(call implementation,xcall,XCALL_SRC,\
	guest/kern/subr_xcall.c guest/kern/subr_xcall_box.c))
$(eval $(call implementation,ipi,IPI_SRC,\
	guest/kern/subr_ipi.c guest/kern/subr_ipi_msg.c))

# The Python that has pytest: the system's, before what a version manager may
# have put in front of it.  Looked for when a recipe needs it, after `deps`.
PYTHON = $(shell tools/deps --python)
HOST_CPUS := $(shell nproc)
JOBS = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(HOST_CPUS))
SUBMAKE = $(MAKE) --no-print-directory

ifdef V
quiet =
say = @:
else
quiet = @
say = @printf '  %-5s %s\n'
endif

# ---- flags ------------------------------------------------------------------

is_clang := $(findstring clang,$(shell $(CC) --version 2>/dev/null))
WARNINGS = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wcast-qual -Wvla -Wformat=2 -Werror

# -idirafter: <xcvm/abi.h> from there, but <sys/...> from the host; and -MD, not
# -MMD, because what is found that way counts as a header of the system.
VMM_CFLAGS = -std=c11 -O2 -g $(WARNINGS) $(VMM_WARNINGS) -D_GNU_SOURCE -MD -MP \
	-Ivmm -idirafter guest/include \
	-pthread $(SANITIZE_FLAGS) $(CFLAGS)
# Which lock is held where: base/lock.h.
VMM_WARNINGS = $(if $(is_clang),-Wthread-safety)
VMM_LIBS = -ldw -lelf
SANITIZE_FLAGS = $(if $(SANITIZE),-fsanitize=$(SANITIZE) \
	-fno-sanitize-recover=all -fno-omit-frame-pointer $(CHECKED))
# A build for tests checks what the VMM believes of itself: base/assert.h.
CHECKED = -DXCVM_CHECKED

# The guest runs on hosts whose instruction emulator knows baseline integer
# code only.  -nostdinc keeps the host's <sys/...> out; the compiler's own
# headers stay.
GUEST_CFLAGS = -std=c11 $(WARNINGS) $(GUEST_CODE)
GUEST_CODE = -O2 -g -m64 -march=x86-64 -mtune=generic \
	-mgeneral-regs-only -mno-red-zone -mcmodel=small -ffreestanding \
	-fno-pic -fno-pie -fno-common -fno-strict-aliasing \
	-fno-delete-null-pointer-checks -fno-omit-frame-pointer \
	-fno-optimize-sibling-calls -fno-stack-protector \
	-fno-asynchronous-unwind-tables -fcf-protection=none \
	$(call debug_prefix_map,-f) \
	-nostdinc -isystem $(shell $(CC) -print-file-name=include) \
	-Iguest/include -DXCVM_GUEST -D_KERNEL -DDIAGNOSTIC
# No path of this machine gets into an image.  The folder of the compilation is
# told apart from a neighbour whose name begins as its own does, because
# compilers call it PWD if that leads there.
guest_pwd = PWD=/proc/self/cwd
debug_prefix_map = $1debug-prefix-map=/proc/self/cwd=. \
	$(call quoted,$1debug-prefix-map=$(CURDIR)/=./)
# Clang's own assembler drops .cfi_signal_frame, and with it what tells a
# debugger that the way into the kernel interrupted its caller.
GUEST_SFLAGS = $(if $(is_clang),\
	-fno-integrated-as -Wa$(comma)-g $(call debug_prefix_map,-Wa$(comma)--))
GUEST_LDFLAGS = -m64 -static -nostdlib -Wl,--build-id=sha1 \
	-Wl,--compress-debug-sections=zlib \
	-Wl,-z,noexecstack -Wl,-z,max-page-size=4096 -Wl,-T,$(GUEST_LDS)

MACHINE_FLAGS = -Iguest/arch/x86_64/include
# The model machine sees each access by what compilers call for a thread
# sanitizer; the machine itself is not to see its own.
MODEL_FLAGS = -Iguest/arch/model/include $(MACHINE_FLAGS) -Ivmm -DXCVM_MODEL
TSAN_FLAGS = -fsanitize=thread $(if $(is_clang),\
	-mllvm -tsan-distinguish-volatile=1 \
	-mllvm -tsan-instrument-func-entry-exit=0 \
	-mllvm -tsan-instrument-read-before-write=1,\
	--param=tsan-distinguish-volatile=1 \
	--param=tsan-instrument-func-entry-exit=0 -Wno-tsan)
uninstrumented = $(filter-out guest/arch/model/memcpy.c,\
	$(wildcard guest/arch/model/*.c))

# As their kernels compile it; what they warn of is theirs to know.
FOREIGN_CFLAGS = -std=gnu11 -Werror=implicit-function-declaration $(GUEST_CODE)

# Only the kernel itself may see kern/: the cases stand where its users stand,
# and name their own headers by the folder.
own_include = $(if $(filter guest/cases/%,$1),-iquote guest/cases,-Iguest)

# ---- building ---------------------------------------------------------------

.PHONY: all
all: $(XCVM) $(IMAGES)

# $(call changed,TEXT): leave TEXT and the compiler's version in the target, touching it only
# when they are not what it holds; what is built with them depends on it.
define changed
@mkdir -p $(@D)
@{ printf '%s\n' $(call quoted,$(strip $1)); $(CC) --version; } >$@.new
@cmp -s $@.new $@ && rm $@.new || mv $@.new $@
endef

.PHONY: FORCE
FORCE:

VMM_OBJS = $(VMM_SRCS:vmm/%.c=$(dir)/vmm/%.o) \
	$(dir)/vmm/contract_table.o

$(dir)/vmm/flags: FORCE
	$(call changed,$(CC) $(VMM_CFLAGS) $(VMM_LINK) $(VMM_LIBS) $(VMM_OBJS))

# The clauses of the contract, for reports to quote.
$(dir)/vmm/contract_table.c: docs/contract.md tools/contract
	@mkdir -p $(@D)
	$(quiet)tools/contract table >$@

$(dir)/vmm/contract_table.o: $(dir)/vmm/contract_table.c $(dir)/vmm/flags
	$(say) CC $<
	$(quiet)$(CC) $(VMM_CFLAGS) -c -o $@ $<

$(dir)/vmm/%.o: vmm/%.c $(dir)/vmm/flags
	$(say) CC $<
	@mkdir -p $(@D)
	$(quiet)$(CC) $(VMM_CFLAGS) -c -o $@ $<

VMM_LINK = $(CC) -pthread $(SANITIZE_FLAGS) $(CFLAGS) $(LDFLAGS)

$(XCVM): $(VMM_OBJS) $(dir)/vmm/flags
	$(say) LD $@
	$(quiet)$(VMM_LINK) -o $@ $(VMM_OBJS) $(VMM_LIBS)

# Unit tests: a program for each test_*.c, with all of the VMM but main.c;
# and for each drive_*.c, which a test in Python talks to.
UNIT_OBJS = $(patsubst tests/unit/%.c,$(dir)/unit/%.o,$(wildcard tests/unit/*.c))
UNITS = $(UNIT_SRCS:tests/unit/%.c=$(dir)/unit/%)
UNIT_SHARED = $(filter-out $(UNITS:%=%.o),$(UNIT_OBJS))

# The VMM as unit tests have it: base/assert.h.  With a sanitizer it is so anyway.
CHECKED_OBJS = $(if $(SANITIZE),$(VMM_OBJS),$(VMM_SRCS:vmm/%.c=$(dir)/checked/%.o) \
	$(dir)/vmm/contract_table.o)

.PHONY: units
units: $(UNITS)

$(dir)/checked/%.o: vmm/%.c $(dir)/vmm/flags
	$(say) CC '$< (checked)'
	@mkdir -p $(@D)
	$(quiet)$(CC) $(VMM_CFLAGS) $(CHECKED) -c -o $@ $<

.SECONDARY: $(UNIT_OBJS)
$(dir)/unit/%.o: tests/unit/%.c $(dir)/vmm/flags
	$(say) CC $<
	@mkdir -p $(@D)
	$(quiet)$(CC) $(VMM_CFLAGS) $(CHECKED) -c -o $@ $<

$(UNITS): %: %.o $(UNIT_SHARED) $(filter-out %/run/main.o,$(CHECKED_OBJS))
	$(say) LD $@
	$(quiet)$(VMM_LINK) -o $@ $^ $(VMM_LIBS)

# The table of what is under test.
impl_table = $(foreach api,$(implementations),\
	'$(if $(filter $(api),$(foreign)),foreign,ours):$(api):$(strip \
	$(impl_$(api)))')

$(BUILD)/impl/flags: FORCE
	$(call changed,$(impl_table))

$(BUILD)/impl/impl.c: $(foreach api,$(implementations),$(impl_$(api))) \
		$(BUILD)/impl/flags tools/dropin
	$(quiet)tools/dropin table $(impl_table) >$@

# $(call guest,NAME,IMAGE,FLAGS,SOURCES,OBJECTS): one image of GUEST_SRCS and
# those, its objects under guest-NAME.
define guest
$1_objs = $$(addprefix $(BUILD)/guest-$1/,$$(addsuffix .o,\
	$$(basename $$(patsubst guest/%,%,$$(GUEST_SRCS) $4)))) $5 \
	$(BUILD)/guest-$1/impl.o \
	$$(foreign:%=$(BUILD)/guest-$1/foreign/%.o)
$1_cflags = $$(GUEST_CFLAGS) $3

$(BUILD)/guest-$1/flags: FORCE
	$$(call changed,$$(CC) $$($1_cflags))

$(BUILD)/guest-$1/objects: FORCE
	$$(call changed,$$(GUEST_LDFLAGS) $$($1_objs))

$(BUILD)/guest-$1/impl.o: $(BUILD)/impl/impl.c $(BUILD)/guest-$1/flags
	@mkdir -p $$(@D)
	$$(quiet)$$(guest_pwd) $$(CC) $$($1_cflags) -MMD -MP -c -o $$@ $$<

$$(foreach api,$$(foreign),$$(eval \
	$(BUILD)/guest-$1/foreign/$$(api).o: $$(impl_$$(api))))
$(BUILD)/guest-$1/foreign/%.o: $(BUILD)/guest-$1/flags $(BUILD)/impl/flags \
		tools/dropin
	$$(say) CC '$$(impl_$$*) ($1)'
	@mkdir -p $$(@D)
	$$(quiet)$$(guest_pwd) tools/dropin compile $$* $$(impl_$$*_variable) $$(impl_$$*) \
		$$@ $$(CC) $$(FOREIGN_CFLAGS) $3

$(BUILD)/guest-$1/%.o: guest/%.c $(BUILD)/guest-$1/flags
	$$(say) CC '$$< ($1)'
	@mkdir -p $$(@D)
	$$(quiet)$$(guest_pwd) $$(CC) $$(if $$(filter $$<,$$(uninstrumented)),\
		$$(filter-out $$(TSAN_FLAGS),$$($1_cflags)),$$($1_cflags)) \
		$$(call own_include,$$<) -MMD -MP -c -o $$@ $$<

$(BUILD)/guest-$1/%.o: guest/%.S $(BUILD)/guest-$1/flags
	$$(say) AS '$$< ($1)'
	@mkdir -p $$(@D)
	$$(quiet)$$(guest_pwd) $$(CC) $$($1_cflags) $$(GUEST_SFLAGS) $$(call own_include,$$<) \
		-MMD -MP -c -o $$@ $$<

$2: $$($1_objs) $$(GUEST_LDS) $(BUILD)/guest-$1/objects
	$$(say) LD $$@
	$$(quiet)$$(if $$(foreign),tools/dropin link '$$(foreign)' $$@) \
		$$(CC) $$(GUEST_LDFLAGS) -o $$@ $$($1_objs)

-include $$($1_objs:.o=.d)
endef

$(eval $(call guest,mp,$(IMAGE),$$(MACHINE_FLAGS) -DMULTIPROCESSOR,\
	$$(GUEST_ARCH_SRCS)))
$(eval $(call guest,up,$(IMAGE_UP),$$(MACHINE_FLAGS),$$(GUEST_ARCH_SRCS)))
$(eval $(call guest,explore,$(IMAGE_EXPLORE),\
	$$(MODEL_FLAGS) -DMULTIPROCESSOR $$(TSAN_FLAGS),$$(MODEL_ARCH_SRCS),\
	$$(X2APIC_SRCS:vmm/%.c=$(BUILD)/guest-explore/%.o)))

# The VMM's model of the x2APIC is the model machine's.
$(BUILD)/guest-explore/x2apic/%.o: vmm/x2apic/%.c $(BUILD)/guest-explore/flags
	$(say) CC '$< (explore)'
	@mkdir -p $(@D)
	$(quiet)$(guest_pwd) $(CC) $(GUEST_CFLAGS) -Iguest/arch/model/libc \
		$(MODEL_FLAGS) -MMD -MP -c -o $@ $<

-include $(VMM_OBJS:.o=.d) $(CHECKED_OBJS:.o=.d) $(UNIT_OBJS:.o=.d)

# ---- set-up -----------------------------------------------------------------

.PHONY: deps deps-nested deps-lint
deps:
	@tools/deps build

deps-nested: deps
	@tools/deps nested

deps-lint: deps
	@tools/deps lint

# ---- running and testing ----------------------------------------------------
# Set-up comes before the build also under -j, hence the second make.

.PHONY: run explore check mutants mutants-wild check-nested soak soak-nested campaign campaign-nested
.PHONY: bench bench-perf bench-boot bench-explore
# $(call explored,BUDGET,ARGUMENTS)
explored = tools/xc explore run --xcvm $(XCVM) --image $(IMAGE_EXPLORE) --budget $1 $2 \
	-o $(BUILD)/explore-$$(date +%Y%m%d-%H%M%S).jsonl

# An interrupted suite, or one without KVM, has said all there is.
run: deps
	@$(SUBMAKE) $(JOBS) all
	@code=0; tools/suite -j $(HOST_CPUS) $(XCVM) $(IMAGE) $(IMAGE_UP) $(VCPUS) || code=$$?; \
	[ $$code -lt 128 ] && [ $$code != 6 ] || exit $$code; \
	printf '\n== %s, orders of small cases, $(RUN_BUDGET)\n' $(notdir $(IMAGE_EXPLORE)); \
	$(call explored,$(RUN_BUDGET),--quiet --brief) || { [ $$code != 0 ] || code=1; }; exit $$code

explore: deps
	@$(SUBMAKE) $(JOBS) all
	@$(if $(REPLAY),tools/xc explore replay --xcvm $(XCVM) --image $(IMAGE_EXPLORE) \
		$(if $(CONTINUE),--continue) $(call quoted,$(REPLAY)),$(call explored,$(BUDGET),\
		$(MODEL:%=--model %) $(STRATEGY:%=--strategy %) $(CPUS:%=--cpus %) \
		$(SEED:%=--seed %) $(EXPLORE_ARGS) $(if $(filter file,$(origin CASES)),,\
		$(foreach case,$(CASES),$(call quoted,$(case))))))

# Sanitizers report with a code that no verdict has.
check: export ASAN_OPTIONS ?= exitcode=99:detect_stack_use_after_return=1
check: export UBSAN_OPTIONS ?= exitcode=99:print_stacktrace=1
check: export TSAN_OPTIONS ?= exitcode=99:suppressions='$(CURDIR)/tests/tsan.supp'
# ThreadSanitizer cannot place its memory where addresses are random enough.
check: steady = $(if $(filter thread,$(SANITIZE)),setarch -R)
check: deps
	@$(SUBMAKE) $(JOBS) all units
	$(steady) $(PYTHON) -m pytest --build=$(BUILD) --xcvm=$(XCVM) -n $(PYTEST_JOBS) \
		$(if $(JUNIT),--junit-xml='$(JUNIT)') $(PYTEST_ARGS)

mutants: deps
	@$(SUBMAKE) $(JOBS) all
	$(PYTHON) -m pytest --build=$(BUILD) --xcvm=$(XCVM) -n $(HOST_CPUS) $(CASES:%=--case='%') \
		$(PYTEST_ARGS) tests/mutants/each_mutant.py

mutants-wild: deps
	@$(SUBMAKE) $(JOBS) all
	@tools/xc wild run --build $(BUILD) --count $(N) $(SEED:%=--seed %) $(WILD_ARGS)

nested = tools/nested --npt $1 --smp 2 --mem 1024 --timeout $2 $(NESTED_ARGS) \
	--file $(XCVM) --file $(IMAGE) --file $(IMAGE_UP)

check-nested: deps-nested
	@$(SUBMAKE) $(JOBS) all
	@code=0; for npt in $(NPT); do \
		echo "# kvm_amd in QEMU, npt=$$npt"; \
		$(call nested,$$npt,$(NESTED_TIMEOUT)) -- tools/suite -j 2 ./xcvm ./xcguest.elf \
			./xcguest-up.elf $(NESTED_VCPUS) || code=1; \
	done; exit $$code

soak: deps
	@$(SUBMAKE) $(JOBS) all
	@tools/soak $(N) tools/suite -j $(HOST_CPUS) $(XCVM) $(IMAGE) $(IMAGE_UP) $(SOAK_VCPUS)

soak-nested: deps-nested
	@$(SUBMAKE) $(JOBS) all
	@set -e; for npt in $(NPT); do \
		echo "# kvm_amd in QEMU, npt=$$npt"; \
		$(call nested,$$npt,86400) --file tools/suite -- tools/soak $(N) \
			./suite -j 2 ./xcvm ./xcguest.elf ./xcguest-up.elf \
			$(SOAK_VCPUS); \
	done

campaign: deps
	@$(SUBMAKE) $(JOBS) all
	@tools/xc fault campaign --xcvm $(XCVM) --image $(IMAGE) --time $(TIME) $(CAMPAIGN_ARGS)

campaign-nested: deps-nested
	@$(SUBMAKE) $(JOBS) all
	@code=0; for npt in $(NPT); do \
		echo "# kvm_amd in QEMU, npt=$$npt"; \
		$(call nested,$$npt,86400) --python --dir tools/xclib \
			--get campaign-npt$$npt.jsonl -- tools/xc fault campaign \
			--xcvm ./xcvm --image ./xcguest.elf --time $(TIME) \
			-o campaign-npt$$npt.jsonl $(CAMPAIGN_ARGS) || code=1; \
	done; exit $$code

bench: bench-perf bench-boot

# What could be measured is told, also when something could not.
bench-perf: deps
	@$(SUBMAKE) $(JOBS) all
	@result=$(BUILD)/perf-$$(date +%Y%m%d-%H%M%S).json.gz; \
	tools/xc perf run --xcvm $(XCVM) --image $(IMAGE) -o $$result $(BENCH_ARGS); code=$$?; \
	[ ! -e $$result ] || tools/xc perf report $$result; \
	exit $$code

bench-explore: deps
	@$(SUBMAKE) $(JOBS) all
	@$(PYTHON) tests/explore/bench.py --build $(BUILD) $(BENCH_ARGS)

bench-boot: deps
	@$(SUBMAKE) $(JOBS) all
	@$(PYTHON) tools/bench-boot --runs $(N) $(XCVM) $(IMAGE)

# ---- source -----------------------------------------------------------------

.PHONY: lint format
lint: deps-lint
	@$(SUBMAKE) $(JOBS) all
	@tools/lint $(XCVM) $(IMAGES)

format: deps-lint
	find vmm guest tests -name '*.[ch]' -exec clang-format -i {} +

# ---- installing -------------------------------------------------------------

INSTALL = install
bin = $(DESTDIR)$(PREFIX)/bin
lib = $(DESTDIR)$(PREFIX)/lib/xcvm
man = $(DESTDIR)$(PREFIX)/share/man

.PHONY: install install-xc uninstall
install: all install-xc
	$(INSTALL) -d $(bin) $(lib)
	$(INSTALL) -m 755 $(XCVM) $(bin)/xcvm
	$(INSTALL) -m 644 $(IMAGES) $(lib)
	@set -e; for page in $(MANUALS); do \
		echo "$(INSTALL) $$page under $(man)"; \
		$(INSTALL) -D -m 644 $$page $(man)/man$${page##*.}/$${page##*/}; \
	done

install-xc:
	$(INSTALL) -d $(bin)
	$(INSTALL) -m 755 tools/xc $(bin)/xc
	@set -e; for file in $(XC_FILES:tools/%=%); do \
		echo "$(INSTALL) $$file under $(lib)"; \
		$(INSTALL) -D -m 644 tools/$$file $(lib)/$$file; \
	done

uninstall:
	rm -f $(bin)/xcvm $(bin)/xc $(addprefix $(lib)/,$(notdir $(IMAGES)))
	rm -rf $(lib)/xclib
	rm -f $(foreach page,$(MANUALS),\
		$(man)/man$(subst .,,$(suffix $(page)))/$(notdir $(page)))
	-[ ! -d $(lib) ] || rmdir $(lib)

# ---- tidying ----------------------------------------------------------------

.PHONY: clean distclean help
clean:
	$(if $(filter $(patsubst %/,%,$(call solid,$(abspath $(BUILD))))/%,\
		$(call solid,$(CURDIR)/.)),\
		$(error BUILD=$(BUILD) holds this source: give a folder below it))
	rm -rf $(BUILD)

distclean: clean
	rm -rf .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:
	@echo 'make               build $(XCVM) and the guest images'
	@echo 'make run           every case on this host, VCPUS=$(VCPUS) and uniprocessor, and orders'
	@echo '                   explored for RUN_BUDGET=$(RUN_BUDGET)'
	@echo 'make explore       orders of cases on the model machine (CASES="explore_*", MODEL=tso,'
	@echo '                   STRATEGY=, BUDGET=$(BUDGET), CPUS=, SEED=, EXPLORE_ARGS=); REPLAY=FILE: one'
	@echo '                   again (CONTINUE=1: of another build): docs/explore.md'
	@echo 'make check         the tests (PYTEST_ARGS=, PYTEST_JOBS=, JUNIT=FILE)'
	@echo 'make mutants       every case over a mistake in the code under it, which it must see'
	@echo '                   (CASES="$(CASES)": globs)'
	@echo 'make mutants-wild  N=$(N) mistakes made by rule in the guest, from SEED=: which of them'
	@echo '                   the cases see (WILD_ARGS=)'
	@echo 'make units         the unit tests in C, which `make check` runs'
	@echo 'make check-nested  every case on stock kvm_amd inside QEMU, no /dev/kvm needed'
	@echo '                   (NPT="$(NPT)", NESTED_VCPUS="$(NESTED_VCPUS)",'
	@echo '                   NESTED_TIMEOUT=$(NESTED_TIMEOUT) seconds for each NPT,'
	@echo '                   NESTED_ARGS=: of tools/nested)'
	@echo 'make soak          every case N=$(N) times on a busy host'
	@echo 'make soak-nested   the same inside QEMU (both: SOAK_VCPUS="$(SOAK_VCPUS)")'
	@echo 'make campaign      injected faults, drawn from a seed, for TIME=$(TIME) (CAMPAIGN_ARGS=)'
	@echo '                   docs/campaigns.md'
	@echo 'make campaign-nested  the same inside QEMU'
	@echo 'make bench         every benchmark: bench-perf and bench-boot'
	@echo 'make bench-perf    what interrupts and cross-calls cost (BENCH_ARGS=): docs/measuring.md'
	@echo 'make bench-explore how soon mistakes are found by exploring (BENCH_ARGS=)'
	@echo 'make bench-boot    start-up time and memory of the VMM, median of N=$(N)'
	@echo 'make lint          style and static analysis'
	@echo 'make format        clang-format over all C'
	@echo 'make deps          install what building and testing need'
	@echo 'make install       under PREFIX=$(PREFIX) (DESTDIR=)'
	@echo 'make uninstall     take it away again'
	@echo 'make clean         remove $(BUILD)'
	@echo 'make distclean     and what the tests left in the source'
	@echo
	@echo "make XCALL_SRC=FILE  build the images with another kernel's file in place of ours;"
	@echo '                   CPU_XCALL_SRC=, IPI_SRC= likewise: docs/dropin.md'
	@echo
	@echo 'CC=clang, CFLAGS=, SANITIZE=address,undefined, SANITIZE=thread, BUILD=DIR'
	@echo 'and V=1 (show commands) go with any of them.'
