/* SPDX-License-Identifier: ISC */
/* Time from the TSC. */
#include <sys/systm.h>
#include <machine/clock.h>

static uint64_t boot_tsc;
static uint64_t ns_per_tsc, tsc_per_ns; /* 32.32 fixed point */

void
clock_init(uint64_t tsc_khz)
{
	boot_tsc = cpu_counter();
	ns_per_tsc = (1000000ULL << 32) / tsc_khz;
	tsc_per_ns = (tsc_khz << 32) / 1000000;
}

static uint64_t
scale(uint64_t value, uint64_t factor)
{
	return ((uint64_t)(((unsigned __int128)value * factor) >> 32));
}

uint64_t
tsc_to_ns(uint64_t tsc)
{
	return (scale(tsc, ns_per_tsc));
}

uint64_t
ns_to_tsc(uint64_t ns)
{
	unsigned __int128 tsc = ((unsigned __int128)ns * tsc_per_ns) >> 32;

	return (ns == INFSLP || tsc > INT64_MAX ? INT64_MAX : (uint64_t)tsc);
}

uint64_t
nsecuptime(void)
{
	uint64_t now = cpu_counter();

	/* Another CPU's TSC may be a little behind the one that booted. */
	return (now > boot_tsc ? tsc_to_ns(now - boot_tsc) : 0);
}

void
delay(u_int usecs)
{
	uint64_t start = cpu_counter();
	uint64_t cycles = ns_to_tsc((uint64_t)usecs * 1000);

	while (cpu_counter() - start < cycles)
		CPU_BUSY_CYCLE();
}

u_int
clock_insn_cycles(void)
{
	uint64_t start, stop;
	uint64_t x = 0;

	start = cpu_counter();
	__asm volatile(".rept 16; addq $1, %0; .endr" : "+r"(x));
	stop = cpu_counter();
	return ((u_int)((stop - start) / 17));
}
