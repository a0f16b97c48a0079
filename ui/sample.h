/* What other views may ask of the Sample view: `mode` of a place there, whose layer and feature
 * are those to mark. */
#ifndef UI_SAMPLE_H
#define UI_SAMPLE_H

enum {
    SAMPLE_USUAL,    /* where it was; at first, sample 0 */
    SAMPLE_AT,       /* the place's row is the sample */
    SAMPLE_STRONGEST /* the sample where the feature is strongest */
};

#endif
