#include "ui/term.h"

#include "src/base/memory.h"
#include "ui/action.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

static queue *wake;
static atomic_uint asked;
static bool started, mouse_told;
static SCREEN *terminal;
static WINDOW *keyboard; /* keys are read through a pad: reading from it never refreshes */
static int cursor_y = -1, cursor_x;
static int real_stderr = -1, caught_stderr = -1;
static struct termios saved_mode;
static struct sigaction saved_action[64];

/* Bytes that undo what curses did to the terminal, made while it is safe to make them. */
static char restore_bytes[256];
static size_t restore_length;

static const int fatal_signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};
static const int asking_signals[] = {SIGTERM, SIGHUP, SIGINT, SIGWINCH, SIGTSTP, SIGCONT};

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static void on_signal(int number)
{
    unsigned what = number == SIGWINCH  ? TERM_RESIZE
                    : number == SIGTSTP ? TERM_SUSPEND
                    : number == SIGCONT ? TERM_CONTINUE
                                        : TERM_LEAVE;
    atomic_fetch_or(&asked, what);
    queue_wake(wake);
}

/* Copies what was caught from standard error to where it should have gone. Calls only what a
 * signal handler may. */
static void replay_stderr(void)
{
    char bytes[4096];
    if (caught_stderr < 0)
        return;
    dup2(real_stderr, STDERR_FILENO);
    lseek(caught_stderr, 0, SEEK_SET);
    for (ssize_t n; (n = read(caught_stderr, bytes, sizeof bytes)) > 0;)
        if (write(STDERR_FILENO, bytes, (size_t)n) < 0)
            break;
    close(caught_stderr);
    close(real_stderr);
    caught_stderr = real_stderr = -1;
}

static void on_fatal(int number)
{
    ssize_t ignored = write(STDOUT_FILENO, restore_bytes, restore_length);
    (void)ignored;
    tcsetattr(STDIN_FILENO, TCSANOW, &saved_mode);
    replay_stderr();
    sigaction(number, &saved_action[number], NULL);
    raise(number);
}

static int keep_byte(int byte)
{
    if (restore_length < sizeof restore_bytes)
        restore_bytes[restore_length++] = (char)byte;
    return byte;
}

/* What makes the terminal tell of the mouse, or no more, as curses itself would say it. */
static void keep_mouse(long on)
{
    char *tell = tigetstr("XM");
    if (tell && tell != (char *)-1)
        tputs(tparm(tell, on), 1, keep_byte);
    else
        for (const char *byte = on ? "\033[?1000h" : "\033[?1000l"; *byte; byte++)
            keep_byte(*byte);
}

static void prepare_restore(void)
{
    static const char *const capabilities[] = {"rmcup", "sgr0", "op", "cnorm", "rmkx"};
    restore_length = 0;
    /* the last line first: a terminal without a second screen keeps what was drawn */
    char *down = tigetstr("cup");
    if (down && down != (char *)-1)
        tputs(tparm(down, (long)LINES - 1, 0L), 1, keep_byte);
    for (size_t i = 0; i < LENGTH(capabilities); i++) {
        char *text = tigetstr(capabilities[i]);
        if (text && text != (char *)-1)
            tputs(text, 1, keep_byte);
    }
    if (mouse_told)
        keep_mouse(0);
    keep_byte('\r');
    keep_byte('\n');
}

static void catch_signals(void)
{
    static char *stack;
    size_t size = 64 * 1024;
    if (!stack)
        stack = mem_alloc(size);
    sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = size}, NULL);
    struct sigaction asking = {.sa_handler = on_signal, .sa_flags = 0};
    struct sigaction fatal = {.sa_handler = on_fatal, .sa_flags = SA_ONSTACK};
    sigemptyset(&asking.sa_mask);
    sigemptyset(&fatal.sa_mask);
    for (size_t i = 0; i < LENGTH(asking_signals); i++)
        sigaction(asking_signals[i], &asking, &saved_action[asking_signals[i]]);
    for (size_t i = 0; i < LENGTH(fatal_signals); i++)
        sigaction(fatal_signals[i], &fatal, &saved_action[fatal_signals[i]]);
}

static void release_signals(void)
{
    for (size_t i = 0; i < LENGTH(asking_signals); i++)
        sigaction(asking_signals[i], &saved_action[asking_signals[i]], NULL);
    for (size_t i = 0; i < LENGTH(fatal_signals); i++)
        sigaction(fatal_signals[i], &saved_action[fatal_signals[i]], NULL);
    sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, NULL);
}

/* A warning from a library in the middle of the screen would stay there until the next repaint. */
static void catch_stderr(void)
{
    if (!isatty(STDERR_FILENO))
        return;
    caught_stderr = memfd_create("stderr", MFD_CLOEXEC);
    if (caught_stderr < 0)
        return;
    real_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (real_stderr < 0 || dup2(caught_stderr, STDERR_FILENO) < 0) {
        close(caught_stderr);
        caught_stderr = -1;
    }
}

static status check_terminal(error *err)
{
    const char *name = getenv("TERM");
    struct winsize size = {0};
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return error_set(err, STATUS_USAGE,
                         "the screen needs a terminal on standard input and "
                         "output; `circuitlasso help` lists commands that do "
                         "not");
    if (!name || !*name || strcmp(name, "dumb") == 0)
        return error_set(err, STATUS_USAGE,
                         "the terminal '%s' cannot move its cursor; set TERM "
                         "to what it is, for example xterm-256color",
                         name ? name : "");
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 &&
        (size.ws_col < TERM_LEAST_COLS || size.ws_row < TERM_LEAST_ROWS))
        return error_set(err, STATUS_USAGE,
                         "the terminal has %u columns and %u rows; the screen needs at least %d "
                         "and %d",
                         size.ws_col, size.ws_row, TERM_LEAST_COLS, TERM_LEAST_ROWS);
    return STATUS_OK;
}

status term_start(queue *news, error *err)
{
    status code = check_terminal(err);
    if (code != STATUS_OK)
        return code;
    wake = news;
    tcgetattr(STDIN_FILENO, &saved_mode);
    terminal = newterm(NULL, stdout, stdin);
    if (!terminal)
        return error_set(err, STATUS_USAGE,
                         "the terminal type '%s' is not known here; set TERM "
                         "to one that is, for example xterm-256color",
                         getenv("TERM"));
    set_term(terminal);
    char *cup = tigetstr("cup");
    if (!cup || cup == (char *)-1) {
        endwin();
        delscreen(terminal);
        return error_set(err, STATUS_USAGE, "the terminal '%s' cannot move its cursor",
                         getenv("TERM"));
    }
    raw();
    noecho();
    nonl();
    intrflush(NULL, FALSE);
    keyboard = newpad(1, 1);
    keypad(keyboard, TRUE);
    nodelay(keyboard, TRUE);
    if (!getenv("ESCDELAY"))
        set_escdelay(25);
    if (has_colors()) {
        start_color();
        use_default_colors();
    }
    curs_set(0);
    leaveok(stdscr, FALSE);
    prepare_restore();
    catch_signals();
    catch_stderr();
    mem_on_exhausted(term_stop);
    started = true;
    return STATUS_OK;
}

/* Out of curses. Some terminals (libvterm's, so Neovim's) take back the cursor's being hidden
 * with the first screen: it is shown once more there. */
static void leave_curses(void)
{
    char *show = tigetstr("cnorm");
    curs_set(1);
    endwin();
    tcsetattr(STDIN_FILENO, TCSANOW,
              &saved_mode); /* endwin gives up if waiting for output fails */
    if (show && show != (char *)-1) {
        putp(show);
        fflush(stdout);
    }
}

void term_stop(void)
{
    if (!started)
        return;
    started = false;
    mem_on_exhausted(NULL);
    release_signals();
    leave_curses();
    delwin(keyboard);
    delscreen(terminal);
    replay_stderr();
}

unsigned term_asked(void)
{
    return atomic_exchange(&asked, 0);
}

void term_suspend(void)
{
    struct sigaction stop = {.sa_handler = SIG_DFL};
    struct sigaction ours;
    sigemptyset(&stop.sa_mask);
    def_prog_mode();
    leave_curses();
    sigaction(SIGTSTP, &stop, &ours);
    kill(0, SIGTSTP); /* the whole group, as the terminal itself would */
    sigaction(SIGTSTP, &ours, NULL);
    reset_prog_mode();
    term_resize();
}

void term_resize(void)
{
    struct winsize size = {0};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0)
        resizeterm(size.ws_row, size.ws_col);
    /* the terminal may have been smaller in between, and have lost what did not fit */
    term_repaint();
}

bool term_mouse(bool on)
{
    /* presses are enough, and curses need not wait for what might make them clicks */
    mmask_t wanted = on ? BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0;
    mouseinterval(0);
    mmask_t got = mousemask(wanted, NULL);
    mouse_told = got != 0;
    prepare_restore();
    return !on || mouse_told;
}

bool term_mouse_event(mouse_event *out)
{
    MEVENT event;
    if (getmouse(&event) != OK)
        return false;
    out->y = event.y;
    out->x = event.x;
    out->what = event.bstate & BUTTON4_PRESSED   ? MOUSE_WHEEL_UP
                : event.bstate & BUTTON5_PRESSED ? MOUSE_WHEEL_DOWN
                                                 : MOUSE_CLICK;
    return (event.bstate & (BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED)) != 0;
}

void term_repaint(void)
{
    clearok(curscr, TRUE);
}

void term_cursor(int y, int x)
{
    cursor_y = y;
    cursor_x = x;
}

void term_frame(void)
{
    if (cursor_y >= 0)
        move(cursor_y, cursor_x);
    wnoutrefresh(stdscr);
    doupdate();
    curs_set(cursor_y >= 0); /* writes only when it changes */
    cursor_y = -1;
}

/* After an escape: a key that terminfo does not know would come as a row of plain characters, each
 * of them an action. True: there was such a sequence, and it is gone. */
static bool swallow_sequence(void)
{
    wint_t code = 0;
    int kind = wget_wch(keyboard, &code);
    if (kind == ERR)
        return false;
    if (kind == KEY_CODE_YES) {
        ungetch((int)code);
        return false;
    }
    if (code != '[' && code != 'O') {
        unget_wch((wchar_t)code);
        return false;
    }
    wtimeout(keyboard, 25); /* its last bytes may still be on their way */
    bool first = code == '[';
    while (wget_wch(keyboard, &code) == OK && (code < 0x40 || code > 0x7e))
        first = false;
    for (int i = 0; first && code == 'M' && i < 3; i++) /* a mouse of the oldest kind, unasked */
        wget_wch(keyboard, &code);
    nodelay(keyboard, TRUE);
    return true;
}

int term_key(void)
{
    static const struct {
        int code, key;
    } named[] = {
        {KEY_ENTER, PRESSED_ENTER},     {KEY_BACKSPACE, PRESSED_BACKSPACE},
        {KEY_BTAB, PRESSED_BACKTAB},    {KEY_UP, PRESSED_UP},
        {KEY_DOWN, PRESSED_DOWN},       {KEY_LEFT, PRESSED_LEFT},
        {KEY_RIGHT, PRESSED_RIGHT},     {KEY_PPAGE, PRESSED_PAGE_UP},
        {KEY_NPAGE, PRESSED_PAGE_DOWN}, {KEY_HOME, PRESSED_HOME},
        {KEY_END, PRESSED_END},         {KEY_DC, PRESSED_DELETE},
        {KEY_F(1), PRESSED_F1},         {KEY_RESIZE, PRESSED_RESIZE},
        {KEY_F(2), PRESSED_F2},         {KEY_MOUSE, PRESSED_MOUSE},
    };
    wint_t code = 0;
    int kind = wget_wch(keyboard, &code);
    if (kind == ERR)
        return 0;
    if (kind == KEY_CODE_YES) {
        for (size_t i = 0; i < LENGTH(named); i++)
            if (named[i].code == (int)code)
                return named[i].key;
        return PRESSED_UNKNOWN;
    }
    switch (code) {
    case '\r':
    case '\n': return PRESSED_ENTER;
    case '\t': return PRESSED_TAB;
    case 0x1b: return swallow_sequence() ? PRESSED_UNKNOWN : PRESSED_ESC;
    case 0x7f:
    case 0x08: return PRESSED_BACKSPACE;
    case ' ': return PRESSED_SPACE;
    case 0: return PRESSED_UNKNOWN;
    default: return (int)code;
    }
}
