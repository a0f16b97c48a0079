/* A theme on this terminal: its colours as near as it has them. */
#include "ui/theme.h"

#include <curses.h>

static attr_t attributes[2][ROLE_COUNT]; /* [on the cursor's row][role] */
static short pairs[2][ROLE_COUNT];

typedef struct rgb {
    int r, g, b;
} rgb;

/* xterm's 256: 16 named, a cube of six levels, 24 greys. */
static rgb rgb_of(int colour)
{
    static const rgb named[16] = {
        {0, 0, 0},       {205, 0, 0},   {0, 205, 0},   {205, 205, 0},
        {0, 0, 238},     {205, 0, 205}, {0, 205, 205}, {229, 229, 229},
        {127, 127, 127}, {255, 0, 0},   {0, 255, 0},   {255, 255, 0},
        {92, 92, 255},   {255, 0, 255}, {0, 255, 255}, {255, 255, 255},
    };
    static const int level[6] = {0, 95, 135, 175, 215, 255};
    if (colour < 16)
        return named[colour];
    if (colour < 232) {
        int c = colour - 16;
        return (rgb){level[c / 36], level[c / 6 % 6], level[c % 6]};
    }
    int grey = 8 + 10 * (colour - 232);
    return (rgb){grey, grey, grey};
}

static bool is_grey(short colour)
{
    rgb c = rgb_of(colour);
    int most = c.r > c.g ? c.r : c.g, least = c.r < c.g ? c.r : c.g;
    most = c.b > most ? c.b : most;
    least = c.b < least ? c.b : least;
    return most - least < 40;
}

static short nearest(short colour)
{
    if (colour < COLORS)
        return colour;
    rgb wanted = rgb_of(colour);
    short best = 0;
    long best_distance = 1L << 30;
    for (short c = 0; c < COLORS && c < 16; c++) {
        rgb have = rgb_of(c);
        long r = wanted.r - have.r, g = wanted.g - have.g, b = wanted.b - have.b;
        long distance = r * r + g * g + b * b;
        if (distance < best_distance) {
            best_distance = distance;
            best = c;
        }
    }
    return best;
}

static attr_t attribute_of(const role_look *look)
{
    return (look->bold ? A_BOLD : 0u) | (look->reverse ? A_REVERSE : 0u) |
           (look->underline ? A_UNDERLINE : 0u) | (look->dim ? A_DIM : 0u);
}

/* What a role looks like on the cursor's row: the row's ground and, where it has one of its own,
 * the role's colour. A row in reverse video is of one colour: several would be a patchwork. */
static role_look on_cursor(role_look look, role_look cursor)
{
    if (cursor.reverse || look.fg < 0)
        look.fg = cursor.fg;
    look.bg = cursor.bg;
    look.bold |= cursor.bold;
    look.reverse = cursor.reverse;
    look.underline = cursor.underline;
    look.dim = false;
    return look;
}

/* With few colours two different ones can become the same, and a dark grey ground black: then
 * reverse video says it instead. */
static role_look for_few_colours(role_look look)
{
    if (look.bg >= COLORS) {
        look.bg = -1;
        look.fg = -1;
        look.reverse = true;
    } else if (look.fg >= COLORS) {
        look.fg = is_grey(look.fg) ? -1 : nearest(look.fg);
    }
    return look;
}

typedef struct pair_set {
    short fg[2 * ROLE_COUNT + 1], bg[2 * ROLE_COUNT + 1];
    short count;
} pair_set;

/* Looks of the same colours share a pair: the terminal is told of a change only where it sees
 * one, which halves what a step of the cursor sends. */
static short pair_of(pair_set *have, short fg, short bg)
{
    if (fg < 0 && bg < 0)
        return 0;
    for (short p = 1; p <= have->count; p++)
        if (have->fg[p] == fg && have->bg[p] == bg)
            return p;
    short fresh = ++have->count;
    have->fg[fresh] = fg;
    have->bg[fresh] = bg;
    init_pair(fresh, fg, bg);
    return fresh;
}

/* On the cursor's row only these keep their own colour: the others are read best in the row's, and
 * every change of colour is twenty bytes more at every step of the cursor. */
static bool keeps_its_colour(role r)
{
    return r == ROLE_PICKED || r == ROLE_ACTIVE || r >= ROLE_GOOD;
}

void theme_use(const theme *t, bool no_color)
{
    pair_set have = {.count = 0};
    bool colours = !no_color && has_colors() && COLORS >= 8;
    for (int cursor = 0; cursor < 2; cursor++)
        for (int r = 0; r < ROLE_COUNT; r++) {
            role_look look = t->look[r];
            role_look ground = t->look[ROLE_CURSOR];
            if (!colours) {
                /* a ground can only be told by reverse video */
                look.reverse |= look.bg >= 0;
                ground.reverse |= ground.bg >= 0;
                look.fg = look.bg = ground.fg = ground.bg = -1;
            } else if (COLORS < 256) {
                look = for_few_colours(look);
                ground = for_few_colours(ground);
            }
            if (cursor && !keeps_its_colour((role)r))
                look.fg = -1;
            if (cursor)
                look = on_cursor(look, ground);
            pairs[cursor][r] = pair_of(&have, colours ? look.fg : -1, colours ? look.bg : -1);
            attributes[cursor][r] = attribute_of(&look);
        }
}

void theme_wear(style s)
{
    int cursor = s & ON_CURSOR ? 1 : 0;
    unsigned wearer = s & 0xff;
    attr_set(attributes[cursor][wearer], pairs[cursor][wearer], NULL);
}
