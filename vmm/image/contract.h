/* SPDX-License-Identifier: ISC */
/*
 * What the ids that a case names stand for: the clauses of docs/contract.md,
 * compiled in by tools/contract.  Constant; any thread.
 */
#ifndef VMM_IMAGE_CONTRACT_H
#define VMM_IMAGE_CONTRACT_H

#include <stddef.h>

struct contract_clause {
	const char *id;	   /* "O9" */
	const char *text;  /* one sentence */
	const char *where; /* "docs/contract.md:123" */
};

/* Made from the document, in its order. */
extern const struct contract_clause contract_clauses[];
extern const size_t contract_nclauses;

/* NULL if the contract has no such clause. */
const struct contract_clause *contract_clause(const char *id);

/*
 * The next id of a case's list, "O9,O10", which moves on behind it; it is
 * `len` characters long.  NULL when there is none left.
 */
const char *contract_id(const char **list, size_t *len);

/*
 * The clause of the next id that has one: an image may be of another contract
 * than this program.  NULL when there is none left.
 */
const struct contract_clause *contract_next(const char **list);

#endif /* VMM_IMAGE_CONTRACT_H */
