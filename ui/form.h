/* A dialog of named fields: text, or a choice. */
#ifndef UI_FORM_H
#define UI_FORM_H

#include "ui/app.h"

enum { FORM_FIELDS = 8 };

typedef struct form form;

typedef struct form_field {
    const char *label;
    const char *hint;          /* behind the value; may be NULL */
    const char *const *choice; /* NULL: text */
    int choice_count, chosen;
    prompt text;
} form_field;

struct form {
    modal base;
    const char *title, *accept_word; /* what Enter does, in one word */
    char about[160];                 /* a line above the fields: clean text */
    form_field field[FORM_FIELDS];
    int count, at;
    char problem[256]; /* what is wrong with field[problem_at]; empty: nothing */
    int problem_at;

    /* Enter: false and form_refuse when something is wrong. */
    bool (*accept)(app *a, form *f);
    /* A clean line below the fields while nothing is wrong; may be NULL. */
    const char *(*note)(const form *f);
    /* A field has changed; may be NULL. */
    void (*changed)(form *f, int field);
    void *user;
    void (*free_user)(void *user);
};

/* A form without fields; fill it in and give &f->base to app_open_modal. */
form *form_create(const char *title);

form_field *form_add_text(form *f, const char *label, const char *value, const char *hint);
form_field *form_add_choice(form *f, const char *label, const char *const *choice, int count,
                            int chosen);

/* Says what is wrong with a field and puts the cursor there; returns false. */
bool form_refuse(form *f, int field, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The number in a text field; refuses what is none. */
bool form_number(form *f, int field, double *value);

#endif
