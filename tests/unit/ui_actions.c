/* The action table is the one truth about keys: these tests pin what it must not lose. */
#include "ui/action.h"
#include "ui/ui.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static size_t words(const char *keys, const char *word[8], size_t length[8])
{
    size_t count = 0;
    for (const char *at = keys; *at && count < 8; count++) {
        word[count] = at;
        length[count] = strcspn(at, " ");
        at += length[count] + strspn(at + length[count], " ");
    }
    return count;
}

Test(actions, every_key_means_something_and_only_one_thing_in_a_view)
{
    for (int v = 0; v < VIEW_COUNT; v++)
        for (int id = 1; id < ACT_COUNT; id++) {
            const action *row = action_get((action_id)id);
            const char *word[8];
            size_t length[8];
            if (!(row->views & 1u << v))
                continue;
            size_t count = words(row->keys, word, length);
            cr_assert(count > 0, "%s has no key", row->name);
            for (size_t k = 0; k < count; k++) {
                int key = key_parse(word[k], length[k]);
                cr_assert(key != 0, "%s: %.*s is no key", row->name, (int)length[k], word[k]);
                action_id found = action_of_key((view_id)v, key);
                cr_assert(found == row->id, "in %s, %.*s is %s and %s", view_name((view_id)v),
                          (int)length[k], word[k], row->name, action_get(found)->name);
            }
        }
}

Test(actions, names_are_unique_and_help_is_there)
{
    for (int id = 1; id < ACT_COUNT; id++) {
        const action *row = action_get((action_id)id);
        size_t length = strlen(row->help);
        cr_assert(row->id == (action_id)id);
        cr_assert(length > 5 && row->help[length - 1] != '.', "%s: %s", row->name, row->help);
        cr_assert((row->views & ~(unsigned)IN_ALL) == 0 && row->views != 0, "%s", row->name);
        for (const char *c = row->name; *c; c++)
            cr_assert(islower((unsigned char)*c) || *c == '-', "%s", row->name);
        for (int other = id + 1; other < ACT_COUNT; other++)
            cr_assert(strcmp(row->name, action_get((action_id)other)->name) != 0, "%s twice",
                      row->name);
    }
}

Test(actions, views_are_reached_by_their_digits)
{
    for (int v = 0; v < VIEW_COUNT; v++) {
        if (view_digit((view_id)v) == 0)
            continue; /* opened from another view */
        action_id id = action_of_key(VIEW_STUDY, '0' + view_digit((view_id)v));
        cr_assert(id == (action_id)(ACT_VIEW_STUDY + v));
        cr_assert(action_of_name(VIEW_STUDY, action_get(id)->name) == id);
    }
}

Test(actions, a_key_that_is_bound_elsewhere_does_nothing_here)
{
    cr_assert(action_of_key(VIEW_STUDY, '/') == ACT_NONE);
    cr_assert(action_of_key(VIEW_FEATURES, '/') == ACT_SEARCH);
    cr_assert(action_of_name(VIEW_STUDY, "search") == ACT_NONE);
    cr_assert(action_of_key(VIEW_STUDY, PRESSED_UNKNOWN) == ACT_NONE);
}

Test(actions, first_keys_fit_the_key_line)
{
    for (int id = 1; id < ACT_COUNT; id++) {
        char key[12];
        action_first_key((action_id)id, key);
        cr_assert(strlen(key) > 0);
        cr_assert(strncmp(action_get((action_id)id)->keys, key, strlen(key)) == 0);
    }
}

static char *printed(ui_keys_form form)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    ui_print_keys(out, form);
    fclose(out);
    return text;
}

Test(actions, the_manual_has_them_all)
{
    static const ui_keys_form forms[] = {UI_KEYS_PLAIN, UI_KEYS_ROFF, UI_KEYS_MARKDOWN};
    for (size_t f = 0; f < 3; f++) {
        char *text = printed(forms[f]);
        for (int id = 1; id < ACT_COUNT; id++)
            cr_assert(strstr(text, action_get((action_id)id)->help), "%s",
                      action_get((action_id)id)->name);
        free(text);
    }
}

Test(actions, roff_keeps_carets_and_dashes)
{
    char *text = printed(UI_KEYS_ROFF);
    cr_assert(strstr(text, "\\fB\\(haD\\fR"));
    cr_assert(strstr(text, "\\fB\\-\\fR"));
    cr_assert(!strstr(text, "\n^") && !strstr(text, "B^"));
    free(text);
}
