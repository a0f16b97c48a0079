/* A NumPy file: its header is text that a stranger wrote. Seeds: tests/unit/fixtures. */
#include "tests/fuzz/activations.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || data[0] != 0x93)
        return 0; /* other formats have fuzzers of their own */
    fuzz_activations(data, size, NULL);
    return 0;
}
