/* SPDX-License-Identifier: ISC */
/*
 * What --list and the `run` event tell of a case in the same form.
 */
#ifndef VMM_EVENT_CASE_JSON_H
#define VMM_EVENT_CASE_JSON_H

#include "base/json.h"
#include "image/image.h"

/* The member "contract": ["O9","O10"]. */
void case_contract_json(const struct image_case *c, struct json *j);

/* The member "decision": the number of the decision, or null. */
void case_decision_json(const struct image_case *c, struct json *j);

/*
 * The members of an implementation's object, which the caller begins and ends.
 */
void case_impl_json(const struct image_impl *impl, struct json *j);

#endif /* VMM_EVENT_CASE_JSON_H */
