#include "ui/form.h"

#include "src/base/memory.h"
#include "ui/pointer.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL_AT = 2, VALUE_AT = 14, TEXT_WIDTH = 12, WIDEST = 72 };

bool form_refuse(form *f, int field, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(f->problem, sizeof f->problem, format, arguments);
    va_end(arguments);
    f->problem_at = f->at = field;
    return false;
}

bool form_number(form *f, int field, double *value)
{
    const char *text = f->field[field].text.text;
    char *end;
    *value = strtod(text, &end);
    while (*end == ' ')
        end++;
    if (end == text || *end || !isfinite(*value))
        return form_refuse(f, field, "%s: '%s' is not a number", f->field[field].label, text);
    return true;
}

/* drawing */

static void draw_field(const form *f, int index, region r, int row)
{
    const form_field *field = &f->field[index];
    bool here = index == f->at;
    bool wrong = f->problem[0] && index == f->problem_at;
    style on = here ? ON_CURSOR : 0;
    int used;
    draw_text(r, row, LABEL_AT, VALUE_AT - LABEL_AT - 1,
              wrong  ? ROLE_ERROR
              : here ? ROLE_KEY
                     : ROLE_DIM,
              field->label);
    if (field->choice) {
        char text[128];
        snprintf(text, sizeof text, "< %s >", field->choice[field->chosen]);
        draw_text(r, row, VALUE_AT, r.cols - VALUE_AT - 1, ROLE_TEXT | on, text);
        return;
    }
    draw_text(r, row, VALUE_AT, 1, ROLE_DIM, "[");
    prompt_draw(&field->text, r, row, VALUE_AT + 1, TEXT_WIDTH, ROLE_TEXT | on, here);
    draw_text(r, row, VALUE_AT + 1 + TEXT_WIDTH, 1, ROLE_DIM, "]");
    used = VALUE_AT + TEXT_WIDTH + 4;
    if (field->hint && used + text_width(field->hint) < r.cols)
        draw_text(r, row, used, r.cols - used - 1, ROLE_DIM, field->hint);
}

static void draw_keys(const form *f, region r, int row)
{
    const char *const keys[][2] = {{"Enter", f->accept_word},
                                   {"Esc", "cancel"},
                                   {"Tab", "next"},
                                   {f->field[f->at].choice ? "< >" : NULL, "choose"}};
    int at = LABEL_AT;
    static const int pressed[] = {PRESSED_ENTER, PRESSED_ESC, PRESSED_TAB, PRESSED_RIGHT};
    for (size_t i = 0; i < sizeof keys / sizeof *keys && keys[i][0]; i++) {
        int width = text_width(keys[i][0]) + 1 + text_width(keys[i][1]);
        pointer_key(region_part(r, row, at, 1, width), pressed[i]);
        at += draw_text(r, row, at, r.cols - at, ROLE_KEY, keys[i][0]) + 1;
        at += draw_text(r, row, at, r.cols - at, ROLE_DIM, keys[i][1]) + 2;
    }
}

static void form_draw(app *a, modal *m, region screen)
{
    const form *f = (const form *)m;
    (void)a;
    bool roomy = screen.rows >= 18;
    int rows = f->count + (roomy ? 7 : 5);
    int cols = screen.cols > WIDEST + 4 ? WIDEST : screen.cols - (screen.cols > 60 ? 4 : 0);
    region box =
        region_part(screen, (screen.rows - rows) / 2, (screen.cols - cols) / 2, rows, cols);
    for (int row = 0; row < box.rows; row++)
        draw_ground(box, row, 0, box.cols, ROLE_TEXT);
    region in = draw_frame(box, ROLE_BORDER, f->title);
    int row = 0;
    draw_text(in, row++, LABEL_AT, in.cols - LABEL_AT - 1, ROLE_NAME, f->about);
    row += roomy;
    for (int i = 0; i < f->count; i++) {
        pointer_own(region_part(in, row, 0, 1, in.cols), i, true);
        draw_field(f, i, in, row++);
    }
    const char *note = !f->problem[0] && f->note ? f->note(f) : "";
    draw_text(in, row, LABEL_AT, in.cols - LABEL_AT - 1, *note ? ROLE_NUMBER : ROLE_ERROR,
              *note ? note : f->problem);
    row += 1 + roomy;
    draw_keys(f, in, row);
}

/* keys */

static void step(form *f, int by)
{
    f->at = (f->at + by + f->count) % f->count;
}

static void choose(form *f, int by)
{
    form_field *field = &f->field[f->at];
    f->problem[0] = '\0';
    field->chosen = (field->chosen + by + field->choice_count) % field->choice_count;
    if (f->changed)
        f->changed(f, f->at);
}

static bool form_key(app *a, modal *m, int key)
{
    form *f = (form *)m;
    form_field *field = &f->field[f->at];
    bool edited = false;
    switch (key) {
    case PRESSED_ESC: return false;
    case PRESSED_ENTER: f->problem[0] = '\0'; return !f->accept(a, f);
    case PRESSED_TAB:
    case PRESSED_DOWN: step(f, 1); return true;
    case PRESSED_BACKTAB:
    case PRESSED_UP: step(f, -1); return true;
    default: break;
    }
    if (field->choice) {
        if (key == PRESSED_RIGHT || key == PRESSED_SPACE || key == 'l' || key == '>')
            choose(f, 1);
        else if (key == PRESSED_LEFT || key == 'h' || key == '<')
            choose(f, -1);
        else if (key == 'j' || key == 'k')
            step(f, key == 'j' ? 1 : -1);
        else if (key == 'q')
            return false;
        return true;
    }
    prompt_key(&field->text, key, &edited);
    if (edited) {
        f->problem[0] = '\0';
        if (f->changed)
            f->changed(f, f->at);
    }
    return true;
}

/* To a field; on one that is chosen from, its next value. */
static void form_click(app *a, modal *m, int number)
{
    form *f = (form *)m;
    (void)a;
    bool again = f->at == number;
    f->at = number;
    if (again && f->field[number].choice)
        choose(f, 1);
}

static void form_free(modal *m)
{
    form *f = (form *)m;
    if (f->free_user)
        f->free_user(f->user);
    free(f);
}

form *form_create(const char *title)
{
    form *f = mem_zero(1, sizeof *f);
    f->base = (modal){.draw = form_draw, .key = form_key, .free = form_free, .click = form_click};
    f->title = title;
    f->accept_word = "accept";
    return f;
}

form_field *form_add_text(form *f, const char *label, const char *value, const char *hint)
{
    form_field *field = &f->field[f->count++];
    field->label = label;
    field->hint = hint;
    prompt_set(&field->text, value);
    return field;
}

form_field *form_add_choice(form *f, const char *label, const char *const *choice, int count,
                            int chosen)
{
    form_field *field = &f->field[f->count++];
    field->label = label;
    field->choice = choice;
    field->choice_count = count;
    field->chosen = chosen;
    return field;
}
