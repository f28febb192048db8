/* SPDX-License-Identifier: ISC */
/*
 * Entries of a fault plan as text: what is taken, what is refused and how.
 */
#include <string.h>

#include "fault/spec.h"
#include "unit.h"

static struct fault_spec spec;
static struct refusal why;

static bool
parse(const char *text)
{
	bool good = fault_spec_parse(&spec, "--fault", text, &why) == 0;

	if (!good)
		return (false);
	/* What is written is read as the same. */
	struct fault_spec again;
	char written[FAULT_SPEC_MAX];

	fault_spec_format(&spec, written);
	CHECK(fault_spec_parse(&again, "--fault", written, &why) == 0);
	memcpy(again.where, spec.where, sizeof(again.where));
	CHECK(memcmp(&again, &spec, sizeof(spec)) == 0);
	return (true);
}

static void
defaults(void)
{
	CHECK(parse("kind=lost"));
	CHECK_EQ(spec.kind, FAULT_LOST);
	CHECK_EQ(spec.probability, 100);
	CHECK_EQ(spec.interval, 1);
	CHECK_EQ((uint64_t)spec.times, (uint64_t)FAULT_TIMES_ALL);
	CHECK_EQ(spec.space, 0);
	CHECK_EQ(spec.nth, 0);
	CHECK_EQ(spec.src, FAULT_CPU_NONE);
	CHECK_EQ(spec.dst, FAULT_CPU_NONE);
	CHECK_EQ(spec.vector, FAULT_VECTOR_NONE);
	CHECK_EQ(spec.every_us, 0);
	CHECK(parse("kind=reorder"));
	CHECK_EQ(spec.delay_us, 1000);
	CHECK(parse("kind=spurious,vector=80"));
	CHECK_EQ(spec.every_us, 1000);
	CHECK_EQ(spec.to, FAULT_CPU_NONE);
	CHECK(parse("kind=stall,stall_us=5"));
	CHECK_EQ(spec.every_us, 1000);
	CHECK(parse("kind=slow,duty=50"));
	CHECK_EQ(spec.every_us, 1000);
}

static void
all_keys(void)
{
	CHECK(parse("kind=misroute,vector=xcall,src=1,dst=2,to=3,after=4,"
		    "probability=5,interval=6,times=7,space=8"));
	CHECK_EQ(spec.kind, FAULT_MISROUTE);
	CHECK(strcmp(spec.name, "xcall") == 0);
	CHECK_EQ(spec.vector, FAULT_VECTOR_NONE);
	CHECK_EQ(spec.src, 1);
	CHECK_EQ(spec.dst, 2);
	CHECK_EQ(spec.to, 3);
	CHECK_EQ(spec.after_us, 4);
	CHECK_EQ(spec.probability, 5);
	CHECK_EQ(spec.interval, 6);
	CHECK_EQ((uint64_t)spec.times, 7);
	CHECK_EQ(spec.space, 8);
	CHECK(parse("kind=delay,delay_us=9,nth=10,vector=0x40"));
	CHECK_EQ(spec.delay_us, 9);
	CHECK_EQ(spec.nth, 10);
	CHECK_EQ(spec.vector, 0x40);
	CHECK(parse("kind=lost,vector=nmi"));
	CHECK_EQ(spec.vector, FAULT_VECTOR_NMI);
	CHECK(parse("kind=preempt,function=a_b.c1,for_us=11,dst=0"));
	CHECK(strcmp(spec.function, "a_b.c1") == 0);
	CHECK_EQ(spec.for_us, 11);
	CHECK_EQ(spec.walk, 0);
	CHECK(parse("kind=spurious,vector=80,function=f,walk=15,dst=2"));
	CHECK_EQ(spec.walk, 15);
	CHECK_EQ(spec.every_us, 0);
	CHECK_EQ(spec.offset, 0);
	CHECK(parse("kind=preempt,function=f+0x4c,for_us=1"));
	CHECK(strcmp(spec.function, "f") == 0);
	CHECK_EQ(spec.offset, 0x4c);
	CHECK(parse("kind=preempt,function=f+12,for_us=1"));
	CHECK_EQ(spec.offset, 12);
	CHECK(parse("kind=preempt,function=f+0,for_us=1"));
	CHECK_EQ(spec.offset, 0);
	CHECK(parse("kind=slow,duty=12,every_us=1300"));
	CHECK_EQ(spec.duty, 12);
	CHECK_EQ(spec.every_us, 1300);
	CHECK(parse("kind=stall,stall_us=14,times=-1"));
	CHECK_EQ(spec.stall_us, 14);
	/* The order of the keys says nothing. */
	CHECK(parse("dst=1,kind=lost"));
}

static void
triggers(void)
{
	CHECK(parse("kind=lost"));
	CHECK_EQ(fault_spec_trigger(&spec), FAULT_AT_DELIVERY);
	CHECK(parse("kind=nmi"));
	CHECK_EQ(fault_spec_trigger(&spec), FAULT_AT_DELIVERY);
	CHECK(parse("kind=nmi,every_us=100"));
	CHECK_EQ(fault_spec_trigger(&spec), FAULT_AT_TICK);
	CHECK(parse("kind=stall,stall_us=1"));
	CHECK_EQ(fault_spec_trigger(&spec), FAULT_AT_TICK);
	CHECK(parse("kind=preempt,function=f,for_us=1"));
	CHECK_EQ(fault_spec_trigger(&spec), FAULT_AT_ENTRY);
	CHECK(parse("kind=spurious,vector=80"));
	CHECK_EQ(fault_spec_trigger(&spec), FAULT_AT_TICK);
	CHECK(parse("kind=spurious,vector=80,function=f"));
	CHECK_EQ(fault_spec_trigger(&spec), FAULT_AT_ENTRY);
}

/* The text, and words that its refusal must have. */
static const struct {
	const char *text;
	const char *words[3];
} bad[] = {
    {"", {"KEY=VALUE", "kind=lost"}},
    {",", {"KEY=VALUE"}},
    {"kind=lost,", {"KEY=VALUE"}},
    {"lost", {"'lost'", "say kind=lost"}},
    {"dst=1", {"kind: is missing", "reorder"}},
    {"kind=", {"kind: its value is missing"}},
    {"kind=lots", {"kind 'lots'", "did you mean lost?"}},
    {"kind=xyzzy", {"kind 'xyzzy'", "preempt"}},
    {"kind=lost,kind=dup", {"kind: is given twice"}},
    {"kind=lost,probabilty=3", {"probabilty", "did you mean probability?"}},
    {"kind=lost,zzzzzzzzz=3", {"zzzzzzzzz", "no such key", "FAULT PLANS"}},
    {"kind=lost,=3", {"'=3'", "KEY=VALUE"}},
    {"kind=lost,dst=", {"dst: its value is missing", "dst=1"}},
    {"kind=lost,dst=x", {"dst 'x'", "not a number", "dst=1"}},
    {"kind=lost,dst=1x", {"dst '1x'", "not a number"}},
    {"kind=lost,dst=-1", {"dst '-1'", "not a number"}},
    {"kind=lost,dst=+1", {"dst '+1'", "not a number"}},
    {"kind=lost,dst= 1", {"dst ' 1'", "not a number"}},
    {"kind=lost,dst=4095", {"dst 4095", "from 0 to 4094"}},
    {"kind=lost,dst=4294967296", {"dst 4294967296", "from 0 to 4094"}},
    {"kind=lost,nth=0", {"nth 0", "from 1"}},
    {"kind=lost,nth=99999999999999999999", {"nth 99999999999999999999"}},
    {"kind=lost,probability=101", {"probability 101", "from 0 to 100"}},
    {"kind=lost,interval=0", {"interval 0", "from 1"}},
    {"kind=lost,times=-2", {"times '-2'", "not a number"}},
    {"kind=lost,times=9223372036854775808", {"times", "or -1 for no limit"}},
    {"kind=lost,nth=1,probability=1", {"nth and probability exclude"}},
    {"kind=lost,nth=1,interval=1", {"nth and interval exclude"}},
    {"kind=lost,nth=1,times=1", {"nth and times exclude"}},
    {"kind=lost,space=0,nth=1", {"nth and space exclude"}},
    {"kind=lost,vector=15", {"vector '15'", "16 to 255"}},
    {"kind=lost,vector=256", {"vector '256'"}},
    {"kind=lost,vector=a-b", {"vector 'a-b'", "neither a name"}},
    {"kind=lost,to=1", {"to: is for misroute or spurious, not for lost"}},
    {"kind=lost,delay_us=1", {"delay_us: is for dup, delay or reorder"}},
    {"kind=stall,stall_us=1,src=1", {"src: is for", "not for stall"}},
    {"kind=delay", {"delay_us: is missing", "add delay_us=500"}},
    {"kind=stall", {"stall_us: is missing"}},
    {"kind=slow", {"duty: is missing"}},
    {"kind=slow,duty=100", {"duty 100", "from 1 to 99"}},
    {"kind=spurious", {"vector: is missing"}},
    {"kind=spurious,vector=80,dst=1", {"dst: a spurious", "say to"}},
    {"kind=spurious,vector=80,walk=2", {"walk: a spurious", "add function="}},
    {"kind=spurious,vector=80,function=f,to=1", {"to: a spurious", "say dst"}},
    {"kind=spurious,vector=80,function=f,every_us=99", {"every_us: a spur"}},
    {"kind=lost,walk=2", {"walk: is for spurious or preempt, not for lost"}},
    {"kind=preempt,function=f,for_us=1,walk=0", {"walk 0", "from 1 to 4096"}},
    {"kind=spurious,vector=nmi", {"kind nmi, with every_us"}},
    {"kind=nmi,vector=nmi", {"vector nmi", "changes nothing"}},
    {"kind=nmi,src=1,every_us=100", {"every_us and src exclude"}},
    {"kind=nmi,every_us=100,vector=80", {"every_us and vector exclude"}},
    {"kind=nmi,every_us=49", {"every_us 49", "from 50"}},
    {"kind=misroute,dst=2,to=2", {"to 2", "another CPU"}},
    {"kind=preempt,for_us=1", {"function: is missing"}},
    {"kind=preempt,function=f", {"for_us: is missing"}},
    {"kind=preempt,function=f(),for_us=1", {"function 'f()'", "not the name"}},
    {"kind=preempt,function=1f,for_us=1", {"function '1f'"}},
    {"kind=preempt,function=+1,for_us=1", {"function '+1'", "not the name"}},
    {"kind=preempt,function=f+,for_us=1", {"''", "function=f+0x4c"}},
    {"kind=preempt,function=f+-1,for_us=1", {"'-1'", "not an offset"}},
    {"kind=preempt,function=f+1+1,for_us=1", {"'1+1'", "not an offset"}},
    {"kind=preempt,function=f+0x1000000,for_us=1", {"'0x1000000'"}},
    {"kind=preempt,function=f+4c,for_us=1", {"'4c'", "not an offset"}},
};

static void
refusals(void)
{
	char prefix[FAULT_WHERE_MAX];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (!CHECK(!parse(bad[i].text)))
			continue;
		strcpy(prefix, "--fault ");
		strcat(prefix, bad[i].text);
		CHECK(strncmp(why.text, prefix, strlen(prefix)) == 0);
		for (size_t w = 0; w < 3 && bad[i].words[w] != NULL; w++)
			CHECK_HAS(why.text + strlen(prefix), bad[i].words[w]);
	}
}

static void
endless(void)
{
	char text[4 * FAULT_SPEC_MAX];

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	CHECK(!parse(text));
	CHECK_HAS(why.text, "too long");
	memcpy(text, "kind=preempt,for_us=1,function=", 31);
	text[31 + FAULT_NAME_MAX] = '\0';
	CHECK(!parse(text));
	CHECK_HAS(why.text, "not the name");
	text[31 + FAULT_NAME_MAX - 1] = '\0';
	CHECK(parse(text));
	strcat(text, "+0xffffff");
	CHECK(parse(text));
}

UNIT_MAIN(TEST(defaults), TEST(all_keys), TEST(triggers), TEST(refusals),
    TEST(endless))
