/* A layer's autoencoder, from a file as SAELens writes it into the study: every number exactly,
 * whatever its type, and every file that does not fit refused before anything is there. */
#include "db/autoencoder.h"
#include "src/formats/sae_weights.h"
#include "src/jobs/import.h"
#include "tests/unit/scratch.h"

#include <math.h>

#define ACTIVATIONS "tests/unit/fixtures/study/sparse.npz"
enum { FEATURES = 11, WIDTH = 6, BYTES = 1 << 14 };

static char *scratch, *study, *manifest;

static void set_up(void)
{
    scratch = scratch_create();
    study = scratch_path(scratch, "s.clw");
    manifest = scratch_path(scratch, "m.yaml");
}

static void tear_down(void)
{
    free(study);
    free(manifest);
    scratch_remove(scratch);
}

TestSuite(jobs_autoencoder, .init = set_up, .fini = tear_down);

/* Number i of a tensor: eighths that a bfloat16 holds, others in each tensor. */
static float number(const char *name, int seed, uint32_t i)
{
    int n = (int)(37 * i) + name[0] + name[2];
    return (float)(n % 113 - 56 + seed) / 8;
}

typedef enum storage { F32, F16, BF16, I32 } storage;
static const char *const type_names[] = {"F32", "F16", "BF16", "I32"};

static size_t put(char *at, storage type, float value)
{
    uint32_t bits;
    int exponent;
    memcpy(&bits, &value, sizeof bits);
    uint16_t half = (uint16_t)(bits >> 16);
    if (type == F16) {
        float fraction = frexpf(fabsf(value), &exponent); /* 0.5 to 1: normal, for eighths are */
        half = value == 0 ? 0 : (uint16_t)((exponent + 14) << 10 | (int)(fraction * 2048) % 1024);
        half |= (uint16_t)(signbit(value) ? 0x8000 : 0);
    }
    if (type == F32 || type == I32)
        memcpy(at, &bits, sizeof bits);
    else
        memcpy(at, &half, sizeof half);
    return type == F32 || type == I32 ? 4 : 2;
}

/* What a test changes about the file. */
typedef struct tensor {
    const char *name;
    uint32_t rows, cols; /* cols 0: one dimension */
    float poison;        /* its number 3, unless 0 */
    storage type;
} tensor;

static void write_weights(const char *file, const tensor *tensors, int count, int seed)
{
    static char bytes[BYTES];
    char header[1024] = "{\"__metadata__\": {\"format\": \"pt\"}";
    size_t used = 0;
    size_t length = strlen(header);
    for (int t = 0; t < count; t++) {
        const tensor *w = &tensors[t];
        uint32_t n = w->rows * (w->cols ? w->cols : 1);
        size_t begin = used;
        for (uint32_t i = 0; i < n; i++)
            used += put(bytes + used, w->type,
                        w->poison != 0 && i == 3 ? w->poison : number(w->name, seed, i));
        length += (size_t)snprintf(header + length, sizeof header - length,
                                   ", \"%s\": {\"dtype\": \"%s\", \"shape\": [%u", w->name,
                                   type_names[w->type], w->rows);
        if (w->cols)
            length += (size_t)snprintf(header + length, sizeof header - length, ", %u", w->cols);
        length += (size_t)snprintf(header + length, sizeof header - length,
                                   "], \"data_offsets\": [%zu, %zu]}", begin, used);
    }
    length += (size_t)snprintf(header + length, sizeof header - length, "}");
    static char whole[BYTES];
    uint64_t prefix = length;
    cr_assert_lt(sizeof prefix + length + used, sizeof whole);
    memcpy(whole, &prefix, sizeof prefix);
    memcpy(whole + sizeof prefix, header, length);
    memcpy(whole + sizeof prefix + length, bytes, used);
    scratch_write(scratch, file, whole, sizeof prefix + length + used);
}

static void write_good(const char *file, storage type, int seed)
{
    const tensor all[] = {{"W_enc", WIDTH, FEATURES, 0, type},
                          {"b_enc", FEATURES, 0, 0, type},
                          {"threshold", 3, 0, 0, I32},
                          {"W_dec", FEATURES, WIDTH, 0, type},
                          {"b_dec", WIDTH, 0, 0, type}};
    write_weights(file, all, 5, seed);
}

static status import(const char *weights, bool replace, uint64_t memory, error *err)
{
    char text[512];
    char *activations = realpath(ACTIVATIONS, NULL);
    cr_assert_not_null(activations);
    snprintf(text, sizeof text,
             "circuitlasso: 1\nmodel: m\nlayers:\n"
             "  - {name: first, kind: sae, activations: '%s'}\n"
             "  - {name: second, kind: sae, activations: '%s'%s%s}\n",
             activations, activations, *weights ? ", autoencoder: " : "", weights);
    free(activations);
    scratch_write_text(scratch, "m.yaml", text);
    import_request request = {.study = study,
                              .manifest = manifest,
                              .replace = replace,
                              .absolute_paths = true,
                              .memory = memory};
    import_report report;
    *err = (error){0};
    status code = import_run(&request, NULL, NULL, NULL, &report, err);
    cr_expect_eq(report.autoencoders, code == STATUS_OK && *weights);
    return code;
}

/* The second layer's is that of the file, the first has none. */
static void expect_weights(int seed)
{
    error err = {0};
    db *d;
    layer_set layers;
    autoencoder a;
    cr_assert_eq(db_open(&d, study, DB_READ, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(layer_list(d, &layers, &err), STATUS_OK, "%s", err.message);
    cr_expect_eq(layers.item[0].autoencoder_width, 0);
    cr_expect_eq(layers.item[1].autoencoder_width, WIDTH);
    cr_assert_eq(autoencoder_load(d, &layers.item[1], &a, &err), STATUS_OK, "%s", err.message);
    cr_assert(a.features == FEATURES && a.width == WIDTH);
    for (uint32_t k = 0; k < FEATURES; k++) {
        cr_expect_eq(a.encoder_bias[k], number("b_enc", seed, k));
        for (uint32_t i = 0; i < WIDTH; i++) {
            cr_expect_eq(a.encoder[k * WIDTH + i], number("W_enc", seed, i * FEATURES + k));
            cr_expect_eq(a.decoder[k * WIDTH + i], number("W_dec", seed, k * WIDTH + i));
        }
    }
    for (uint32_t i = 0; i < WIDTH; i++)
        cr_expect_eq(a.decoder_bias[i], number("b_dec", seed, i));
    autoencoder_release(&a);
    layer_set_release(&layers);
    db_close(d);
}

Test(jobs_autoencoder, every_number_arrives_whatever_its_type)
{
    for (storage type = F32; type <= BF16; type++) {
        error err;
        write_good("w.safetensors", type, (int)type);
        cr_assert_eq(import("w.safetensors", true, 0, &err), STATUS_OK, "%s", err.message);
        expect_weights((int)type);
    }
}

/* Memory for two features a block, and for none: then it is one. */
Test(jobs_autoencoder, in_little_memory_it_is_the_same)
{
    error err;
    write_good("w.safetensors", F32, 0);
    cr_assert_eq(import("w.safetensors", false, 250, &err), STATUS_OK, "%s", err.message);
    expect_weights(0);
    cr_assert_eq(import("w.safetensors", true, 1, &err), STATUS_OK, "%s", err.message);
    expect_weights(0);
}

Test(jobs_autoencoder, another_import_replaces_it)
{
    error err;
    write_good("w.safetensors", F32, 0);
    write_good("other.safetensors", F16, 5);
    cr_assert_eq(import("w.safetensors", false, 0, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(import("other.safetensors", true, 0, &err), STATUS_OK, "%s", err.message);
    expect_weights(5);
    cr_assert_eq(import("", true, 0, &err), STATUS_OK, "%s", err.message);
    db *d;
    layer_set layers;
    cr_assert_eq(db_open(&d, study, DB_READ, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(layer_list(d, &layers, &err), STATUS_OK, "%s", err.message);
    cr_expect_eq(layers.item[1].autoencoder_width, 0);
    layer_set_release(&layers);
    db_close(d);
}

#define GOOD_W_ENC                                                                                \
    {                                                                                             \
        "W_enc", WIDTH, FEATURES, 0, F32                                                          \
    }
#define GOOD_B_ENC                                                                                \
    {                                                                                             \
        "b_enc", FEATURES, 0, 0, F32                                                              \
    }
#define GOOD_W_DEC                                                                                \
    {                                                                                             \
        "W_dec", FEATURES, WIDTH, 0, F32                                                          \
    }
#define GOOD_B_DEC                                                                                \
    {                                                                                             \
        "b_dec", WIDTH, 0, 0, F32                                                                 \
    }

static const struct {
    tensor tensor[4];
    const char *message;
} bad[] = {
    {{{"w_enc", WIDTH, FEATURES, 0, F32}, GOOD_B_ENC, GOOD_W_DEC, GOOD_B_DEC},
     "'w.safetensors': no tensor 'W_enc'"},
    {{GOOD_W_ENC, {"b_gate", FEATURES, 0, 0, F32}, GOOD_W_DEC, GOOD_B_DEC}, "no tensor 'b_enc'"},
    {{GOOD_W_ENC, GOOD_B_ENC, {"decoder", FEATURES, WIDTH, 0, F32}, GOOD_B_DEC},
     "no tensor 'W_dec'"},
    {{GOOD_W_ENC, GOOD_B_ENC, GOOD_W_DEC, {"pre_bias", WIDTH, 0, 0, F32}}, "no tensor 'b_dec'"},
    {{{"W_enc", WIDTH, FEATURES + 1, 0, F32}, GOOD_B_ENC, GOOD_W_DEC, GOOD_B_DEC},
     "'w.safetensors': tensor 'W_enc': shape [6, 12], expected [6, 11] (d_model, features), for "
     "layer 'second' has 11 features"},
    {{{"W_enc", FEATURES, WIDTH, 0, F32}, GOOD_B_ENC, GOOD_W_DEC, GOOD_B_DEC},
     "tensor 'W_enc': shape [11, 6], expected [11, 11] (d_model, features)"},
    {{GOOD_W_ENC, {"b_enc", WIDTH, 0, 0, F32}, GOOD_W_DEC, GOOD_B_DEC},
     "tensor 'b_enc': shape [6], expected [11] (features)"},
    {{GOOD_W_ENC, GOOD_B_ENC, {"W_dec", WIDTH, FEATURES, 0, F32}, GOOD_B_DEC},
     "tensor 'W_dec': shape [6, 11], expected [11, 6] (features, d_model)"},
    {{GOOD_W_ENC, GOOD_B_ENC, GOOD_W_DEC, {"b_dec", WIDTH + 1, 0, 0, F32}},
     "tensor 'b_dec': shape [7], expected [6] (d_model)"},
    {{GOOD_W_ENC, {"b_enc", 1, FEATURES, 0, F32}, GOOD_W_DEC, GOOD_B_DEC},
     "tensor 'b_enc': 2 dimensions, expected 1 (features)"},
    {{{"W_enc", WIDTH *FEATURES, 0, 0, F32}, GOOD_B_ENC, GOOD_W_DEC, GOOD_B_DEC},
     "tensor 'W_enc': 1 dimensions, expected 2 (d_model, features)"},
    {{{"W_enc", 0, FEATURES, 0, F32}, GOOD_B_ENC, GOOD_W_DEC, GOOD_B_DEC},
     "tensor 'W_enc': its d_model is 0, expected 1 to "},
    {{{"W_enc", WIDTH, FEATURES, NAN, F32}, GOOD_B_ENC, GOOD_W_DEC, GOOD_B_DEC},
     "tensor 'W_enc': number [0, 3] is not a number, expected a finite float32"},
    {{GOOD_W_ENC, {"b_enc", FEATURES, 0, NAN, F32}, GOOD_W_DEC, GOOD_B_DEC},
     "tensor 'b_enc': number [3] is not a number"},
    {{GOOD_W_ENC, GOOD_B_ENC, {"W_dec", FEATURES, WIDTH, INFINITY, F32}, GOOD_B_DEC},
     "tensor 'W_dec': number [0, 3] is infinite"},
    {{GOOD_W_ENC, GOOD_B_ENC, GOOD_W_DEC, {"b_dec", WIDTH, 0, -INFINITY, BF16}},
     "tensor 'b_dec': number [3] is infinite"},
    {{GOOD_W_ENC, GOOD_B_ENC, {"W_dec", FEATURES, WIDTH, 0, I32}, GOOD_B_DEC},
     "tensor 'W_dec': int32, expected numbers of floating point"},
};

Test(jobs_autoencoder, what_does_not_fit_is_refused_and_leaves_nothing)
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        error err;
        write_weights("w.safetensors", bad[i].tensor, 4, 0);
        cr_expect_eq(import("w.safetensors", false, 0, &err), STATUS_INPUT, "%s", bad[i].message);
        cr_expect_not_null(strstr(err.message, bad[i].message), "expected '%s', got '%s'",
                           bad[i].message, err.message);
        cr_expect_not_null(strstr(err.message, manifest), "%s", err.message);
        cr_expect_eq(scratch_count(scratch), 2, "the manifest and the weights");
    }
    error err;
    cr_expect_eq(import("none.safetensors", false, 0, &err), STATUS_INPUT);
    cr_expect_not_null(strstr(err.message, "cannot open 'none.safetensors'"), "%s", err.message);
    scratch_write_text(scratch, "w.safetensors", "a letter to my mother");
    cr_expect_eq(import("w.safetensors", false, 0, &err), STATUS_INPUT);
    cr_expect_not_null(strstr(err.message, "not a safetensors file"), "%s", err.message);
    cr_expect_eq(scratch_count(scratch), 2);
}

/* Every prefix of a good file, and every file with one byte turned over, is read or refused. */
Test(jobs_autoencoder, cut_and_changed_files_never_crash)
{
    static char bytes[BYTES];
    folder here;
    autoencoder a;
    error err = {0};
    write_good("w.safetensors", F16, 0);
    char *path = scratch_path(scratch, "w.safetensors");
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file);
    size_t n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    cr_assert_eq(folder_open_parent(&here, path, false, &err), STATUS_OK, "%s", err.message);
    for (size_t k = 0; k < 2 * n; k++) {
        if (k >= n)
            bytes[k - n] ^= 0x55;
        scratch_write(scratch, "w.safetensors", bytes, k < n ? k : n);
        if (k >= n)
            bytes[k - n] ^= 0x55;
        err = (error){0};
        sae_weights *w;
        status code = sae_weights_open(&w, &here, "w.safetensors", "l", FEATURES, &err);
        if (code == STATUS_OK) {
            cr_assert_eq(autoencoder_create(&a, FEATURES, sae_weights_width(w), &err), STATUS_OK);
            code = sae_weights_read(w, 0, &a, &err);
            if (code == STATUS_OK)
                code = sae_weights_read_bias(w, &a, &err);
            autoencoder_release(&a);
            sae_weights_close(w);
        }
        cr_expect(code == STATUS_INPUT || (code == STATUS_OK && k >= n), "%zu: %s", k,
                  err.message);
        cr_expect_eq(code == STATUS_OK, *err.message == '\0');
    }
    folder_close(&here);
    free(path);
}
