#include "src/commands/output.h"

#include "src/base/memory.h"
#include "src/base/text.h"

#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { FIELDS_MAX = 24 };

typedef struct column {
    const char *name;
    bool is_text;
    int width;
} column;

struct output {
    bool as_json;
    json_t *object;
    column column[FIELDS_MAX];
    size_t columns;
    size_t field; /* of the present record */
    char **cell;  /* records * columns, cleaned */
    size_t cells, capacity;
    char *notes; /* cleaned lines for after the table; NULL: none */
};

output *output_begin(bool json)
{
    output *o = mem_zero(1, sizeof *o);
    o->as_json = json;
    if (json)
        o->object = json_object();
    return o;
}

static void add_cell(output *o, const char *name, char *cell, bool is_text)
{
    if (o->field >= FIELDS_MAX) {
        free(cell);
        return;
    }
    column *c = &o->column[o->field];
    if (o->field == o->columns) {
        *c = (column){.name = name, .is_text = is_text, .width = (int)strlen(name)};
        o->columns++;
    }
    int width = text_width(cell);
    if (width > c->width)
        c->width = width;
    if (o->cells == o->capacity) {
        o->capacity = o->capacity ? 2 * o->capacity : 256;
        o->cell = mem_grow(o->cell, o->capacity, sizeof *o->cell);
    }
    o->cell[o->cells++] = cell;
    o->field++;
}

void output_text(output *o, const char *name, const char *text)
{
    if (!o->as_json) {
        add_cell(o, name, text_clean(text), true);
        return;
    }
    json_t *value = text ? json_string(text) : json_null();
    if (!value) { /* not UTF-8: a workspace from elsewhere */
        char *clean = text_clean(text);
        value = json_string(clean);
        free(clean);
    }
    json_object_set_new(o->object, name, value);
}

void output_count(output *o, const char *name, uint64_t value)
{
    if (o->as_json)
        json_object_set_new(o->object, name, json_integer((json_int_t)value));
    else
        add_cell(o, name, mem_format("%llu", (unsigned long long)value), false);
}

/* decimals < 0: scientific notation */
static void add_number(output *o, const char *name, double value, int decimals)
{
    if (o->as_json)
        json_object_set_new(o->object, name, isfinite(value) ? json_real(value) : json_null());
    else if (!isfinite(value))
        add_cell(o, name, mem_copy_text(""), false);
    else if (decimals >= 0)
        add_cell(o, name, mem_format("%.*f", decimals, value), false);
    else
        add_cell(o, name, mem_format("%.1e", value), false);
}

void output_number(output *o, const char *name, double value, int decimals)
{
    add_number(o, name, value, decimals);
}

void output_small(output *o, const char *name, double value)
{
    add_number(o, name, value, -1);
}

void output_record(output *o)
{
    if (o->as_json) {
        char *line =
            json_dumps(o->object, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(9));
        /* ENSURE_ASCII leaves one control character as it is: DEL */
        for (const char *at = line; at && *at; at++) {
            if (*at == 0x7f)
                fputs("\\u007f", stdout);
            else
                putchar(*at);
        }
        putchar('\n');
        free(line);
        json_object_clear(o->object);
    }
    o->field = 0;
}

/* On a terminal the widest text columns give way until a row fits. */
static void fit_terminal(output *o)
{
    struct winsize size;
    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 20)
        return;
    for (;;) {
        int total = 2 * ((int)o->columns - 1);
        column *widest = NULL;
        for (size_t c = 0; c < o->columns; c++) {
            total += o->column[c].width;
            if (o->column[c].is_text && (!widest || o->column[c].width > widest->width))
                widest = &o->column[c];
        }
        if (total <= size.ws_col || !widest || widest->width <= 8)
            return;
        widest->width--;
    }
}

static void print_cell(const column *c, const char *cell, bool last)
{
    int used = 0;
    size_t bytes = text_fit(cell, c->width, &used);
    int pad = c->width - used;
    if (!c->is_text)
        printf("%*s", pad, "");
    printf("%.*s", (int)bytes, cell);
    if (c->is_text && !last)
        printf("%*s", pad, "");
    if (!last)
        printf("  ");
}

void output_end(output *o)
{
    if (!o->as_json && o->columns) {
        fit_terminal(o);
        for (size_t c = 0; c < o->columns; c++)
            print_cell(&o->column[c], o->column[c].name, c + 1 == o->columns);
        putchar('\n');
        for (size_t i = 0; i < o->cells; i++) {
            size_t c = i % o->columns;
            print_cell(&o->column[c], o->cell[i], c + 1 == o->columns);
            if (c + 1 == o->columns)
                putchar('\n');
        }
    }
    if (o->notes)
        fputs(o->notes, stdout);
    for (size_t i = 0; i < o->cells; i++)
        free(o->cell[i]);
    free(o->cell);
    free(o->notes);
    json_decref(o->object);
    free(o);
}

static char *clean_line(const char *format, va_list arguments)
{
    char line[2048];
    vsnprintf(line, sizeof line, format, arguments);
    return text_clean(line);
}

void output_line(const output *o, const char *format, ...)
{
    if (o->as_json)
        return;
    va_list arguments;
    va_start(arguments, format);
    char *line = clean_line(format, arguments);
    va_end(arguments);
    puts(line);
    free(line);
}

void output_note(output *o, const char *format, ...)
{
    if (o->as_json)
        return;
    va_list arguments;
    va_start(arguments, format);
    char *line = clean_line(format, arguments);
    va_end(arguments);
    char *longer = mem_format("%s%s\n", o->notes ? o->notes : "", line);
    free(o->notes);
    free(line);
    o->notes = longer;
}
