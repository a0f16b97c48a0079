/* The one action table. The key map, the key line, `?`, the palette, the man page's key section
 * and the README's all come from it.
 *
 * A row: id, name, keys, views, word, help.
 *   name   what the palette completes; unique
 *   keys   default keys, apart by spaces: a character, ^X for Ctrl-X, or a name of key_name
 *   views  where it holds: IN_ALL or IN_... combined. No two actions share a key in a view
 *   word   what the key line says; "" leaves the action out of the key line
 *   help   one line, a whole thought */
#ifndef UI_ACTION_H
#define UI_ACTION_H

#include "src/base/error.h"

#include <stddef.h>

/* view id, digit, name, one line. Views are numbered by the digit that opens them; 0: it is
 * reached from other views only, and has no place of its own in the title line. */
#define VIEW_LIST(X)                                                                              \
    X(VIEW_STUDY, 1, "Study", "layers, target variables, and what has been fitted between them")  \
    X(VIEW_FEATURES, 2, "Features", "the features of a layer, and the card of the one at hand")   \
    X(VIEW_FITS, 3, "Fits", "queued, running and finished fits")                                  \
    X(VIEW_CIRCUIT, 4, "Circuit", "the edges of a fit, walked one feature at a time")             \
    X(VIEW_PATHS, 5, "Paths",                                                                     \
      "the strongest paths between marked features, into one or from one")                        \
    X(VIEW_TRUST, 6, "Trust",                                                                     \
      "is the circuit real? how well it was solved, and what checks found")                       \
    X(VIEW_SAMPLE, 7, "Sample", "one sample in its text, and the circuit as it sees it")          \
    X(VIEW_PICTURE, 0, "Picture",                                                                 \
      "the circuit round a feature, or the listed paths, drawn by layers")                        \
    X(VIEW_TREE, 0, "Tree",                                                                       \
      "the parents or children of a feature, and theirs, as deep as one likes")                   \
    X(VIEW_COMPARE, 0, "Compare", "two fits side by side, and the edges that differ most")

typedef enum view_id {
#define VIEW_ENUM(id, digit, name, text) id,
    VIEW_LIST(VIEW_ENUM)
#undef VIEW_ENUM
        VIEW_COUNT
} view_id;

const char *view_name(view_id view);
int view_digit(view_id view);

enum {
#define VIEW_BIT(id, digit, name, text) IN_##id = 1 << id,
    VIEW_LIST(VIEW_BIT)
#undef VIEW_BIT
        IN_STUDY = IN_VIEW_STUDY,
    IN_FEATURES = IN_VIEW_FEATURES,
    IN_FITS = IN_VIEW_FITS,
    IN_CIRCUIT = IN_VIEW_CIRCUIT,
    IN_PATHS = IN_VIEW_PATHS,
    IN_TRUST = IN_VIEW_TRUST,
    IN_SAMPLE = IN_VIEW_SAMPLE,
    IN_PICTURE = IN_VIEW_PICTURE,
    IN_TREE = IN_VIEW_TREE,
    IN_COMPARE = IN_VIEW_COMPARE,
    IN_ALL = (1 << VIEW_COUNT) - 1
};

#define ACTION_LIST(X)                                                                            \
    /* moving */                                                                                  \
    X(ACT_DOWN, "down", "j Down", IN_ALL, "", "one row down; 10j moves ten, 05j five")            \
    X(ACT_UP, "up", "k Up", IN_ALL, "", "one row up")                                             \
    X(ACT_LEFT, "left", "h Left", IN_ALL, "", "left; folds, or moves to the column before")       \
    X(ACT_RIGHT, "right", "l Right", IN_ALL, "", "right; unfolds, or moves to the next column")   \
    X(ACT_PAGE_DOWN, "page-down", "^F PgDn", IN_ALL, "", "one page down")                         \
    X(ACT_PAGE_UP, "page-up", "^B PgUp", IN_ALL, "", "one page up")                               \
    X(ACT_HALF_DOWN, "half-page-down", "^D", IN_ALL, "", "half a page down")                      \
    X(ACT_HALF_UP, "half-page-up", "^U", IN_ALL, "", "half a page up")                            \
    X(ACT_SCROLL_DOWN, "scroll-down", "^E", IN_ALL, "",                                           \
      "scroll one line down, as the mouse wheel does")                                            \
    X(ACT_SCROLL_UP, "scroll-up", "^Y", IN_ALL, "", "scroll one line up")                         \
    X(ACT_TOP, "top", "g Home", IN_ALL, "", "to the first row; 20g goes to row 20")               \
    X(ACT_BOTTOM, "bottom", "G End", IN_ALL, "", "to the last row; 20G goes to row 20")           \
    /* what a view is for */                                                                      \
    X(ACT_OPEN, "open", "Enter", IN_ALL, "open",                                                  \
      "open what the cursor is on: a layer's features,"                                           \
      " a fit's circuit, a feature's edges; on an edge, follow it")                               \
    X(ACT_PICK, "pick", "Space", IN_STUDY, "pick", "pick or unpick the layer for a fit")          \
    X(ACT_PICK_ALL, "pick-all", "a", IN_STUDY, "", "pick all layers, or none")                    \
    X(ACT_FIT, "fit", "f", IN_STUDY | IN_FITS, "fit",                                             \
      "fit adjacent pairs of the picked layers"                                                   \
      " (none picked: of all)")                                                                   \
    X(ACT_FIT_TARGET, "fit-target", "V", IN_STUDY, "variable",                                    \
      "fit a target variable on the"                                                              \
      " picked layers side by side (none picked: on the one at hand)")                            \
    X(ACT_CANCEL, "cancel", "c", IN_FITS, "cancel", "cancel the fit; finished blocks are kept")   \
    X(ACT_RESUME, "resume", "r", IN_FITS, "resume", "resume a cancelled, failed or cut-off fit")  \
    X(ACT_RESUME_OFFERED, "resume-last", "r", IN_STUDY, "",                                       \
      "resume the fit that was interrupted when the program ended last")                          \
    X(ACT_MARK_FIT, "mark-fit", "Space", IN_FITS, "mark",                                         \
      "mark the fit that others are compared with")                                               \
    X(ACT_COMPARE, "compare", "C", IN_FITS, "compare",                                            \
      "compare the fit with the marked one, or with the"                                          \
      " one before it")                                                                           \
    X(ACT_CLONE, "clone", "n", IN_FITS, "clone",                                                  \
      "a new fit, with this one's layers and settings to start"                                   \
      " from")                                                                                    \
    X(ACT_DELETE, "delete", "d Delete", IN_FITS, "delete", "delete the fit and its edges")        \
    X(ACT_CHECK, "check", "r", IN_TRUST, "run",                                                   \
      "run the check, or resume it; 05r repeats five times what is random")                       \
    X(ACT_CHECK_ALL, "check-all", "R", IN_TRUST, "all",                                           \
      "run all checks that apply and are not done")                                               \
    X(ACT_CHECK_CANCEL, "cancel-check", "C", IN_TRUST, "cancel",                                  \
      "cancel the check; what is done of it is kept")                                             \
    X(ACT_CHECK_DELETE, "delete-check", "d Delete", IN_TRUST, "",                                 \
      "delete the check and what it found")                                                       \
    X(ACT_USE, "use", "u", IN_TRUST, "use",                                                       \
      "show only the edges that the null's threshold, or the cut of"                              \
      " stability, leaves of the circuit")                                                        \
    X(ACT_SEARCH, "search", "/", IN_FEATURES | IN_CIRCUIT, "search",                              \
      "find features by words of"                                                                 \
      " their label; an empty search ends it")                                                    \
    X(ACT_SEARCH_SCOPE, "search-scope", "a", IN_FEATURES, "", "search in this layer, or in all")  \
    X(ACT_SORT, "sort", "s", IN_FEATURES | IN_CIRCUIT, "sort",                                    \
      "sort by the next column; 02s by the second")                                               \
    X(ACT_SORT_REVERSE, "sort-reverse", "S", IN_FEATURES | IN_CIRCUIT, "",                        \
      "turn the order round")                                                                     \
    X(ACT_FILTER_DEAD, "hide-dead", "D", IN_FEATURES, "", "show or hide features never active")   \
    X(ACT_LAYER_NEXT, "next-layer", "> .", IN_FEATURES, "", "the next layer's features")          \
    X(ACT_LAYER_PREVIOUS, "previous-layer", "< ,", IN_FEATURES, "", "the layer before")           \
    X(ACT_SAMPLE_NEXT, "next-sample", "n", IN_SAMPLE, "next",                                     \
      "the next sample; right does it too")                                                       \
    X(ACT_SAMPLE_PREVIOUS, "previous-sample", "p", IN_SAMPLE, "previous", "the sample before")    \
    X(ACT_DOCUMENT_NEXT, "next-document", "> .", IN_SAMPLE, "document", "the next document")      \
    X(ACT_DOCUMENT_PREVIOUS, "previous-document", "< ,", IN_SAMPLE, "", "the document before")    \
    X(ACT_FIND, "find", "/", IN_SAMPLE, "find", "find words in the documents")                    \
    X(ACT_FIND_NEXT, "find-next", "N", IN_SAMPLE, "", "the next place that has the words")        \
    X(ACT_SHADE, "shade", "a", IN_SAMPLE, "shade",                                                \
      "shade the text by the feature at hand, or by"                                              \
      " all of them together")                                                                    \
    X(ACT_UNFOLD, "unfold", "Space", IN_TREE, "unfold",                                           \
      "unfold or fold the feature's own parents or"                                               \
      " children")                                                                                \
    X(ACT_UNFOLD_LEVEL, "unfold-level", "*", IN_TREE, "level",                                    \
      "unfold all that hangs from here by one"                                                    \
      " more level")                                                                              \
    X(ACT_MOST, "top-k", "n", IN_TREE, "top",                                                     \
      "how many of each feature show: 5, 10, 20, 50, all")                                        \
    X(ACT_STRONGEST, "strongest", "x", IN_FEATURES | IN_CIRCUIT | IN_TRUST | IN_SAMPLE | IN_TREE, \
      "", "the sample where the feature is strongest; again, the next strongest")                 \
    X(ACT_PARENTS, "parents", "[",                                                                \
      IN_FEATURES | IN_CIRCUIT | IN_TRUST | IN_SAMPLE | IN_PICTURE | IN_TREE, "parents",          \
      "edges into the feature")                                                                   \
    X(ACT_CHILDREN, "children", "]",                                                              \
      IN_FEATURES | IN_CIRCUIT | IN_TRUST | IN_SAMPLE | IN_PICTURE | IN_TREE, "children",         \
      "edges out of the feature")                                                                 \
    X(ACT_FOLLOW_SOURCE, "follow-source", "o", IN_CIRCUIT, "",                                    \
      "follow the edge backwards: to the"                                                         \
      " source's edges")                                                                          \
    X(ACT_CARD, "card", "c",                                                                      \
      IN_CIRCUIT | IN_PATHS | IN_TRUST | IN_SAMPLE | IN_PICTURE | IN_TREE | IN_COMPARE, "card",   \
      "the feature's card, in its layer")                                                         \
    X(ACT_FILTER, "filter", "&", IN_FEATURES | IN_CIRCUIT, "filter",                              \
      "show only what passes, such as"                                                            \
      " density>0.1% in>3 label~word tag:word pin, or from.tag:word of an edge; an empty filter"  \
      " ends it")                                                                                 \
    X(ACT_PATH_BEGIN, "path-begin", "{",                                                          \
      IN_FEATURES | IN_CIRCUIT | IN_PATHS | IN_PICTURE | IN_TREE, "",                             \
      "paths begin at this feature (an edge's source); again: no longer")                         \
    X(ACT_PATH_END, "path-end", "}", IN_FEATURES | IN_CIRCUIT | IN_PATHS | IN_PICTURE | IN_TREE,  \
      "", "paths end at this feature (an edge's target); again: no longer")                       \
    X(ACT_PATH_FORGET, "forget-ends", "d Delete", IN_PATHS, "forget",                             \
      "forget where paths begin and end")                                                         \
    X(ACT_PATH_TARGET, "path-target", "t", IN_PATHS, "target",                                    \
      "paths lead to the next target variable, over"                                              \
      " its newest fit; after the last one to features again")                                    \
    X(ACT_PIN_PATH, "pin-path", "P", IN_PATHS, "pin",                                             \
      "pin or unpin the path: pinned ones stand first")                                           \
    X(ACT_PICTURE, "picture", "v", IN_CIRCUIT | IN_PATHS | IN_TREE, "picture",                    \
      "draw the circuit round the feature, or the listed paths, by layers")                       \
    X(ACT_WRITE, "write", "w", IN_PICTURE, "write",                                               \
      "write the picture beside the study, as SVG and as DOT")                                    \
    X(ACT_TREE, "tree", "b", IN_CIRCUIT | IN_TREE, "tree",                                        \
      "branches: a tree of the feature's parents or children; from there back to the list")       \
    X(ACT_RAISE, "raise-threshold",                                                               \
      "+ =", IN_CIRCUIT | IN_PATHS | IN_TRUST | IN_SAMPLE | IN_PICTURE | IN_TREE, "fewer",        \
      "raise the threshold: fewer edges; in a picture: fewer boxes")                              \
    X(ACT_LOWER, "lower-threshold", "-",                                                          \
      IN_CIRCUIT | IN_PATHS | IN_TRUST | IN_SAMPLE | IN_PICTURE | IN_TREE, "more",                \
      "lower the threshold: more edges; in a picture: more boxes")                                \
    X(ACT_MEASURE, "measure", "m", IN_CIRCUIT | IN_TREE | IN_COMPARE, "measure",                  \
      "rank by removal, weight or"                                                                \
      " standardised weight")                                                                     \
    X(ACT_PAIR_NEXT, "next-pair", "> .", IN_CIRCUIT, "pair", "only the next layer pair's edges")  \
    X(ACT_PAIR_PREVIOUS, "previous-pair", "< ,", IN_CIRCUIT, "", "only those of the pair before") \
    X(ACT_SIGN, "sign", "p", IN_CIRCUIT, "sign", "show positive edges, negative edges, or both")  \
    X(ACT_LAMBDA_LESS, "lower-lambda", "(", IN_CIRCUIT, "",                                       \
      "lower lambda for the feature whose parents"                                                \
      " these are: solved anew at once; Esc returns to the fit's own")                            \
    X(ACT_LAMBDA_MORE, "raise-lambda", ")", IN_CIRCUIT, "",                                       \
      "raise lambda for that feature: fewer parents")                                             \
    X(ACT_ALL_EDGES, "all-edges", "a", IN_CIRCUIT, "all",                                         \
      "the whole circuit, without any filter")                                                    \
    X(ACT_LABEL, "label", "e", IN_FEATURES | IN_CIRCUIT | IN_TRUST | IN_SAMPLE | IN_TREE, "",     \
      "your own label for the feature; an empty one shows the imported one again")                \
    X(ACT_TAG, "tag", "t", IN_FEATURES | IN_CIRCUIT | IN_TRUST | IN_SAMPLE | IN_TREE, "",         \
      "the feature's tags, words apart by blanks")                                                \
    X(ACT_PIN, "pin", "P", IN_FEATURES | IN_CIRCUIT | IN_TRUST | IN_SAMPLE | IN_TREE, "",         \
      "pin or unpin the feature")                                                                 \
    X(ACT_COPY, "copy", "y",                                                                      \
      IN_FEATURES | IN_CIRCUIT | IN_PATHS | IN_SAMPLE | IN_PICTURE | IN_TREE | IN_COMPARE, "",    \
      "copy the row, the path or the text, through the terminal")                                 \
    X(ACT_PANE, "pane", "Tab", IN_ALL, "", "to the next pane")                                    \
    X(ACT_ZOOM, "zoom", "z", IN_ALL, "", "give the pane the whole screen, and back")              \
    /* everywhere */                                                                              \
    X(ACT_BACK, "back", "q Esc Backspace", IN_ALL, "back",                                        \
      "back the way you came; q at the first"                                                     \
      " view leaves")                                                                             \
    X(ACT_JUMP_BACK, "jump-back", "H", IN_ALL, "",                                                \
      "back at once, whatever is searched or open here")                                          \
    X(ACT_JUMP_FORWARD, "jump-forward", "L", IN_ALL, "", "forward again the way you came back")   \
    X(ACT_MARK, "mark", "M", IN_ALL, "", "mark this place with a letter")                         \
    X(ACT_MARK_JUMP, "to-mark", "'", IN_ALL, "", "to the place marked with a letter")             \
    X(ACT_VIEW_STUDY, "study", "1", IN_ALL, "", "to the study")                                   \
    X(ACT_VIEW_FEATURES, "features", "2", IN_ALL, "", "to the features")                          \
    X(ACT_VIEW_FITS, "fits", "3", IN_ALL, "", "to the fits")                                      \
    X(ACT_VIEW_CIRCUIT, "circuit", "4", IN_ALL, "", "to the circuit")                             \
    X(ACT_VIEW_PATHS, "paths", "5", IN_ALL, "", "to the paths")                                   \
    X(ACT_VIEW_TRUST, "trust", "6", IN_ALL, "", "to what speaks for and against the fit")         \
    X(ACT_VIEW_SAMPLE, "sample", "7", IN_ALL, "", "to one sample and its text")                   \
    X(ACT_HELP, "help", "? F1", IN_ALL, "help", "every key of this view; / searches there")       \
    X(ACT_PALETTE, "palette", ":", IN_ALL, "",                                                    \
      "call an action by its name; Tab completes, Up"                                             \
      " brings back what was called before")                                                      \
    X(ACT_THEME, "theme", "T", IN_ALL, "", "the next theme; it is remembered")                    \
    X(ACT_MOUSE, "mouse", "F2", IN_ALL, "",                                                       \
      "the mouse on or off; it is remembered. A click moves the"                                  \
      " cursor, a double one is Enter, tabs, column heads and the key line answer too")           \
    X(ACT_REPAINT, "repaint", "^L", IN_ALL, "", "draw the whole screen anew")                     \
    X(ACT_SUSPEND, "suspend", "^Z", IN_ALL, "", "back to the shell; fg returns")                  \
    X(ACT_QUIT, "quit", "Q ^C", IN_ALL, "",                                                       \
      "leave at once; a running fit is cancelled and can be"                                      \
      " resumed")

typedef enum action_id {
    ACT_NONE,
#define ACTION_ENUM(id, name, keys, views, word, help) id,
    ACTION_LIST(ACTION_ENUM)
#undef ACTION_ENUM
        ACT_COUNT
} action_id;

typedef struct action {
    action_id id;
    const char *name, *keys;
    unsigned views;
    const char *word, *help;
} action;

/* A row of the table; id from 1 to ACT_COUNT - 1. */
const action *action_get(action_id id);

/* A pressed key: a Unicode code point, a control character (Ctrl-D is 4), or one of these. */
enum {
    KEY_NAMED = 1 << 22,
#define KEY_NAMES(X)                                                                              \
    X(PRESSED_ENTER, "Enter")                                                                     \
    X(PRESSED_ESC, "Esc")                                                                         \
    X(PRESSED_BACKSPACE, "Backspace")                                                             \
    X(PRESSED_TAB, "Tab")                                                                         \
    X(PRESSED_BACKTAB, "S-Tab")                                                                   \
    X(PRESSED_SPACE, "Space")                                                                     \
    X(PRESSED_UP, "Up")                                                                           \
    X(PRESSED_DOWN, "Down")                                                                       \
    X(PRESSED_LEFT, "Left")                                                                       \
    X(PRESSED_RIGHT, "Right")                                                                     \
    X(PRESSED_PAGE_UP, "PgUp")                                                                    \
    X(PRESSED_PAGE_DOWN, "PgDn")                                                                  \
    X(PRESSED_HOME, "Home")                                                                       \
    X(PRESSED_END, "End")                                                                         \
    X(PRESSED_DELETE, "Delete")                                                                   \
    X(PRESSED_F1, "F1")                                                                           \
    X(PRESSED_F2, "F2")                                                                           \
    X(PRESSED_MOUSE, "Mouse")                                                                     \
    X(PRESSED_RESIZE, "Resize")
#define KEY_ENUM(id, name) id,
    KEY_NAMES(KEY_ENUM)
#undef KEY_ENUM
        PRESSED_UNKNOWN
};

/* The key that a word of a keys column means; 0 when it means none. */
int key_parse(const char *word, size_t length);

/* What a key does in a view: ACT_NONE for nothing. */
action_id action_of_key(view_id view, int key);

/* First key of an action, as the key line shows it, into out (at least 12 bytes). */
void action_first_key(action_id id, char out[12]);

/* The action of this name that holds in the view, or ACT_NONE. */
action_id action_of_name(view_id view, const char *name);

#endif
