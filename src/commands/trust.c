#include "src/commands/trust.h"

#include "src/circuit/trust.h"

status trust_apply(circuit **c, double stable, double fdr, error *err)
{
    circuit *part = NULL;
    if (isnan(stable) && isnan(fdr))
        return STATUS_OK;
    status code = trust_filter(*c, stable, fdr, &part, err);
    if (code == STATUS_OK) {
        circuit_free(*c);
        *c = part;
    }
    return code;
}
