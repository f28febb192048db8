/* SPDX-License-Identifier: ISC */
/*
 * The kernel's own library: printing, panic and assertions, strings, sleep
 * and wakeup, conditions.
 */
#ifndef SYS_SYSTM_H
#define SYS_SYSTM_H

#include <stdarg.h>
#include <sys/errno.h>
#include <sys/inttypes.h>
#include <sys/param.h>

extern int hz;	       /* clock ticks a second, for tick arguments */
extern u_int ncpu;     /* attached CPUs */
extern bool mp_online; /* the other CPUs run */

/*
 * printf(9) to the VMM's console: %d %i %u %x %p %s %c %% with l, ll, z,
 * width, precision, '-' and '0'.  At most XCVM_STRING_MAX - 1 bytes a call.
 * Any context, any IPL.
 */
int printf(const char *, ...) __printflike(1, 2);
int vprintf(const char *, va_list) __printflike(1, 0);
int snprintf(char *, size_t, const char *, ...) __printflike(3, 4);
int vsnprintf(char *, size_t, const char *, va_list) __printflike(3, 0);

/*
 * panic(9): stop the other CPUs by NMI, report the message, never return.
 * The first CPU to panic wins; one that panics later just stops.  Any context.
 */
void panic(const char *, ...) __dead __printflike(1, 2);
void vpanic(const char *, va_list) __dead __printflike(1, 0);
extern volatile u_int panicked; /* 1 + index of the CPU that panics, or 0 */

#ifdef DIAGNOSTIC
#define KASSERT(e)                                                          \
	(__predict_true(e) ? (void)0                                        \
			   : panic("kernel assertion \"%s\" failed: %s:%d", \
				 #e, __FILE__, __LINE__))
#define KASSERTMSG(e, msg, ...)                                            \
	(__predict_true(e)                                                 \
		? (void)0                                                  \
		: panic("kernel assertion \"%s\" failed: %s:%d: " msg, #e, \
		      __FILE__, __LINE__, ##__VA_ARGS__))
#else
#define KASSERT(e)		((void)0)
#define KASSERTMSG(e, msg, ...) ((void)0)
#endif
#define KDASSERT(e)		 KASSERT(e)
#define KDASSERTMSG(e, msg, ...) KASSERTMSG(e, msg, ##__VA_ARGS__)

/*
 * Panic, in the name of the function, in an interrupt, a soft interrupt or
 * the idle thread; assert_thread_unlocked(): with a spin mutex held as well.
 */
void assert_thread(const char *function);
void assert_thread_unlocked(const char *function);
#ifdef DIAGNOSTIC
#define ASSERT_SLEEPABLE() assert_thread(__func__)
#else
#define ASSERT_SLEEPABLE() ((void)0)
#endif

/*
 * Panic, in the name of the function, where a thread must not sleep at all:
 * there, at a raised IPL, and with preemption disabled.
 */
void assert_sleepable(const char *function);
#define assertwaitok() assert_sleepable(__func__)

void *memcpy(void *, const void *, size_t);
void *memmove(void *, const void *, size_t);
void *memset(void *, int, size_t);
int memcmp(const void *, const void *, size_t);
size_t strlen(const char *);
int strcmp(const char *, const char *);
size_t strlcpy(char *, const char *, size_t);

/* ffs(3): the lowest bit that is set, counted from 1; 0 for 0. */
static inline int
ffs(int value)
{
	return (__builtin_ffs(value));
}

/* A function that does nothing and returns 0. */
static inline int
nullop(void *arg __unused)
{
	return (0);
}

/*
 * tsleep(9): sleep on ident until wakeup(9) of the same address, or until
 * timo ticks (0: for ever) or nsecs (INFSLP: for ever) have passed.
 * => returns 0, or EWOULDBLOCK when the time ran out
 * => thread context only, IPL_NONE, no spin mutex held; else it panics
 * A caller that must not miss a wakeup between its test and the sleep holds
 * splsched() on the waker's CPU, or uses cond_wait(9) or condvar(9), which
 * are safe against it by themselves.
 */
#define INFSLP UINT64_MAX
int tsleep(const volatile void *, int, const char *, int);
int tsleep_nsec(const volatile void *, int, const char *, uint64_t);

/*
 * Wake all, or at most n, threads asleep on the address: who has slept
 * longest first.  Any IPL.
 */
void wakeup(const volatile void *);
void wakeup_n(const volatile void *, int);
#define wakeup_one(ident) wakeup_n(ident, 1)

/*
 * OpenBSD's cond_wait(9): a one-shot condition, usually on the stack.
 * cond_signal() publishes all that came before it to the waiter, and after
 * that touches nothing of the condition but its address.
 * => cond_wait(): as tsleep(); cond_signal(): any context, any IPL
 */
struct cond {
	u_int c_wait; /* 1 until signalled */
};
#define COND_INITIALIZER()  \
	{                   \
		.c_wait = 1 \
	}
void cond_init(struct cond *);
void cond_wait(struct cond *, const char *);
void cond_signal(struct cond *);

/* kpause(9): sleep for timo ticks; nobody can wake the sleeper earlier. */
int kpause(const char *, bool, int, void *);

/* delay(9): spin for at least the given microseconds.  Any context. */
void delay(u_int);

#endif /* SYS_SYSTM_H */
