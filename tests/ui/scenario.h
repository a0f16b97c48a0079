/* A scenario: a script that drives the program's screen with keys and says what must be seen.
 *
 * One directive a line; words are parted by blanks, "..." keeps blanks (\" \\ \e as usual), #
 * starts a comment, $STUDY, $DIR and $PROGRAM stand for this scenario's own copy of a study, its
 * own folder and the program. Directives that look at the screen look again until it is as they
 * say, or until patience (20 s) ends: nothing waits for a fixed time, so a busy machine only makes
 * it slower.
 *
 *   study NAME               $STUDY is a fresh copy of the study that studies/NAME.script makes
 *   size COLUMNS ROWS        of the terminal; 80 24 unless said
 *   env NAME=VALUE           for what is started from here on; `env NAME` removes it
 *   start ARGUMENT...        the program, in the terminal
 *   keys KEY...              see terminal_key;  type TEXT types it
 *   click TEXT  double TEXT  wheel up|down TEXT     the mouse, where that text stands
 *   expect TEXT  absent TEXT  reverse TEXT  bold TEXT  coloured TEXT  marked TEXT  colourless
 *   golden NAME              the screen is as golden/NAME.txt (rewritten with --update)
 *   picture FILE             with --update, the screen as an SVG file
 *   mask REGEX               in goldens from here on, what matches is shown as ~
 *   bytes < N                sent by the program since the last keys
 *   resize COLUMNS ROWS      signal TERM|INT|TSTP|HUP|KILL      stopped      continue      hangup
 *   exit STATUS...           the program ends with one of these, and leaves the terminal as it was
 *   run STATUS ARGUMENT...   the program again, beside the screen, to its end;  said TEXT: in its
 * output settle                   the program writes nothing for a while: before bytes are counted
 *   pause SECONDS            only where the program itself tells by time: digits that may be a
 * count copy FROM TO  delete FILE  patience SECONDS
 */
#ifndef TESTS_UI_SCENARIO_H
#define TESTS_UI_SCENARIO_H

#include <stdbool.h>
#include <stdio.h>

typedef struct scenario_options {
    const char *program; /* the binary */
    const char *golden;  /* folder of saved screens */
    const char *studies; /* folder of finished studies: NAME.clw */
    const char *folder;  /* this scenario's own, existing and empty */
    const char *study;   /* what $STUDY is before any `study` directive */
    bool update;         /* rewrite saved screens */
} scenario_options;

/* Runs the script; says on `out` what went wrong and where. True: all as it says. */
bool scenario_run(const char *script, const scenario_options *options, FILE *out);

#endif
