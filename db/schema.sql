-- The workspace: one study in one SQLite file, `study.clw`. Version 3.
-- Text is kept as it was imported; whoever shows it cleans it. Feature, sample and document
-- numbers count from 0. Blobs hold little-endian arrays.

CREATE TABLE study (                    -- facts of the whole study
    key   TEXT PRIMARY KEY,             -- model, samples, rows ('tokens', 'documents'), pool,
                                        -- created, manifest, version
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE layer (                    -- one location in the model, in computation order
    layer_id  INTEGER PRIMARY KEY,
    name      TEXT    NOT NULL UNIQUE,  -- hook point: blocks.3.hook_resid_pre
    position  INTEGER NOT NULL UNIQUE,  -- place in computation order, from 0
    kind      TEXT    NOT NULL CHECK (kind IN ('sae', 'neuron', 'component')),
    dense     INTEGER NOT NULL CHECK (dense IN (0, 1)),  -- how its blocks are stored
    features  INTEGER NOT NULL,
    samples   INTEGER NOT NULL,
    nonzeros  INTEGER NOT NULL,
    source    TEXT    NOT NULL,         -- activation file as the manifest names it
    hash      TEXT    NOT NULL          -- of the activations as imported; a fit records it
) STRICT;

CREATE TABLE component (                -- consecutive features that make a whole: what a head or
                                        -- an MLP puts out
    layer_id      INTEGER NOT NULL REFERENCES layer ON DELETE CASCADE,
    component     INTEGER NOT NULL,     -- place in its layer, from 0
    name          TEXT NOT NULL,        -- without a slash, not a number
    first_feature INTEGER NOT NULL,
    features      INTEGER NOT NULL CHECK (features >= 2),
    PRIMARY KEY (layer_id, component),
    UNIQUE (layer_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE activation_block (         -- consecutive features of one layer, by columns
    layer_id      INTEGER NOT NULL REFERENCES layer ON DELETE CASCADE,
    first_feature INTEGER NOT NULL,
    feature_count INTEGER NOT NULL,
    col_start     BLOB NOT NULL,        -- uint64[feature_count + 1], from 0; empty when dense
    sample_index  BLOB NOT NULL,        -- uint32[nonzeros], ascending in a column; dense: empty
    value         BLOB NOT NULL,        -- float32[nonzeros], or float32[feature_count * samples]
    UNIQUE (layer_id, first_feature)
) STRICT;

CREATE TABLE autoencoder (              -- weights of the autoencoder that made a layer's features
    layer_id     INTEGER PRIMARY KEY REFERENCES layer ON DELETE CASCADE,
    width        INTEGER NOT NULL CHECK (width > 0),  -- numbers that it reads and writes: d_model
    source       TEXT NOT NULL,         -- file as the manifest names it
    decoder_bias BLOB NOT NULL          -- float32[width]
) STRICT;

CREATE TABLE autoencoder_block (        -- consecutive features of it
    layer_id      INTEGER NOT NULL REFERENCES autoencoder ON DELETE CASCADE,
    first_feature INTEGER NOT NULL,
    feature_count INTEGER NOT NULL,
    encoder       BLOB NOT NULL,        -- float32[feature_count * width], feature after feature
    decoder       BLOB NOT NULL,        -- float32[feature_count * width], likewise
    encoder_bias  BLOB NOT NULL,        -- float32[feature_count]
    UNIQUE (layer_id, first_feature)
) STRICT;

CREATE TABLE feature (
    feature_id   INTEGER PRIMARY KEY,   -- layer_id * 2^32 + index
    layer_id     INTEGER NOT NULL REFERENCES layer ON DELETE CASCADE,
    feature      INTEGER NOT NULL,      -- index in its layer
    label        TEXT,
    label_source TEXT,
    active       INTEGER NOT NULL,      -- samples where it is not zero
    mean         REAL NOT NULL,         -- over all samples
    sd           REAL NOT NULL,         -- population standard deviation over all samples
    active_mean  REAL NOT NULL,         -- over samples where it is not zero; 0 if there are none
    minimum      REAL NOT NULL,         -- over all samples
    maximum      REAL NOT NULL,
    histogram    BLOB NOT NULL          -- uint32 counts of nonzero values, equal bins from their
                                        -- least to their greatest
) STRICT;

-- counts per layer, which the first screen shows
CREATE INDEX feature_live ON feature (layer_id) WHERE active > 0;
CREATE INDEX feature_labelled ON feature (layer_id) WHERE label IS NOT NULL;

CREATE VIRTUAL TABLE feature_search USING fts5 (  -- rowid = feature_id
    label, note, tokenize = 'unicode61', prefix = '1 2 3'
);

CREATE TABLE document (                 -- what was read: samples first_sample .. +samples-1
    document_id  INTEGER PRIMARY KEY,   -- from 0, in order
    name         TEXT,
    text         TEXT,                  -- as imported; NULL when only tokens were given
    tokens       TEXT,                  -- JSON array of strings; NULL when only text was given
    first_sample INTEGER NOT NULL,
    samples      INTEGER NOT NULL,      -- tokens of it, or 1 (pooled, or a row a document)
    split        TEXT NOT NULL DEFAULT 'train' CHECK (split IN ('train', 'held out'))
) STRICT;
CREATE INDEX document_by_sample ON document (first_sample);

CREATE TABLE target (                   -- a target variable: a value per sample
    target_id INTEGER PRIMARY KEY,
    name      TEXT NOT NULL UNIQUE,
    kind      TEXT NOT NULL CHECK (kind IN ('real', 'binary', 'class')),
    classes   TEXT,                     -- JSON array of names; NULL for real
    value     BLOB NOT NULL             -- float64[samples]; class numbers from 0
) STRICT;

CREATE TABLE effect_set (               -- measured interventions between two layers
    effect_set_id INTEGER PRIMARY KEY,
    source_layer  INTEGER NOT NULL REFERENCES layer ON DELETE CASCADE,
    target_layer  INTEGER NOT NULL REFERENCES layer ON DELETE CASCADE,
    source        TEXT NOT NULL,        -- file as the manifest names it
    UNIQUE (source_layer, target_layer)
) STRICT;

CREATE TABLE effect (                   -- mean change of the target when the source is removed
    effect_set_id INTEGER NOT NULL REFERENCES effect_set ON DELETE CASCADE,
    source_feature INTEGER NOT NULL,
    target_feature INTEGER NOT NULL,
    effect        REAL NOT NULL,
    active        INTEGER NOT NULL,     -- samples over which it was averaged
    PRIMARY KEY (effect_set_id, source_feature, target_feature)
) STRICT, WITHOUT ROWID;

CREATE TABLE fit (                      -- what was asked, and how far it got
    fit_id      INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL CHECK (kind IN ('pairwise', 'joint', 'target')),
    rule        TEXT NOT NULL
                CHECK (rule IN ('absolute', 'pair', 'target', 'parents', 'edges', 'cv')),
    lambda      REAL NOT NULL,          -- absolute, fraction, parents, edges, folds: by the rule
    ridge       REAL NOT NULL,
    scale       TEXT NOT NULL CHECK (scale IN ('none', 'sd')),
    tolerance   REAL NOT NULL,
    seed        INTEGER NOT NULL DEFAULT 0,
    state       TEXT NOT NULL
                CHECK (state IN ('queued', 'running', 'done', 'cancelled', 'failed')),
    runner      TEXT,                   -- who runs it: host, process, its start; tells a dead run
                                        -- from a live one
    message     TEXT,                   -- why it failed
    version     TEXT NOT NULL,          -- of the program
    data_hash   TEXT NOT NULL,          -- of the layers it saw
    created     INTEGER NOT NULL,       -- unix seconds
    started     INTEGER,
    finished    INTEGER,
    ridge_by    TEXT NOT NULL DEFAULT 'feature' CHECK (ridge_by IN ('feature', 'layer')),
                                        -- whose variance the ridge follows; layer: a fit of
                                        -- version 1
    wiring      INTEGER NOT NULL DEFAULT 0 CHECK (wiring IN (0, 1))
                                        -- pairs use their autoencoders where both layers have one
) STRICT;

CREATE TABLE fit_pair (                 -- one layer pair of a fit: what resuming looks at
    pair_id      INTEGER PRIMARY KEY,
    fit_id       INTEGER NOT NULL REFERENCES fit ON DELETE CASCADE,
    source_layer INTEGER NOT NULL REFERENCES layer ON DELETE CASCADE,
    target_layer INTEGER NOT NULL REFERENCES layer ON DELETE CASCADE,
    lambda       REAL,                  -- the pair's, once it is known; NULL: one a target
    lambda_max   REAL,
    targets      INTEGER NOT NULL,      -- to do
    done         INTEGER NOT NULL DEFAULT 0,
    converged    INTEGER NOT NULL DEFAULT 0,
    constant     INTEGER NOT NULL DEFAULT 0,
    edges        INTEGER NOT NULL DEFAULT 0,
    worst_gap    REAL NOT NULL DEFAULT 0,
    seconds      REAL NOT NULL DEFAULT 0,
    wired_alone  INTEGER NOT NULL DEFAULT 0,  -- of the edges, the wiring's alone
    UNIQUE (fit_id, source_layer, target_layer)
) STRICT;

CREATE TABLE fit_target (
    pair_id    INTEGER NOT NULL REFERENCES fit_pair ON DELETE CASCADE,
    feature    INTEGER NOT NULL,        -- of the target layer
    state      TEXT NOT NULL CHECK (state IN ('converged', 'unconverged', 'constant')),
    lambda     REAL NOT NULL,
    lambda_max REAL NOT NULL,
    intercept  REAL NOT NULL,
    r2         REAL NOT NULL,
    gap        REAL NOT NULL,           -- relative duality gap
    parents    INTEGER NOT NULL,
    stretch    REAL NOT NULL,           -- undoes the penalties' shrinkage: a factor of removals
    PRIMARY KEY (pair_id, feature)
) STRICT, WITHOUT ROWID;

CREATE TABLE edge (
    pair_id        INTEGER NOT NULL REFERENCES fit_pair ON DELETE CASCADE,
    target_feature INTEGER NOT NULL,
    source_feature INTEGER NOT NULL,
    weight         REAL NOT NULL,       -- on the data's own scale; 0: of the wiring alone
    standardised   REAL NOT NULL,       -- weight * sd(source) / sd(target)
    removal        REAL NOT NULL,       -- fall of the target if the source were removed
                                        -- (src/jobs/strength.h); the mean of what regression and
                                        -- (counting twice) wiring say
    wired          REAL,                -- what the wiring says it is; NULL: the pair has no wiring
    PRIMARY KEY (pair_id, target_feature, source_feature)
) STRICT, WITHOUT ROWID;
CREATE INDEX edge_by_source ON edge (pair_id, source_feature);

CREATE TABLE fit_variable (             -- fit of kind 'target': one target variable on the
                                        -- features of some layers
    fit_id      INTEGER PRIMARY KEY REFERENCES fit ON DELETE CASCADE,
    target_id   INTEGER NOT NULL REFERENCES target ON DELETE CASCADE,
    points      INTEGER NOT NULL,       -- of the path, as asked for
    folds       INTEGER NOT NULL,       -- of the cross-validation, by document; 0: none
    least       INTEGER NOT NULL CHECK (least IN (0, 1)),  -- choose the least held-out error, not
                                                           -- the sparsest near it
    train_only  INTEGER NOT NULL CHECK (train_only IN (0, 1)),  -- on the training documents alone
    -- what came of it; NULL until it is done
    outputs     INTEGER,                -- predictors: 1 (binary: of class 1), or one a class
    lambda_max  REAL,
    null_loss   REAL,                   -- half the squared error or -log-likelihood, no features
    chosen      INTEGER,                -- the point of the path to look at first
    seconds     REAL
) STRICT;

CREATE TABLE variable_layer (           -- the layers whose features predict, side by side
    fit_id   INTEGER NOT NULL REFERENCES fit_variable ON DELETE CASCADE,
    layer_id INTEGER NOT NULL REFERENCES layer ON DELETE CASCADE,
    PRIMARY KEY (fit_id, layer_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE variable_point (           -- a point of the path, lambda descending from point 0
    fit_id    INTEGER NOT NULL REFERENCES fit_variable ON DELETE CASCADE,
    point     INTEGER NOT NULL,
    state     TEXT NOT NULL CHECK (state IN ('converged', 'unconverged', 'constant')),
    lambda    REAL NOT NULL,
    gap       REAL NOT NULL,            -- relative duality gap
    explained REAL NOT NULL,            -- part of the variance or of the deviance
    features  INTEGER NOT NULL,         -- with a nonzero weight in some output
    held_out  REAL,                     -- squared error or deviance a sample; NULL: no folds
    held_out_deviation REAL,            -- its standard error over the folds
    accuracy  REAL,                     -- share of held-out classes told right; NULL: numbers
    PRIMARY KEY (fit_id, point)
) STRICT, WITHOUT ROWID;

CREATE TABLE variable_intercept (
    fit_id    INTEGER NOT NULL,
    point     INTEGER NOT NULL,
    output    INTEGER NOT NULL,         -- 0, or the class
    intercept REAL NOT NULL,
    PRIMARY KEY (fit_id, point, output),
    FOREIGN KEY (fit_id, point) REFERENCES variable_point ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE variable_weight (
    fit_id       INTEGER NOT NULL,
    point        INTEGER NOT NULL,
    output       INTEGER NOT NULL,
    layer_id     INTEGER NOT NULL REFERENCES layer ON DELETE CASCADE,
    feature      INTEGER NOT NULL,
    weight       REAL NOT NULL,         -- on the data's own scale
    standardised REAL NOT NULL,         -- weight * sd(feature), for numbers / sd(variable)
    PRIMARY KEY (fit_id, point, output, layer_id, feature),
    FOREIGN KEY (fit_id, point) REFERENCES variable_point ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE fit_check (                -- a trust check of a fit: held-out documents,
                                        -- permutations, resamples, ...
    check_id  INTEGER PRIMARY KEY AUTOINCREMENT,
    fit_id    INTEGER NOT NULL REFERENCES fit ON DELETE CASCADE,
    kind      TEXT NOT NULL,            -- which check; the program knows what its findings mean
    settings  TEXT NOT NULL,            -- JSON object: rounds, seed, ...
    state     TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'cancelled', 'failed')),
    runner    TEXT,                     -- as in fit
    message   TEXT,
    units     INTEGER NOT NULL DEFAULT 0,  -- of work to do; 0: not known yet
    done      INTEGER NOT NULL DEFAULT 0,  -- units that are stored: what resuming looks at
    seconds   REAL NOT NULL DEFAULT 0,
    created   INTEGER NOT NULL,         -- unix seconds
    started   INTEGER,
    finished  INTEGER
) STRICT;
CREATE INDEX check_by_fit ON fit_check (fit_id);

-- What checks found. Layers are layer_ids; 0 and 0: of the whole circuit.

CREATE TABLE check_figure (             -- one number
    check_id     INTEGER NOT NULL REFERENCES fit_check ON DELETE CASCADE,
    source_layer INTEGER NOT NULL,
    target_layer INTEGER NOT NULL,
    name         TEXT NOT NULL,
    value        REAL,                  -- NULL: there is none
    PRIMARY KEY (check_id, source_layer, target_layer, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE check_point (              -- a point of a curve
    check_id     INTEGER NOT NULL REFERENCES fit_check ON DELETE CASCADE,
    source_layer INTEGER NOT NULL,
    target_layer INTEGER NOT NULL,
    series       TEXT NOT NULL,
    place        INTEGER NOT NULL,      -- in the series, from 0
    x            REAL NOT NULL,
    y            REAL NOT NULL,
    PRIMARY KEY (check_id, source_layer, target_layer, series, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE check_value (              -- one number a target feature
    check_id     INTEGER NOT NULL REFERENCES fit_check ON DELETE CASCADE,
    source_layer INTEGER NOT NULL,
    target_layer INTEGER NOT NULL,
    name         TEXT NOT NULL,
    feature      INTEGER NOT NULL,      -- of the target layer
    value        REAL,
    PRIMARY KEY (check_id, source_layer, target_layer, name, feature)
) STRICT, WITHOUT ROWID;

CREATE TABLE check_edge (               -- one number an edge, a target feature's in one row
    check_id       INTEGER NOT NULL REFERENCES fit_check ON DELETE CASCADE,
    source_layer   INTEGER NOT NULL,
    target_layer   INTEGER NOT NULL,
    name           TEXT NOT NULL,
    target_feature INTEGER NOT NULL,
    source_feature BLOB NOT NULL,       -- uint32[edges], ascending
    value          BLOB NOT NULL,       -- float32[edges]
    PRIMARY KEY (check_id, source_layer, target_layer, name, target_feature)
) STRICT, WITHOUT ROWID;

CREATE TABLE note (                     -- the user's own words; by names: they outlive a re-import
    note_id  INTEGER PRIMARY KEY,
    subject  TEXT NOT NULL CHECK (subject IN ('feature', 'edge', 'path', 'fit')),
    source   TEXT NOT NULL,             -- layer/index, or the fit's number
    target   TEXT NOT NULL DEFAULT '',  -- layer/index of an edge's target
    kind     TEXT NOT NULL CHECK (kind IN ('label', 'tag', 'pin', 'text')),
    value    TEXT NOT NULL DEFAULT '',
    changed  INTEGER NOT NULL,          -- unix seconds
    UNIQUE (subject, source, target, kind, value)
) STRICT;
