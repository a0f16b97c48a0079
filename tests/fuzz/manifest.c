/* A manifest. Seeds: seeds/manifest. */
#include "src/formats/manifest.h"
#include "tests/fuzz/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    manifest m;
    error err = {0};
    status code = manifest_parse(&m, (const char *)data, size, "fuzz.yaml", &err);
    fuzz_check(code, &err);
    if (code == STATUS_OK && (m.layer_count == 0 || !m.model))
        abort();
    manifest_release(&m);
    return 0;
}
