/* The keys for the manual and the README. */
#include "ui/action.h"
#include "ui/ui.h"

#include <string.h>

static void print_roff(FILE *out, char c)
{
    switch (c) {
    case '-': fputs("\\-", out); break;
    case '^': fputs("\\(ha", out); break;
    case '\'': fputs("\\(aq", out); break;
    case '\\': fputs("\\e", out); break;
    default: fputc(c, out);
    }
}

/* `j Down` as `j`, `Down`, each between `before` and `after`. */
static void print_key_list(FILE *out, const char *keys, const char *before, const char *after,
                           bool roff)
{
    for (const char *at = keys; *at;) {
        size_t length = strcspn(at, " ");
        fprintf(out, "%s%s", at == keys ? "" : ", ", before);
        for (size_t i = 0; i < length; i++)
            roff ? print_roff(out, at[i]) : (void)fputc(at[i], out);
        fputs(after, out);
        at += length + strspn(at + length, " ");
    }
}

static void print_row(FILE *out, const action *row, ui_keys_form form)
{
    switch (form) {
    case UI_KEYS_PLAIN: fprintf(out, "  %-16s  %s\n", row->keys, row->help); break;
    case UI_KEYS_ROFF:
        fputs(".TP\n", out);
        print_key_list(out, row->keys, "\\fB", "\\fR", true);
        fprintf(out, "\n%s\n", row->help);
        break;
    case UI_KEYS_MARKDOWN:
        fputs("| ", out);
        print_key_list(out, row->keys, "`", "`", false);
        fprintf(out, " | %s |\n", row->help);
        break;
    }
}

/* Actions that hold in this view alone, or in some others too, but not in all. */
static void print_section(FILE *out, const char *heading, unsigned views, bool everywhere,
                          ui_keys_form form)
{
    if (form == UI_KEYS_PLAIN)
        fprintf(out, "%s\n", heading);
    else if (form == UI_KEYS_ROFF)
        fprintf(out, ".SS %s\n", heading);
    else
        fprintf(out, "\n**%s**\n\n| key | does |\n|---|---|\n", heading);
    for (int id = ACT_NONE + 1; id < ACT_COUNT; id++) {
        const action *row = action_get((action_id)id);
        if ((row->views & views) && (row->views == IN_ALL) == everywhere)
            print_row(out, row, form);
    }
    if (form == UI_KEYS_PLAIN)
        fputc('\n', out);
}

void ui_print_keys(FILE *out, ui_keys_form form)
{
    print_section(out, "Everywhere", IN_ALL, true, form);
    for (int v = 0; v < VIEW_COUNT; v++)
        print_section(out, view_name((view_id)v), 1u << v, false, form);
}
