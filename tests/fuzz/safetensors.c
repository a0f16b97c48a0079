/* A safetensors file, its only tensor and one by name. Seeds: tests/unit/fixtures. */
#include "tests/fuzz/activations.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 9 || data[8] != '{')
        return 0;
    fuzz_activations(data, size, NULL);
    fuzz_activations(data, size, "latents");
    return 0;
}
