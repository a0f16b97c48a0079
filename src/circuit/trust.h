/* What the fit's trust checks say of single edges. */
#ifndef CIRCUIT_TRUST_H
#define CIRCUIT_TRUST_H

#include "src/circuit/circuit.h"
#include "src/circuit/filter.h"

/* Fills in the circuit's `frequency` and `fdr` from the newest finished checks of its fit; both
 * stay NULL where there is none. Part of circuit_load. */
status trust_load(circuit *c, db *d, const layer_set *layers, error *err);

/* What a filter of edges looks at, of one edge; NaN: not known. */
void trust_figures(const circuit *c, uint32_t edge, double figure[EDGE_COLUMNS]);

/* The circuit of those edges whose frequency is at least `stable` and whose false discovery rate
 * is at most `fdr`; NaN: whatever it is. STATUS_INPUT when the check that would know is missing.
 */
status trust_filter(const circuit *c, double stable, double fdr, circuit **out, error *err);

#endif
