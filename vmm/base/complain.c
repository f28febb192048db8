/* SPDX-License-Identifier: ISC */
/*
 * One line on standard error, for whoever started the program.
 */
#include <unistd.h>

#include "base/complain.h"
#include "base/text.h"
#include "base/writer.h"

void
complain(const char *text, bool leaving)
{
	struct writer writer;
	FILE *out;

	if (writer_open(&writer, STDERR_FILENO) == 0) {
		if (leaving)
			writer_abandon(&writer);
		out = writer_stream(&writer);
		if (out != NULL) {
			fputs("xcvm: ", out);
			text_string(out, text);
			putc('\n', out);
			fclose(out);
		}
	}
	writer_close(&writer);
}
