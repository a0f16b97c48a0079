#include "src/circuit/filter.h"

#include "db/note.h"
#include "src/base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const column_names[] = {
#define FILTER_COLUMN_NAME(id, name) name,
    FILTER_COLUMN_LIST(FILTER_COLUMN_NAME)
#undef FILTER_COLUMN_NAME
};

#define FILTER_COLUMN_COMMA(id, name) name ", "
#define EXPECTED_NAMES                                                                            \
    FILTER_COLUMN_LIST(FILTER_COLUMN_COMMA)                                                       \
    "label, tag, pin or labelled"

/* A piece of the text that is being read. */
typedef struct piece {
    const char *at;
    size_t length;
} piece;

static bool is(piece p, const char *word)
{
    return strlen(word) == p.length && memcmp(p.at, word, p.length) == 0;
}

/* The next term: up to a blank that does not stand in quotes. */
static piece next_term(const char **text)
{
    *text += strspn(*text, " ");
    piece p = {*text, 0};
    for (bool quoted = false; p.at[p.length] && (quoted || p.at[p.length] != ' '); p.length++)
        quoted ^= p.at[p.length] == '"';
    *text += p.length;
    return p;
}

static status read_word(filter_term *t, piece term, piece value, error *err)
{
    if (value.length > 0 && value.at[0] == '"') {
        value.at++;
        value.length--;
        if (value.length > 0 && value.at[value.length - 1] == '"')
            value.length--;
    }
    if (value.length == 0)
        return error_set(err, STATUS_INPUT, "'%.*s': expected a word at its end", (int)term.length,
                         term.at);
    if (value.length >= sizeof t->word)
        return error_set(err, STATUS_INPUT, "'%.*s': a word of more than %zu bytes",
                         (int)term.length, term.at, sizeof t->word - 1);
    memcpy(t->word, value.at, value.length);
    t->word[value.length] = '\0';
    return STATUS_OK;
}

static status read_figure(filter_term *t, piece term, piece name, piece op, piece value,
                          error *err)
{
    static const char *const ops[] = {">", ">=", "<", "<=", "=", "!="};
    unsigned which = 0;
    while (which < 6 && !is(op, ops[which]))
        which++;
    if (which == 6)
        return error_set(err, STATUS_INPUT,
                         "'%.*s': expected > >= < <= = or != and a number after %.*s",
                         (int)term.length, term.at, (int)name.length, name.at);
    t->op = which;
    char *end;
    t->number = strtod(value.at, &end);
    bool any = end != value.at && end <= value.at + value.length;
    if (any && *end == '%') {
        t->number /= 100;
        end++;
    }
    if (!any || end != value.at + value.length)
        return error_set(err, STATUS_INPUT, "'%.*s': expected a number after %.*s",
                         (int)term.length, term.at, (int)(name.length + op.length), name.at);
    return STATUS_OK;
}

static status read_term(filter_term *t, piece term, error *err)
{
    piece rest = term;
    if (rest.at[0] == '!') {
        t->turned = true;
        rest.at++;
        rest.length--;
    }
    piece name = {rest.at, 0}, op = {rest.at, 0};
    while (name.length < rest.length && !strchr("<>=!~:", name.at[name.length]))
        name.length++;
    op.at += name.length;
    while (name.length + op.length < rest.length && strchr("<>=!~:", op.at[op.length]))
        op.length++;
    piece value = {op.at + op.length, rest.length - name.length - op.length};
    bool bare = op.length == 0;
    if (is(name, "pin") && bare) {
        t->kind = FILTER_PIN;
        return STATUS_OK;
    }
    if (is(name, "labelled") && bare) {
        t->kind = FILTER_LABELLED;
        return STATUS_OK;
    }
    if (is(name, "label") || is(name, "tag")) {
        bool label = is(name, "label");
        t->kind = label ? FILTER_LABEL : FILTER_TAG;
        if (!is(op, label ? "~" : ":"))
            return error_set(err, STATUS_INPUT, "'%.*s': expected %s", (int)term.length, term.at,
                             label ? "label~word" : "tag:word");
        return read_word(t, term, value, err);
    }
    for (t->column = 0; t->column < FILTER_COLUMNS; t->column++)
        if (is(name, column_names[t->column]))
            return read_figure(t, term, name, op, value, err);
    return error_set(err, STATUS_INPUT, "no column '%.*s': expected " EXPECTED_NAMES,
                     (int)name.length, name.at);
}

static status add_term(filter *f, piece term, error *err)
{
    if (f->count == FILTER_TERMS)
        return error_set(err, STATUS_INPUT, "a filter of more than %d terms", FILTER_TERMS);
    filter_term *t = &f->term[f->count++];
    status code = read_term(t, term, err);
    f->by_degree |=
        t->kind == FILTER_FIGURE && (t->column == FILTER_IN || t->column == FILTER_OUT);
    f->by_note |= t->kind == FILTER_TAG || t->kind == FILTER_PIN;
    return code;
}

status filter_parse(filter *out, const char *text, error *err)
{
    filter made = {.count = 0};
    for (piece term; (term = next_term(&text)).length > 0;) {
        status code = add_term(&made, term, err);
        if (code != STATUS_OK)
            return code;
    }
    *out = made;
    return STATUS_OK;
}

/* Takes `from.` or `to.` (behind `!`) off a term; the term's own `!` stays. */
static bool strip_end(piece *term, const char *end, char *into, size_t capacity)
{
    size_t turned = term->length > 0 && term->at[0] == '!', length = strlen(end);
    if (term->length < turned + length || memcmp(term->at + turned, end, length) != 0 ||
        term->length - length >= capacity)
        return false;
    memcpy(into, term->at, turned);
    memcpy(into + turned, term->at + turned + length, term->length - turned - length);
    *term = (piece){into, term->length - length};
    into[term->length] = '\0';
    return true;
}

static const char *const edge_names[] = {
#define EDGE_COLUMN_NAME(id, name) name,
    EDGE_COLUMN_LIST(EDGE_COLUMN_NAME)
#undef EDGE_COLUMN_NAME
};

/* Whether a term is COLUMN OP NUMBER of an edge's own columns. */
static bool is_of_edge(piece term, edge_column *column)
{
    size_t turned = term.at[0] == '!';
    for (unsigned c = 0; c < EDGE_COLUMNS; c++) {
        size_t length = strlen(edge_names[c]);
        if (term.length > turned + length &&
            memcmp(term.at + turned, edge_names[c], length) == 0 &&
            strchr("<>=!", term.at[turned + length])) {
            *column = (edge_column)c;
            return true;
        }
    }
    return false;
}

static status add_edge_term(edge_filter *f, edge_column column, piece term, error *err)
{
    if (f->itself_count == FILTER_TERMS)
        return error_set(err, STATUS_INPUT, "a filter of more than %d terms", FILTER_TERMS);
    edge_term *t = &f->itself[f->itself_count++];
    t->column = column;
    t->compare.turned = term.at[0] == '!';
    piece name = {term.at + t->compare.turned, strlen(edge_names[column])};
    piece op = {name.at + name.length, 0};
    size_t rest = term.length - t->compare.turned - name.length;
    while (op.length < rest && strchr("<>=!", op.at[op.length]))
        op.length++;
    return read_figure(&t->compare, term, name, op, (piece){op.at + op.length, rest - op.length},
                       err);
}

status edge_filter_parse(edge_filter *out, const char *text, error *err)
{
    edge_filter made = {.either = {.count = 0}};
    char bare[256];
    for (piece term; (term = next_term(&text)).length > 0;) {
        edge_column column;
        if (is_of_edge(term, &column)) {
            status code = add_edge_term(&made, column, term, err);
            if (code != STATUS_OK)
                return code;
            continue;
        }
        filter *of = strip_end(&term, "from.", bare, sizeof bare) ? &made.source
                     : strip_end(&term, "to.", bare, sizeof bare) ? &made.target
                                                                  : &made.either;
        status code = add_term(of, term, err);
        if (code != STATUS_OK)
            return code;
    }
    *out = made;
    return STATUS_OK;
}

static bool compares(const filter_term *t, double figure)
{
    switch (t->op) {
    case FILTER_ABOVE: return figure > t->number;
    case FILTER_AT_LEAST: return figure >= t->number;
    case FILTER_BELOW: return figure < t->number;
    case FILTER_AT_MOST: return figure <= t->number;
    case FILTER_IS: return !(figure < t->number) && !(figure > t->number);
    default: return figure < t->number || figure > t->number;
    }
}

static bool holds(const filter_term *t, const filter_facts *facts)
{
    switch (t->kind) {
    case FILTER_FIGURE: return compares(t, facts->figure[t->column]);
    case FILTER_LABEL: return facts->label && text_contains(facts->label, t->word);
    case FILTER_TAG: return note_has_tag(facts->tags, t->word);
    case FILTER_PIN: return facts->pinned;
    default: return facts->label && *facts->label;
    }
}

bool filter_passes(const filter *f, const filter_facts *facts)
{
    for (int i = 0; i < f->count; i++)
        if (holds(&f->term[i], facts) == f->term[i].turned)
            return false;
    return true;
}

bool edge_filter_passes(const edge_filter *f, const double figure[EDGE_COLUMNS])
{
    for (int i = 0; i < f->itself_count; i++) {
        const edge_term *t = &f->itself[i];
        if (isnan(figure[t->column]) ||
            compares(&t->compare, figure[t->column]) == t->compare.turned)
            return false;
    }
    return true;
}

bool edge_filter_asks(const edge_filter *f, edge_column column)
{
    for (int i = 0; i < f->itself_count; i++)
        if (f->itself[i].column == column)
            return true;
    return false;
}
