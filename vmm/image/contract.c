/* SPDX-License-Identifier: ISC */
/*
 * The clauses of the contract, by id.
 */
#include <string.h>

#include "image/contract.h"

#define SEPARATORS ", "

static const struct contract_clause *
find(const char *id, size_t len)
{
	for (size_t i = 0; i < contract_nclauses; i++)
		if (strncmp(contract_clauses[i].id, id, len) == 0 &&
		    contract_clauses[i].id[len] == '\0')
			return (&contract_clauses[i]);
	return (NULL);
}

const struct contract_clause *
contract_clause(const char *id)
{

	return (find(id, strlen(id)));
}

const char *
contract_id(const char **list, size_t *len)
{
	const char *id = *list + strspn(*list, SEPARATORS);

	*len = strcspn(id, SEPARATORS);
	*list = id + *len;
	return (*len > 0 ? id : NULL);
}

const struct contract_clause *
contract_next(const char **list)
{
	const struct contract_clause *clause;
	const char *id;
	size_t len;

	while ((id = contract_id(list, &len)) != NULL)
		if ((clause = find(id, len)) != NULL)
			return (clause);
	return (NULL);
}
