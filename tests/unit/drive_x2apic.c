/* SPDX-License-Identifier: ISC */
/*
 * The x2APIC model by itself, one command a line from standard input, one
 * answer a line: several APICs that reach each other, as in a VM.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "x2apic/x2apic.h"

#define MAX_CPUS 64

static struct x2apic apics[MAX_CPUS];
static uint32_t napics;

static void __attribute__((noreturn)) die(const char *what)
{
	fprintf(stderr, "x2apic: %s\n", what);
	exit(2);
}

/* The next word of the line as a number. */
static uint64_t
number(void)
{
	const char *word = strtok(NULL, " \n");
	char *end;
	uint64_t value;

	if (word == NULL)
		die("a number is missing");
	value = strtoull(word, &end, 0);
	if (*end != '\0')
		die("no number");
	return (value);
}

static struct x2apic *
apic_of(uint64_t cpu)
{
	if (cpu >= napics)
		die("no such CPU");
	return (&apics[cpu]);
}

/* new ID...: so many APICs, fresh; the first is the boot CPU's */
static void
do_new(void)
{
	const char *word;

	for (napics = 0; (word = strtok(NULL, " \n")) != NULL; napics++) {
		if (napics == MAX_CPUS)
			die("too many APICs");
		x2apic_reset(&apics[napics], (uint32_t)strtoul(word, NULL, 0),
		    napics == 0);
	}
	printf("ok\n");
}

static const char *
accepted_name(enum x2apic_accepted accepted)
{
	switch (accepted) {
	case X2APIC_ACCEPTED:
		return ("accepted");
	case X2APIC_MERGED:
		return ("merged");
	case X2APIC_ILLEGAL:
		return ("illegal");
	default:
		return ("disabled");
	}
}

static void
arrive(uint32_t cpu, const struct x2apic_ipi *ipi)
{
	printf(" %u:%s", cpu,
	    ipi->mode == X2APIC_NMI ? "nmi"
				    : accepted_name(x2apic_accept(
					  &apics[cpu], ipi->vector, false)));
}

static void
route(const struct x2apic *sender, const struct x2apic_ipi *ipi)
{
	uint32_t lowest = napics, bid = X2APIC_NO_BID;

	for (uint32_t i = 0; i < napics; i++) {
		if (!x2apic_reaches(ipi, sender->id, apics[i].id))
			continue;
		if (ipi->mode != X2APIC_LOWEST) {
			arrive(i, ipi);
		} else if (x2apic_bid(&apics[i]) < bid ||
			   (x2apic_bid(&apics[i]) == bid && lowest < napics &&
			       apics[i].id < apics[lowest].id)) {
			lowest = i;
			bid = x2apic_bid(&apics[i]);
		}
	}
	if (lowest < napics)
		arrive(lowest, ipi);
}

/* write CPU MSR VALUE NOW: gp; ok CPU:WHAT...; refused WHY */
static void
do_write(void)
{
	struct x2apic *apic = apic_of(number());
	uint32_t msr = (uint32_t)number();
	uint64_t value = number(), now = number();
	struct x2apic_effect effect;

	if (!x2apic_write(apic, msr, value, now, &effect)) {
		printf("gp\n");
	} else if (effect.refused != NULL) {
		printf("refused %s\n", effect.refused);
	} else {
		printf("ok");
		if (effect.sent)
			route(apic, &effect.ipi);
		printf("\n");
	}
}

/* read CPU MSR NOW: gp; VALUE */
static void
do_read(void)
{
	struct x2apic *apic = apic_of(number());
	uint32_t msr = (uint32_t)number();
	uint64_t now = number(), value;

	if (x2apic_read(apic, msr, now, &value))
		printf("0x%" PRIx64 "\n", value);
	else
		printf("gp\n");
}

/* dump NOW: everything that can be read, CPU by CPU: CPU:MSR=VALUE... */
static void
do_dump(void)
{
	uint64_t now = number(), value;

	for (uint32_t cpu = 0; cpu < napics; cpu++)
		for (uint32_t msr = 0; msr <= X2APIC_MSR_LAST + 1; msr++)
			if (x2apic_owns(msr) &&
			    x2apic_read(&apics[cpu], msr, now, &value))
				printf("%u:%x=%" PRIx64 " ", cpu, msr, value);
	printf("\n");
}

/* accept CPU VECTOR LEVEL */
static void
do_accept(void)
{
	struct x2apic *apic = apic_of(number());
	uint8_t vector = (uint8_t)number();

	printf("%s\n", accepted_name(x2apic_accept(apic, vector, number())));
}

/* take CPU NOW: the vector taken, or -1 */
static void
do_take(void)
{
	struct x2apic *apic = apic_of(number());
	int vector;

	x2apic_advance(apic, number());
	vector = x2apic_deliverable(apic);
	if (vector != -1)
		x2apic_take(apic, vector);
	printf("%d\n", vector);
}

/* pending CPU: the highest vector in the IRR, or -1 */
static void
do_pending(void)
{
	printf("%d\n", x2apic_pending(apic_of(number())));
}

/* cr8 CPU [VALUE]: CR8, after it was set */
static void
do_cr8(void)
{
	struct x2apic *apic = apic_of(number());
	const char *word = strtok(NULL, " \n");

	if (word != NULL)
		x2apic_set_cr8(apic, (uint8_t)strtoul(word, NULL, 0));
	printf("%u\n", x2apic_cr8(apic));
}

/* due CPU: when the timer wants to be looked at, or never */
static void
do_due(void)
{
	uint64_t due = x2apic_due(apic_of(number()));

	if (due == X2APIC_NEVER)
		printf("never\n");
	else
		printf("0x%" PRIx64 "\n", due);
}

/* advance CPU NOW */
static void
do_advance(void)
{
	struct x2apic *apic = apic_of(number());

	x2apic_advance(apic, number());
	printf("ok\n");
}

static const struct {
	const char *name;
	void (*run)(void);
} commands[] = {
    {"new", do_new},
    {"write", do_write},
    {"read", do_read},
    {"dump", do_dump},
    {"accept", do_accept},
    {"take", do_take},
    {"pending", do_pending},
    {"cr8", do_cr8},
    {"due", do_due},
    {"advance", do_advance},
};

int
main(void)
{
	char line[4096];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		const char *name = strtok(line, " \n");
		size_t i = 0, n = sizeof(commands) / sizeof(commands[0]);

		while (i < n &&
		       (name == NULL || strcmp(name, commands[i].name) != 0))
			i++;
		if (i == n)
			die("no such command");
		commands[i].run();
		fflush(stdout);
	}
	return (0);
}
