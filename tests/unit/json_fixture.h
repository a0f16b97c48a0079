/* What a command said with --json, parsed. */
#ifndef TESTS_JSON_FIXTURE_H
#define TESTS_JSON_FIXTURE_H

#include "tests/unit/command_fixture.h"

#include <jansson.h>
#include <string.h>

/* The lines of JSON that the last command wrote, as an array. */
static inline json_t *lines(void)
{
    json_t *all = json_array();
    char *save = NULL;
    for (char *line = strtok_r(said, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        json_error_t why;
        json_t *object = json_loads(line, 0, &why);
        cr_assert_not_null(object, "'%s': %s", line, why.text);
        json_array_append_new(all, object);
    }
    return all;
}

static inline double number(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    cr_assert(json_is_number(value), "%s", name);
    return json_number_value(value);
}

#endif
