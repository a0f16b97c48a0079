/* Which kernels this machine can run. */
#include "solver/kernels_kinds.h"

#include <stdbool.h>

#if defined(__x86_64__)

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
}

const kernels *kernels_choose(void)
{
    return has_avx512() ? &kernels_avx512 : has_avx2() ? &kernels_avx2 : &kernels_plain;
}

const kernels *const *kernels_all(void)
{
    static const kernels *const up_to_avx512[] = {&kernels_plain, &kernels_avx2, &kernels_avx512,
                                                  NULL};
    static const kernels *const up_to_avx2[] = {&kernels_plain, &kernels_avx2, NULL};
    static const kernels *const only_plain[] = {&kernels_plain, NULL};
    return has_avx512() ? up_to_avx512 : has_avx2() ? up_to_avx2 : only_plain;
}

#else

const kernels *kernels_choose(void)
{
    return &kernels_plain;
}

const kernels *const *kernels_all(void)
{
    static const kernels *const only_plain[] = {&kernels_plain, NULL};
    return only_plain;
}

#endif
