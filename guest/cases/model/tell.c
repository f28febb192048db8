/* SPDX-License-Identifier: ISC */
/* The steps of a model as lines of C, which read as the body of a case. */
#include "model/place.h"

const char *const place_level_name[IPL_COUNT] = {"IPL_NONE", "IPL_PREEMPT",
    "IPL_SOFTCLOCK", "IPL_SOFTBIO", "IPL_SOFTNET", "IPL_SOFTSERIAL", "IPL_VM",
    "IPL_SCHED", "IPL_HIGH"};
static const char *const context_name[MODEL_CONTEXTS] = {
    "THREAD", "SOFTCLOCK", "SOFTBIO", "SOFTNET", "SOFTSERIAL", "HARD", "CALL"};

static const char *
common_argument(const struct step *s)
{
	if (s->s_op == &place_ops[PLACE_RAISE])
		return (place_level_name[s->s_arg[0] + 1]);
	if (s->s_op == &place_ops[PLACE_LOWER])
		return (place_level_name[s->s_arg[0]]);
	if (s->s_op == &place_ops[PLACE_ENTER])
		return (context_name[place_entered_context(s)]);
	return (NULL);
}

/* An argument; one of the operations on the CPUs is a level, or a context. */
static size_t
put_argument(char *to, size_t size, const struct step *s, u_int arg)
{
	const char *name = common_argument(s);

	if (name != NULL)
		return (strlcpy(to, name, size));
	return ((size_t)snprintf(to, size, "%u", s->s_arg[arg]));
}

void
place_tell(const struct step *s)
{
	const char *text = s->s_op->o_text;
	char line[120];
	size_t at = 0;

	while (*text != '\0' && at < sizeof(line) - 20) {
		if (*text == '%') {
			at += put_argument(&line[at], sizeof(line) - at, s,
			    (u_int)(text[1] - '0'));
			text += 2;
		} else
			line[at++] = *text++;
	}
	line[at] = '\0';
	printf("\ton(%u, %s);\n", s->s_cpu, line);
}
