#include "ui/action.h"

#include "src/base/text.h"

#include <stdio.h>
#include <string.h>

static const action table[] = {
#define ACTION_ROW(id, name, keys, views, word, help) {id, name, keys, views, word, help},
    ACTION_LIST(ACTION_ROW)
#undef ACTION_ROW
};

static const struct {
    int key;
    const char *name;
} key_names[] = {
#define KEY_ROW(id, name) {id, name},
    KEY_NAMES(KEY_ROW)
#undef KEY_ROW
};

const action *action_get(action_id id)
{
    return &table[id - 1];
}

const char *view_name(view_id view)
{
    static const char *const names[] = {
#define VIEW_ROW(id, digit, name, text) name,
        VIEW_LIST(VIEW_ROW)
#undef VIEW_ROW
    };
    return names[view];
}

int view_digit(view_id view)
{
    static const int digits[] = {
#define VIEW_ROW(id, digit, name, text) digit,
        VIEW_LIST(VIEW_ROW)
#undef VIEW_ROW
    };
    return digits[view];
}

int key_parse(const char *word, size_t length)
{
    if (length == 1)
        return (unsigned char)word[0];
    if (length == 2 && word[0] == '^')
        return word[1] & 0x1f;
    for (size_t i = 0; i < sizeof key_names / sizeof *key_names; i++)
        if (strlen(key_names[i].name) == length && memcmp(key_names[i].name, word, length) == 0)
            return key_names[i].key;
    return 0;
}

static bool has_key(const char *keys, int key)
{
    while (*keys) {
        size_t length = strcspn(keys, " ");
        if (key_parse(keys, length) == key)
            return true;
        keys += length + strspn(keys + length, " ");
    }
    return false;
}

action_id action_of_key(view_id view, int key)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if ((table[i].views & 1u << view) && has_key(table[i].keys, key))
            return table[i].id;
    return ACT_NONE;
}

action_id action_of_name(view_id view, const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if ((table[i].views & 1u << view) && strcmp(table[i].name, name) == 0)
            return table[i].id;
    return ACT_NONE;
}

void action_first_key(action_id id, char out[12])
{
    const char *keys = action_get(id)->keys;
    size_t length = strcspn(keys, " ");
    snprintf(out, 12, "%.*s", (int)length, keys);
}
