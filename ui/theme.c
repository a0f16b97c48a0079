/* Themes as data: the built-in ones, and reading one from YAML. */
#include "ui/theme.h"

#include "ui/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const role_names[] = {
#define ROLE_NAME(id, name, text) name,
    ROLE_LIST(ROLE_NAME)
#undef ROLE_NAME
};

/* Calm on a dark ground, readable on a light one: themes/default.yaml says the same. */
static const theme built_in = {
    .name = "default",
    .look =
        {
            [ROLE_TEXT] = {-1, -1, false, false, false, false},
            [ROLE_DIM] = {244, -1, false, false, false, false},
            [ROLE_TITLE] = {252, 237, false, false, false, false},
            [ROLE_TAB] = {231, 25, true, false, false, false},
            [ROLE_STATUS] = {-1, -1, false, false, false, false},
            [ROLE_KEY] = {75, -1, true, false, false, false},
            [ROLE_HEAD] = {244, -1, true, false, false, false},
            [ROLE_CURSOR] = {231, 238, false, false, false, false},
            [ROLE_PICKED] = {214, -1, true, false, false, false},
            [ROLE_NAME] = {75, -1, false, false, false, false},
            [ROLE_LABEL] = {-1, -1, false, false, false, false},
            [ROLE_NUMBER] = {-1, -1, false, false, false, false},
            [ROLE_POSITIVE] = {71, -1, false, false, false, false},
            [ROLE_NEGATIVE] = {173, -1, false, false, false, false},
            [ROLE_BAR] = {67, -1, false, false, false, false},
            [ROLE_ACTIVE] = {214, -1, true, false, false, false},
            [ROLE_BORDER] = {240, -1, false, false, false, false},
            [ROLE_GOOD] = {71, -1, false, false, false, false},
            [ROLE_WARNING] = {214, -1, false, false, false, false},
            [ROLE_ERROR] = {203, -1, true, false, false, false},
        },
};

void theme_built_in(theme *out)
{
    *out = built_in;
}

void theme_mono(theme *out)
{
    *out = (theme){.name = "mono"};
    for (int r = 0; r < ROLE_COUNT; r++)
        out->look[r] = (role_look){.fg = -1, .bg = -1};
    static const role bold[] = {ROLE_TAB,    ROLE_KEY,   ROLE_HEAD,   ROLE_PICKED,
                                ROLE_ACTIVE, ROLE_ERROR, ROLE_WARNING};
    for (size_t i = 0; i < sizeof bold / sizeof *bold; i++)
        out->look[bold[i]].bold = true;
    out->look[ROLE_TITLE].reverse = out->look[ROLE_CURSOR].reverse = true;
}

static bool colour_of(const char *text, short *out)
{
    static const char *const names[] = {
        "black",        "red",           "green",       "yellow",         "blue",
        "magenta",      "cyan",          "white",       "bright-black",   "bright-red",
        "bright-green", "bright-yellow", "bright-blue", "bright-magenta", "bright-cyan",
        "bright-white",
    };
    if (strcmp(text, "default") == 0) {
        *out = -1;
        return true;
    }
    if (strcmp(text, "grey") == 0 || strcmp(text, "gray") == 0) {
        *out = 8;
        return true;
    }
    for (short i = 0; i < 16; i++)
        if (strcmp(text, names[i]) == 0) {
            *out = i;
            return true;
        }
    char *end;
    long number = strtol(text, &end, 10);
    if (end == text || *end || number < 0 || number > 255)
        return false;
    *out = (short)number;
    return true;
}

typedef struct reading {
    theme *out;
    unsigned seen[ROLE_COUNT]; /* attributes given, to refuse one given twice */
} reading;

static status read_attribute(reading *r, role wearer, const char *key, const setting *s,
                             error *err)
{
    static const char *const keys[] = {"fg", "bg", "bold", "reverse", "underline", "dim"};
    role_look *look = &r->out->look[wearer];
    bool *const flag[] = {&look->bold, &look->reverse, &look->underline, &look->dim};
    for (unsigned i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (strcmp(key, keys[i]) != 0)
            continue;
        if (r->seen[wearer] & 1u << i)
            return setting_refuse(s, err, "'%s' is given twice", s->path);
        r->seen[wearer] |= 1u << i;
        if (i < 2)
            return colour_of(s->value, i == 0 ? &look->fg : &look->bg)
                       ? STATUS_OK
                       : setting_refuse(s, err,
                                        "'%s' is not a colour: expected a name such as "
                                        "'bright-blue', a number from 0 to 255, or 'default'",
                                        s->value);
        return setting_truth(s->value, flag[i - 2])
                   ? STATUS_OK
                   : setting_refuse(s, err, "'%s': expected true or false", s->value);
    }
    return setting_refuse(s, err,
                          "unknown key '%s': expected fg, bg, bold, reverse, underline "
                          "or dim",
                          key);
}

static status read_setting(void *user, const setting *s, error *err)
{
    reading *r = user;
    if (strcmp(s->path, "name") == 0) {
        if (strlen(s->value) >= sizeof r->out->name)
            return setting_refuse(s, err, "this name is too long");
        memcpy(r->out->name, s->value, strlen(s->value) + 1);
        return STATUS_OK;
    }
    if (strncmp(s->path, "roles.", 6) != 0)
        return setting_refuse(s, err, "unknown key '%s': expected name or roles", s->path);
    const char *name = s->path + 6;
    size_t length = strcspn(name, ".");
    for (int i = 0; i < ROLE_COUNT; i++)
        if (strlen(role_names[i]) == length && memcmp(role_names[i], name, length) == 0) {
            if (name[length] == '\0')
                return setting_refuse(s, err, "'%s': expected `{fg: ..., bg: ...}`", name);
            return read_attribute(r, (role)i, name + length + 1, s, err);
        }
    return setting_refuse(s, err, "unknown role '%.*s'", (int)length, name);
}

/* Roles that a theme leaves out wear the terminal's own colours. */
static void blank(theme *out)
{
    memset(out, 0, sizeof *out);
    for (int i = 0; i < ROLE_COUNT; i++)
        out->look[i].fg = out->look[i].bg = -1;
}

status theme_parse(theme *out, const char *where, const char *yaml, size_t length, error *err)
{
    reading r = {.out = out};
    blank(out);
    return settings_parse(where, yaml, length, read_setting, &r, err);
}

status theme_read(theme *out, const char *path, error *err)
{
    reading r = {.out = out};
    blank(out);
    return settings_read(path, read_setting, &r, err);
}
