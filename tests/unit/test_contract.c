/* SPDX-License-Identifier: ISC */
/* The clauses of the contract, as tools/contract made them of the document. */
#include <string.h>

#include "image/contract.h"
#include "unit.h"

/* The ids of a list whose clauses come, with a blank behind each. */
static const char *
clauses_of(const char *list)
{
	static char text[256];
	const struct contract_clause *clause;

	text[0] = '\0';
	while ((clause = contract_next(&list)) != NULL) {
		strncat(text, clause->id, 16);
		strncat(text, " ", 2);
	}
	CHECK(*list == '\0');
	return (text);
}

static void
table(void)
{
	static const char where[] = "docs/contract.md:";

	CHECK(contract_nclauses > 100);
	for (size_t i = 0; i < contract_nclauses; i++) {
		const struct contract_clause *clause = &contract_clauses[i];

		CHECK(contract_clause(clause->id) == clause);
		CHECK(clause->text[strlen(clause->text) - 1] == '.');
		CHECK(strncmp(clause->where, where, sizeof(where) - 1) == 0);
	}
}

static void
clause(void)
{
	const struct contract_clause *o8 = contract_clause("O8");

	if (!CHECK(o8 != NULL))
		return;
	CHECK_HAS(o8->text, "One object queued twice on a CPU runs twice.");
	CHECK(contract_clause("O80") == NULL);
	CHECK(contract_clause("o8") == NULL);
	CHECK(contract_clause("O") == NULL);
	CHECK(contract_clause("") == NULL);
}

static void
ids(void)
{
	const char *list = "O9, XYZ,,O10", *id;
	size_t len;

	id = contract_id(&list, &len);
	CHECK(id != NULL && len == 2 && strncmp(id, "O9", len) == 0);
	id = contract_id(&list, &len);
	CHECK(id != NULL && len == 3 && strncmp(id, "XYZ", len) == 0);
	id = contract_id(&list, &len);
	CHECK(id != NULL && len == 3 && strcmp(id, "O10") == 0);
	CHECK(contract_id(&list, &len) == NULL);
	CHECK(contract_id(&list, &len) == NULL);
}

static void
lists(void)
{
	CHECK(strcmp(clauses_of(""), "") == 0);
	CHECK(strcmp(clauses_of("O1"), "O1 ") == 0);
	CHECK(strcmp(clauses_of("O10,O1"), "O10 O1 ") == 0);
	/* An image of another contract: what is known is told. */
	CHECK(strcmp(clauses_of("O1000,D5,Q1,"), "D5 ") == 0);
	CHECK(strcmp(clauses_of(",, "), "") == 0);
}

UNIT_MAIN(TEST(table), TEST(clause), TEST(ids), TEST(lists))
