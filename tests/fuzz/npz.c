/* A NumPy archive, as a sparse matrix and as an array with a name. Seeds: tests/unit/fixtures. */
#include "tests/fuzz/activations.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || data[0] != 'P' || data[1] != 'K')
        return 0;
    fuzz_activations(data, size, NULL);
    fuzz_activations(data, size, "data");
    return 0;
}
