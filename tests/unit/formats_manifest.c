/* What is wrong with a manifest is said with its line and column. */
#include "src/formats/manifest.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define HEAD   "circuitlasso: 1\nmodel: m\n"
#define LAYER  "layers:\n  - name: a\n    kind: sae\n    activations: a.npz\n"
#define LAYERS LAYER "  - name: b\n    kind: sae\n    activations: b.npz\n"

static status parse(const char *text, manifest *m, error *err)
{
    *err = (error){0};
    return manifest_parse(m, text, strlen(text), "m.yaml", err);
}

Test(formats_manifest, reads_the_sample)
{
    manifest m;
    error err = {0};
    cr_assert_eq(manifest_read(&m, "sample_data/manifest.yaml", &err), STATUS_OK, "%s",
                 err.message);
    cr_expect_str_eq(m.model->text, "stories260K");
    cr_expect_str_eq(m.documents->text, "documents.jsonl");
    cr_expect_null(m.text);
    cr_expect_eq(m.rows, ROWS_TOKENS);
    cr_expect_eq(m.pool, POOL_NONE);
    cr_assert_eq(m.layer_count, 6);
    cr_expect_str_eq(m.layer[5].name->text, "blocks.4.hook_resid_post");
    cr_expect_str_eq(m.layer[5].labels->text, "labels/blocks.4.hook_resid_post.jsonl");
    cr_expect_str_eq(m.layer[5].autoencoder->text,
                     "autoencoders/blocks.4.hook_resid_post.safetensors");
    cr_expect_null(m.layer[5].tensor);
    cr_assert_eq(m.target_count, 2);
    cr_expect_str_eq(m.target[1].kind->text, "binary");
    cr_assert_eq(m.effects_count, 5);
    cr_expect_str_eq(m.effects[4].to->text, "blocks.4.hook_resid_post");
    manifest_release(&m);
}

Test(formats_manifest, every_key_is_read)
{
    manifest m;
    error err;
    cr_assert_eq(parse(HEAD "samples: {documents: d, rows: tokens, pool: mean}\n"
                            "layers: [{name: a, kind: neuron, activations: x, tensor: t,"
                            " nonfinite: drop, labels: l}]\n"
                            "targets: [{name: y, kind: class, values: v, classes: [no, yes]}]\n",
                       &m, &err),
                 STATUS_OK, "%s", err.message);
    cr_expect_eq(m.pool, POOL_MEAN);
    cr_expect_str_eq(m.layer[0].tensor->text, "t");
    cr_expect(m.layer[0].drop_nonfinite);
    cr_assert_eq(m.target[0].classes->count, 2);
    cr_expect_str_eq(m.target[0].classes->item[1].text, "yes");
    manifest_release(&m);

    cr_assert_eq(parse(HEAD "samples: {text: t}\n" LAYER, &m, &err), STATUS_OK, "%s", err.message);
    cr_expect_str_eq(m.text->text, "t");
    cr_expect_eq(m.rows, ROWS_DOCUMENTS);
    manifest_release(&m);

    cr_assert_eq(parse(HEAD LAYER, &m, &err), STATUS_OK, "%s", err.message);
    cr_expect_null(m.documents);
    manifest_release(&m);
}

static const struct {
    const char *text, *message;
} wrong[] = {
    {"", "'m.yaml': line 1, column 1: nothing in it"},
    {"- 1\n", "line 1, column 1: the manifest is a list, expected keys and values"},
    {"circuitlasso: 1\n" LAYER, "line 1, column 1: the manifest lacks the key 'model'"},
    {"circuitlasso: 2\nmodel: m\n" LAYER, "line 1, column 15: manifest format '2', expected 1"},
    {HEAD "layer:\n  - name: a\n",
     "line 3, column 1: unknown key 'layer', did you mean 'layers'?"},
    {HEAD LAYER "    tenosr: x\n",
     "line 7, column 5: unknown key 'tenosr', did you mean 'tensor'?"},
    {HEAD LAYER "    colour: x\n",
     "line 7, column 5: unknown key 'colour', expected 'name', 'kind', "
     "'activations', 'tensor', 'nonfinite', 'labels'"},
    {HEAD LAYER "    name: b\n", "line 7, column 5: key 'name' was already given in line 4"},
    {HEAD "layers: []\n", "line 3, column 9: 'layers' is empty"},
    {HEAD "layers: a\n", "line 3, column 9: 'layers' is text, expected a list"},
    {HEAD "layers: [a]\n", "line 3, column 10: a layer is text, expected keys and values"},
    {HEAD "layers:\n  - name: a\n    kind: sae\n",
     "line 4, column 5: a layer lacks the key 'activations'"},
    {HEAD LAYER "    labels:\n", "line 7, column 12: 'labels' has no value"},
    {HEAD LAYER "    labels: [x]\n", "line 7, column 13: 'labels' is a list, expected text"},
    {HEAD "layers: [{name: a, kind: neuron, activations: x, autoencoder: w}]\n",
     "line 3, column 63: 'autoencoder' in a layer of kind 'neuron', expected 'kind: sae'"},
    {HEAD "layers: [{name: a, kind: component, activations: x, autoencoder: w}]\n",
     "'autoencoder' in a layer of kind 'component', expected 'kind: sae'"},
    {HEAD LAYER "    nonfinite: keep\n",
     "line 7, column 16: 'nonfinite' is 'keep', expected one of 'reject', 'drop'"},
    {HEAD LAYER "  - name: a\n    kind: sae\n    activations: b\n",
     "line 7, column 11: layer 'a' was already given in line 4"},
    {HEAD "samples: {documents: d, text: t}\n" LAYER,
     "line 3, column 31: both 'documents' and 'text'"},
    {HEAD "samples: {text: t, rows: tokens}\n" LAYER,
     "line 3, column 26: 'rows: tokens' needs 'documents'"},
    {HEAD "samples: {documents: d, rows: token}\n" LAYER,
     "line 3, column 31: 'rows' is 'token', expected one of 'tokens', 'documents'"},
    {HEAD "samples: {documents: d, pool: max}\n" LAYER,
     "line 3, column 31: 'pool' needs 'documents' with tokens and 'rows: tokens'"},
    {HEAD "samples: {rows: tokens, pool: max}\n" LAYER, "line 3, column 31: 'pool' needs"},
    {HEAD LAYERS "effects:\n  - from: a\n    to: c\n    values: x\n",
     "line 12, column 9: no layer is named 'c'"},
    {HEAD LAYERS "effects:\n  - from: b\n    to: a\n    values: x\n",
     "line 12, column 9: layer 'a' does not come after 'b'"},
    {HEAD LAYERS "effects:\n  - {from: a, to: b, values: x}\n  - {from: a, to: b, values: y}\n",
     "line 12, column 12: effects between these layers were already given in line 11"},
    {HEAD LAYER "targets:\n  - {name: y, kind: real, values: v}\n"
                "  - {name: y, kind: real, values: v}\n",
     "line 9, column 12: target 'y' was already given in line 8"},
    {HEAD LAYER "targets:\n  - {name: y, kind: class, values: v, classes: [[a]]}\n",
     "line 8, column 49: a class is a list, expected text"},
    {HEAD LAYER "targets:\n  - {name: y, kind: class, values: v, classes: 2}\n",
     "'classes' is text, expected a list"},
    {HEAD "samples: &x {text: t}\n" LAYER, "line 3, column 10: anchors (&name) are not read"},
    {HEAD "samples: *x\n" LAYER, "line 3, column 10: aliases (*name) are not read"},
    {HEAD "samples: !!binary x\n", "line 3, column 10: tags (!name) are not read"},
    {HEAD LAYER "---\nmore: 1\n", "line 7, column 1: a second document begins"},
    {HEAD LAYER "    labels: \"x\\0y\"\n", "line 7, column 13: text with a NUL character"},
    {HEAD "[a]: x\n", "line 3, column 1: a key must be plain text"},
    {HEAD "layers: [\n", "line 4, column 1: "},
    {HEAD "\tlayers: x\n", "line 3, column 1: "},
    {HEAD "model\n", "line 4, column 1: "},
    {HEAD "layers: \xff\n", "'m.yaml': byte 34: invalid leading UTF-8 octet"},
};

Test(formats_manifest, mistakes_are_named_with_their_place)
{
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        manifest m;
        error err;
        cr_expect_eq(parse(wrong[i].text, &m, &err), STATUS_INPUT, "%s", wrong[i].text);
        cr_expect_not_null(strstr(err.message, wrong[i].message), "expected '%s', got '%s'",
                           wrong[i].message, err.message);
        manifest_release(&m);
    }
}

Test(formats_manifest, deep_or_long_text_is_refused_at_once)
{
    enum { LONG = 2 << 20 };
    static char text[LONG];
    manifest m;
    error err = {0};
    memset(text, '[', LONG);
    cr_expect_eq(manifest_parse(&m, text, LONG, "m.yaml", &err), STATUS_INPUT);
    cr_expect_not_null(strstr(err.message, "longer than 1048576 bytes"), "%s", err.message);
    cr_expect_eq(manifest_parse(&m, text, 200000, "m.yaml", &err), STATUS_INPUT);
    cr_expect_not_null(strstr(err.message, "nested more than 64 levels deep"), "%s", err.message);
}

#define BLOCKS "layers: [{name: a, kind: component, activations: x, components: "

Test(formats_manifest, components_are_read)
{
    manifest m;
    error err;
    cr_assert_eq(parse(HEAD BLOCKS
                       "[{name: h0, coordinates: 64}, {name: mlp, coordinates: 2}]}]\n",
                       &m, &err),
                 STATUS_OK, "%s", err.message);
    cr_assert_eq(m.layer[0].component_count, 2);
    cr_expect_str_eq(m.layer[0].component[1].name->text, "mlp");
    cr_expect_eq(m.layer[0].component[0].count, 64);
    cr_expect_eq(m.layer[0].coordinates, 66);
    manifest_release(&m);
}

Test(formats_manifest, components_that_make_no_sense)
{
    static const struct {
        const char *text, *says;
    } bad[] = {{BLOCKS "[]}]\n", "'components' is empty"},
               {BLOCKS "[{name: h, coordinates: 1}]}]\n", "'coordinates' is '1', expected"},
               {BLOCKS "[{name: h, coordinates: 0}]}]\n", "from 2 on"},
               {BLOCKS "[{name: h, coordinates: -2}]}]\n", "'-2', expected a number"},
               {BLOCKS "[{name: h, coordinates: 99999999999}]}]\n", "expected a number"},
               {BLOCKS "[{name: h}]}]\n", "lacks the key 'coordinates'"},
               {BLOCKS "[{name: 7, coordinates: 2}]}]\n", "that is no number"},
               {BLOCKS "[{name: a/b, coordinates: 2}]}]\n", "without a slash"},
               {BLOCKS "[{name: h, coordinates: 2}, {name: h, coordinates: 2}]}]\n",
                "'h' was already given"},
               {BLOCKS "{name: h}}]\n", "expected a list"},
               {"layers: [{name: a, kind: sae, activations: x, components: [{name: h, "
                "coordinates: 2}]}]\n",
                "expected 'kind: component'"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        manifest m;
        error err;
        char text[512];
        snprintf(text, sizeof text, HEAD "%s", bad[i].text);
        cr_expect_eq(parse(text, &m, &err), STATUS_INPUT, "%s", bad[i].text);
        cr_expect_not_null(strstr(err.message, bad[i].says), "'%s': %s", bad[i].says, err.message);
    }
}
