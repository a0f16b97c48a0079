/* Dots on a plane of cells: where they stand, told by hand. */
#include "src/circuit/plot.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static const plot_axis ten = {0, 10, false};

/* How many dots there are in all. */
static int dots_of(const plot *p)
{
    int count = 0;
    for (int i = 0; i < p->rows * p->cols; i++)
        for (int bit = 0; bit < 8; bit++)
            count += p->dots[i] >> bit & 1;
    return count;
}

Test(circuit_plot, corners_and_what_is_outside)
{
    plot p;
    char out[4];
    plot_create(&p, 3, 5, ten, ten);
    plot_dot(&p, 0, 0, 1);
    plot_dot(&p, 10, 10, 2);
    cr_expect_str_eq(plot_cell(&p, 2, 0, true, out), "⡀", "below, left");
    cr_expect_str_eq(plot_cell(&p, 0, 4, true, out), "⠈", "above, right");
    cr_expect_eq(p.pen[10], 1);
    cr_expect_eq(p.pen[4], 2);
    cr_expect_str_eq(plot_cell(&p, 1, 2, true, out), "");
    cr_expect_str_eq(plot_cell(&p, 2, 0, false, out), ".");
    cr_expect_str_eq(plot_cell(&p, 0, 4, false, out), "'");
    plot_dot(&p, 10.1, 5, 1);
    plot_dot(&p, -0.1, 5, 1);
    plot_dot(&p, 5, (double)NAN, 1);
    plot_dot(&p, (double)INFINITY, 5, 1);
    cr_expect_eq(dots_of(&p), 2);
    plot_release(&p);
}

Test(circuit_plot, a_logarithmic_axis)
{
    plot p;
    const plot_axis decades = {1, 10000, true};
    cr_expect_eq(plot_place(&decades, 9, 1), 0);
    cr_expect_eq(plot_place(&decades, 9, 100), 4);
    cr_expect_eq(plot_place(&decades, 9, 10000), 8);
    cr_expect_eq(plot_place(&decades, 9, 0.5), -1);
    cr_expect_eq(plot_place(&decades, 9, 0), -1);
    cr_expect_eq(plot_place(&decades, 9, -3), -1);
    plot_create(&p, 1, 1, decades, ten);
    plot_dot(&p, 0, 5, 1);
    plot_line(&p, 0, 0, 10, 10, PLOT_SOLID, 1);
    cr_expect_eq(dots_of(&p), 0, "0 has no place there");
    plot_release(&p);
}

Test(circuit_plot, lines)
{
    plot p;
    char out[4];
    plot_create(&p, 1, 4, ten, ten);
    plot_line(&p, 0, 0, 10, 0, PLOT_SOLID, 1);
    for (int col = 0; col < 4; col++)
        cr_expect_str_eq(plot_cell(&p, 0, col, true, out), "⣀");
    plot_release(&p);

    plot_create(&p, 4, 8, ten, ten); /* 16 dots across, 16 down: the diagonal is one dot a place */
    plot_line(&p, 0, 0, 10, 10, PLOT_SOLID, 1);
    cr_expect_eq(dots_of(&p), 16);
    cr_expect_str_eq(plot_cell(&p, 3, 0, true, out), "⡠");
    plot_release(&p);

    plot_create(&p, 1, 8, ten, ten);
    plot_line(&p, 0, 5, 10, 5, PLOT_DOTTED, 1);
    cr_expect_eq(dots_of(&p), 4, "every fourth");
    plot_release(&p);

    plot_create(&p, 1, 12, ten, ten);
    plot_line(&p, 0, 5, 10, 5, PLOT_DASHED, 1);
    cr_expect_eq(dots_of(&p), 16, "four of six");
    plot_release(&p);
}

Test(circuit_plot, lines_are_cut_at_the_edge)
{
    plot p, inside;
    plot_create(&p, 4, 8, ten, ten);
    plot_create(&inside, 4, 8, ten, ten);
    plot_line(&p, -1e9, -1e9, 1e9, 1e9, PLOT_SOLID, 1);
    plot_line(&inside, 0, 0, 10, 10, PLOT_SOLID, 1);
    cr_expect_arr_eq(p.dots, inside.dots, 32, "through both corners");
    plot_line(&p, -5, 20, 20, 30, PLOT_SOLID, 1);
    plot_line(&p, 11, 0, 11, 10, PLOT_SOLID, 1);
    plot_line(&p, 0, (double)NAN, 10, 5, PLOT_SOLID, 1);
    cr_expect_eq(dots_of(&p), 16, "nothing of these is inside");
    plot_release(&p);
    plot_release(&inside);
}
