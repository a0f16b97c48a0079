/* The text files of a synthetic data set: manifest, labels, truth. Private to synth. */
#ifndef JOBS_SYNTH_TEXT_H
#define JOBS_SYNTH_TEXT_H

#include "src/jobs/synth_plan.h"

#include <stdio.h>

/* A pronounceable word for a number, ASCII letters. */
void synth_print_word(FILE *out, uint32_t number);

void synth_print_manifest(const synth_plan *p, FILE *out);

/* `index<TAB>label`: what each feature of a layer is. */
void synth_print_labels(const synth_plan *p, uint32_t position, FILE *out);

/* `source target weight kind`, a weight of 0 meaning that there is no edge though it may seem so;
 * counts both. */
void synth_print_truth(const synth_plan *p, FILE *out, uint64_t *edges, uint64_t *absent);

/* Which features are, or descend from, those tied to the class or to the attribute. */
void synth_print_carriers(const synth_plan *p, FILE *out);

#endif
