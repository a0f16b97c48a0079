/* Random numbers that must never change: studies and folds are made again from a seed. */
#include "src/base/random.h"

#include <criterion/criterion.h>

/* The first numbers of splitmix64 from seed 1234567, as its authors' own program prints them. */
Test(random, known_numbers)
{
    static const uint64_t known[] = {6457827717110365317u, 3203168211198807973u,
                                     9817491932198370423u, 4593380528125082431u,
                                     16408922859458223821u};
    uint64_t stream = 1234567;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        cr_expect_eq(random_bits(&stream), known[i], "number %zu", i);
}

Test(random, an_order_holds_every_number_once)
{
    enum { COUNT = 1000 };
    uint32_t order[COUNT], seen[COUNT] = {0}, in_place = 0;
    uint64_t stream = 5;
    random_order(&stream, order, COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        cr_assert_lt(order[i], COUNT);
        cr_expect_eq(seen[order[i]]++, 0);
        in_place += order[i] == i;
    }
    cr_expect_lt(in_place, 10);
}

Test(random, streams_differ_by_each_of_their_numbers)
{
    uint64_t all[64];
    for (uint64_t i = 0; i < 64; i++) {
        all[i] = random_stream(i / 16, i / 4 % 4, i % 4);
        for (uint64_t j = 0; j < i; j++)
            cr_expect_neq(all[i], all[j]);
    }
}
