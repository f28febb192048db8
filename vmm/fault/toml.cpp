/* SPDX-License-Identifier: ISC */
/*
 * A fault plan in TOML: [[fault]] tables, whose keys are those of --fault.
 */
#define TOML_EXCEPTIONS	       0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

extern "C" {
#include "fault/plan.h"
}

namespace
{

/* Where something stands, as FILE:LINE:COLUMN; of a long path, its end. */
void
locate(char (&where)[FAULT_WHERE_MAX], const char *name,
    const toml::source_region &source)
{
	const std::size_t len = std::strlen(name), most = sizeof(where) / 2;

	std::snprintf(where, sizeof(where), "%s%s:%u:%u",
	    len > most ? "..." : "", len > most ? name + len - most : name,
	    static_cast<unsigned>(source.begin.line),
	    static_cast<unsigned>(source.begin.column));
}

int
refuse_at(struct refusal *why, const char *name,
    const toml::source_region &source, const char *what)
{
	char where[FAULT_WHERE_MAX];

	locate(where, name, source);
	return (refuse(why, "%s: %s", where, what));
}

/* One key of a table, as --fault would have it. */
int
set(struct fault_spec *spec, const std::string &key, const toml::node &value,
    struct refusal *why)
{
	std::string text;

	if (value.is_integer())
		text = std::to_string(value.as_integer()->get());
	else if (value.is_string())
		text = value.as_string()->get();
	else
		return (refuse(why,
		    "%s: %s: is neither a whole number nor a string: say %s = "
		    "1, or %s = \"name\"",
		    spec->where, key.c_str(), key.c_str(), key.c_str()));
	/* What is C from here on takes a NUL for the end. */
	if (text.find('\0') != std::string::npos ||
	    key.find('\0') != std::string::npos)
		return (refuse(why,
		    "%s: %s: has a NUL in it: write letters and digits",
		    spec->where, key.c_str()));
	return (fault_spec_set(spec, key.c_str(), text.c_str(), why));
}

int
entry(struct fault_plan *plan, const char *name, const toml::table &table,
    struct refusal *why)
{
	struct fault_spec spec;
	char where[FAULT_WHERE_MAX];

	locate(where, name, table.source());
	fault_spec_init(&spec, where, true);
	for (const auto &[key, value] : table) {
		locate(spec.where, name, key.source());
		if (set(&spec, std::string(key.str()), value, why) == -1)
			return (-1);
	}
	std::snprintf(spec.where, sizeof(spec.where), "%s", where);
	return (fault_spec_finish(&spec, why) == -1
		    ? -1
		    : fault_plan_append(plan, &spec, why));
}

int
entries(struct fault_plan *plan, const char *name, const toml::table &document,
    struct refusal *why)
{
	for (const auto &[key, value] : document) {
		const toml::array *tables = value.as_array();

		if (key.str() != "fault")
			return (refuse_at(why, name, key.source(),
			    ("'" + std::string(key.str()) +
				"': does not belong in a fault plan: write "
				"[[fault]] tables only")
				.c_str()));
		if (tables == nullptr)
			return (refuse_at(why, name, key.source(),
			    "fault: is not a list of tables: write [[fault]]"));
		for (const toml::node &node : *tables) {
			if (!node.is_table())
				return (refuse_at(why, name, node.source(),
				    "fault: is not a table: write [[fault]]"));
			if (entry(plan, name, *node.as_table(), why) == -1)
				return (-1);
		}
	}
	return (0);
}

} // namespace

extern "C" int
fault_toml_parse(struct fault_plan *plan, const char *name, const char *text,
    size_t len, struct refusal *why)
{
	const size_t before = plan->count;
	toml::parse_result result = toml::parse(std::string_view(text, len));

	if (!result) {
		const toml::parse_error &error = result.error();

		return (refuse_at(why, name, error.source(),
		    (std::string(error.description()) +
			": write TOML, with [[fault]] tables of key = value")
			.c_str()));
	}
	if (entries(plan, name, result.table(), why) == -1)
		return (-1);
	if (plan->count == before)
		return (refuse(why,
		    "%s: holds no fault: write [[fault]], and kind = \"lost\" "
		    "below it",
		    name));
	return (0);
}
