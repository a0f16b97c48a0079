/* A layer's autoencoder comes back as it was stored, and what does not fit together is refused. */
#include "db/autoencoder.h"
#include "db/migrate.h"
#include "tests/unit/db_fixture.h"

TestSuite(db_autoencoder, .init = enter_folder, .fini = leave_folder);

enum { FEATURES = 8, WIDTH = 5, BLOCK = 3 };

static float number(uint32_t what, uint32_t feature, uint32_t i)
{
    return (float)(1000 * what + 10 * feature + i) / 3 - 300;
}

/* As an import does it: the bias of the whole, then blocks of 3, 3 and 2 features. */
static void store_weights(db *d, int64_t layer_id)
{
    autoencoder block;
    OK(autoencoder_create(&block, BLOCK, WIDTH, &err));
    for (uint32_t i = 0; i < WIDTH; i++)
        block.decoder_bias[i] = number(4, 0, i);
    OK(autoencoder_add(d, layer_id, &block, "sae.safetensors", &err));
    for (uint32_t first = 0; first < FEATURES; first += BLOCK) {
        block.features = FEATURES - first < BLOCK ? FEATURES - first : BLOCK;
        for (uint32_t k = 0; k < block.features; k++) {
            block.encoder_bias[k] = number(3, first + k, 0);
            for (uint32_t i = 0; i < WIDTH; i++) {
                block.encoder[k * WIDTH + i] = number(1, first + k, i);
                block.decoder[k * WIDTH + i] = number(2, first + k, i);
            }
        }
        OK(autoencoder_add_block(d, layer_id, first, &block, &err));
    }
    autoencoder_release(&block);
}

static layer store(db *d)
{
    layer l = add_layer(d, "blocks.0", 0, false, FEATURES, 40, 0);
    store_weights(d, l.id);
    return l;
}

static void expect_weights(db *d, const layer *l)
{
    autoencoder a;
    OK(autoencoder_load(d, l, &a, &err));
    cr_assert(a.features == FEATURES && a.width == WIDTH);
    for (uint32_t k = 0; k < FEATURES; k++) {
        cr_expect_eq(a.encoder_bias[k], number(3, k, 0));
        for (uint32_t i = 0; i < WIDTH; i++) {
            cr_expect_eq(a.encoder[k * WIDTH + i], number(1, k, i));
            cr_expect_eq(a.decoder[k * WIDTH + i], number(2, k, i));
        }
    }
    for (uint32_t i = 0; i < WIDTH; i++)
        cr_expect_eq(a.decoder_bias[i], number(4, 0, i));
    autoencoder_release(&a);
    autoencoder_release(&a); /* twice is fine */
}

Test(db_autoencoder, comes_back_as_it_was_stored)
{
    db *d = new_study();
    layer l = store(d);
    layer bare = add_layer(d, "blocks.1", 1, false, FEATURES, 40, 0);
    db_close(d);
    d = open_study(DB_READ);
    expect_weights(d, &l);
    autoencoder a;
    FAILS(autoencoder_load(d, &bare, &a, &err), STATUS_INPUT, "layer 'blocks.1'",
          "without an autoencoder");
    cr_expect_null(a.encoder);

    layer_set set;
    OK(layer_list(d, &set, &err));
    cr_expect_eq(set.item[0].autoencoder_width, WIDTH);
    cr_expect_eq(set.item[1].autoencoder_width, 0);
    layer_set_release(&set);
    db_close(d);
}

/* Version 2 knew no autoencoders: its studies have none, and can be given some. */
Test(db_autoencoder, a_study_of_version_2_has_none_yet)
{
    db *d = new_study();
    layer l = add_layer(d, "blocks.0", 0, false, FEATURES, 40, 0);
    db_close(d);
    tamper(BACK_TO_VERSION_2);
    d = open_study(DB_READ); /* whoever comes first brings it up to date */
    layer_set set;
    OK(layer_list(d, &set, &err));
    cr_expect_eq(set.count, 1);
    cr_expect_eq(set.item[0].autoencoder_width, 0);
    layer_set_release(&set);
    db_close(d);
    cr_expect_eq(ask("PRAGMA user_version"), SCHEMA_VERSION);

    d = open_study(DB_WRITE);
    store_weights(d, l.id);
    expect_weights(d, &l);
    db_close(d);
    tamper("PRAGMA foreign_keys = ON; DELETE FROM layer");
    cr_expect_eq(ask("SELECT count(*) FROM autoencoder"), 0, "a layer takes it along");
    cr_expect_eq(ask("SELECT count(*) FROM autoencoder_block"), 0);
}

#define LIE(change) "UPDATE autoencoder_block SET " change " WHERE first_feature = 3"

Test(db_autoencoder, weights_that_lie_are_refused)
{
    static const struct {
        const char *text, *message;
    } lies[] = {
        {LIE("encoder = substr(encoder, 5)"), "the size of a blob"},
        {LIE("decoder = x''"), "the size of a blob"},
        {LIE("encoder_bias = CAST(encoder_bias || x'00000000' AS BLOB)"), "the size of a blob"},
        {LIE("encoder = CAST(x'0000c07f' || substr(encoder, 5) AS BLOB)"), "not finite"},
        {LIE("decoder = CAST(x'0000807f' || substr(decoder, 5) AS BLOB)"), "not finite"},
        {LIE("encoder_bias = x'0000807f0000000000000000'"), "not finite"},
        {LIE("feature_count = 0"), "a gap"},
        {LIE("feature_count = 4"), "the size of a blob"},
        {LIE("feature_count = 4294967295"), "a gap"},
        {LIE("feature_count = -1"), "out of range"},
        {LIE("first_feature = 4"), "a gap"},
        {"DELETE FROM autoencoder_block WHERE first_feature = 3", "a gap"},
        {"DELETE FROM autoencoder_block WHERE first_feature = 6", "last features are missing"},
        {"UPDATE autoencoder SET width = 4", "the size of a blob"},
        {"UPDATE autoencoder SET decoder_bias = CAST(x'0000c07f' || zeroblob(16) AS BLOB)",
         "not finite"},
        {"UPDATE autoencoder SET width = 4294967296", "out of range"},
        {"UPDATE autoencoder SET width = 8000000, decoder_bias = zeroblob(32000000);"
         "UPDATE layer SET features = 4000000000",
         "more than the file holds"},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        db *d = new_study();
        layer l = store(d);
        autoencoder a;
        db_close(d);
        tamper(lies[i].text);
        if (strstr(lies[i].text, "features = 4"))
            l.features = 4000000000;
        d = open_study(DB_READ);
        FAILS(autoencoder_load(d, &l, &a, &err), STATUS_INPUT, STUDY, lies[i].message);
        cr_expect(a.encoder == NULL && a.decoder_bias == NULL, "%s", lies[i].text);
        db_close(d);
        cr_assert_eq(unlink(STUDY), 0);
    }
}
