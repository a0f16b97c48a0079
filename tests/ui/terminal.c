#include "tests/ui/terminal_own.h"

#include "src/base/clock.h"
#include "src/base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <vterm.h>

/* What the keeper tells: the program's process id first, then each change of its state. */
typedef struct report {
    char what; /* 'p'rocess, 's'topped, 'e'nded */
    int value;
} report;

/* -- the keeper ---------------------------------------------------------------------------- */

static void tell(int pipe_end, char what, int value)
{
    report r = {what, value};
    ssize_t ignored = write(pipe_end, &r, sizeof r);
    (void)ignored;
}

/* Runs in the child that leads the session; never returns. */
static void keep(char *const argv[], char *const environment[], int reports, int orders)
{
    signal(SIGTTOU, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    pid_t program = fork();
    if (program < 0)
        _exit(127);
    if (program == 0) {
        setpgid(0, 0);
        tcsetpgrp(STDIN_FILENO, getpid());
        signal(SIGTTOU, SIG_DFL);
        signal(SIGHUP, SIG_DFL);
        execve(argv[0], argv, environment);
        _exit(127);
    }
    setpgid(program, program);
    tcsetpgrp(STDIN_FILENO, program);
    tell(reports, 'p', program);
    for (;;) {
        int how = 0;
        if (waitpid(program, &how, WUNTRACED) < 0) {
            if (errno == EINTR)
                continue;
            _exit(127);
        }
        if (!WIFSTOPPED(how)) {
            tell(reports, 'e', WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how));
            char nothing;
            ssize_t ignored =
                read(orders, &nothing, 1); /* hold the terminal until we are let go */
            (void)ignored;
            _exit(0);
        }
        tcsetpgrp(STDIN_FILENO, getpid());
        tell(reports, 's', WSTOPSIG(how));
        char order;
        if (read(orders, &order, 1) != 1)
            _exit(0);
        tcsetpgrp(STDIN_FILENO, program);
        kill(-program, SIGCONT);
    }
}

/* -- the emulator -------------------------------------------------------------------------- */

/* What the emulator says to the program: at once, or with the rest of a gesture. */
static void answer(const char *bytes, size_t length, void *user)
{
    terminal *t = user;
    if (t->gathering && t->gathered + length <= sizeof t->gesture) {
        memcpy(t->gesture + t->gathered, bytes, length);
        t->gathered += length;
        return;
    }
    while (length > 0 && t->master >= 0) {
        ssize_t sent = write(t->master, bytes, length);
        if (sent < 0 && errno == EAGAIN) {
            struct pollfd wait = {t->master, POLLOUT, 0};
            poll(&wait, 1, 1000);
            continue;
        }
        if (sent <= 0)
            return;
        bytes += sent;
        length -= (size_t)sent;
    }
}

static int property(VTermProp prop, VTermValue *value, void *user)
{
    terminal *t = user;
    if (prop == VTERM_PROP_ALTSCREEN)
        t->alternate = value->boolean;
    else if (prop == VTERM_PROP_MOUSE)
        t->mouse_told = value->number != VTERM_PROP_MOUSE_NONE;
    else if (prop == VTERM_PROP_TITLE || prop == VTERM_PROP_ICONNAME)
        t->harm = "it set the window's title";
    return 1;
}

/* Whether the cursor shows is read off the stream: libvterm restores that, too, with the cursor's
 * place (ESC 8, leaving the other screen), which no terminal does. */
static void watch_cursor(terminal *t, unsigned char byte)
{
    static const char wanted[] = "\x1b[?25";
    if (t->cursor_matched == sizeof wanted - 1 && (byte == 'h' || byte == 'l'))
        t->cursor_hidden = byte == 'l';
    if (t->cursor_matched < sizeof wanted - 1 && byte == (unsigned char)wanted[t->cursor_matched])
        t->cursor_matched++;
    else
        t->cursor_matched = byte == 0x1B;
}

/* Looks at each byte with the two before it: harmful sequences are at most three bytes long. */
static void watch(terminal *t, const unsigned char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char a = t->tail[1], b = t->tail[2], c = bytes[i];
        if (b == 0xC2 && c >= 0x80 && c < 0xA0)
            t->harm = "it sent a C1 control character";
        else if (a == 0xE2 && b == 0x80 && (c == 0x8E || c == 0x8F || (c >= 0xAA && c <= 0xAE)))
            t->harm = "it sent a bidirectional control";
        else if (a == 0xE2 && b == 0x81 && c >= 0xA6 && c <= 0xA9)
            t->harm = "it sent a bidirectional isolate";
        else if (a == 0x1B && b == ']' && c != '5' &&
                 c != '1') /* ours: 52 copies, 104 resets colours */
            t->harm = "it sent an operating system command";
        else if (b == 0x1B && (c == 'P' || c == 'X' || c == '^' || c == '_' || c == 'c'))
            t->harm = "it sent a device string or a reset";
        else if (c == 0x05 || c == 0x7F)
            t->harm = "it sent a stray control character";
        watch_cursor(t, c);
        t->tail[0] = a;
        t->tail[1] = b;
        t->tail[2] = c;
    }
}

terminal *terminal_start(char *const argv[], char *const environment[], int rows, int columns)
{
    int reports[2], orders[2];
    if (pipe2(reports, O_CLOEXEC) < 0)
        return NULL;
    if (pipe2(orders, O_CLOEXEC) < 0) {
        close(reports[0]);
        close(reports[1]);
        return NULL;
    }
    terminal *t = mem_zero(1, sizeof *t);
    struct winsize size = {(unsigned short)rows, (unsigned short)columns, 0, 0};
    t->rows = rows;
    t->columns = columns;
    t->keeper = forkpty(&t->master, NULL, NULL, &size);
    if (t->keeper == 0) {
        close(reports[0]);
        close(orders[1]);
        keep(argv, environment, reports[1], orders[0]);
    }
    close(reports[1]);
    close(orders[0]);
    t->reports = reports[0];
    t->orders = orders[1];
    if (t->keeper < 0) {
        close(t->reports);
        close(t->orders);
        free(t);
        return NULL;
    }
    tcgetattr(t->master, &t->before);
    fcntl(t->master, F_SETFL, O_NONBLOCK);
    fcntl(t->master, F_SETFD, FD_CLOEXEC);
    report first;
    if (read(t->reports, &first, sizeof first) == (ssize_t)sizeof first)
        t->program = first.value;

    static const VTermScreenCallbacks callbacks = {.settermprop = property};
    t->vt = vterm_new(rows, columns);
    vterm_set_utf8(t->vt, 1);
    vterm_output_set_callback(t->vt, answer, t);
    t->screen = vterm_obtain_screen(t->vt);
    vterm_screen_set_callbacks(t->screen, &callbacks, t);
    vterm_screen_enable_altscreen(t->screen, 1);
    vterm_screen_reset(t->screen, 1);
    return t;
}

void terminal_free(terminal *t)
{
    if (!t)
        return;
    if (t->state != TERMINAL_ENDED && t->program > 0)
        kill(t->program, SIGKILL);
    close(t->orders);
    kill(t->keeper, SIGKILL);
    waitpid(t->keeper, NULL, 0);
    close(t->reports);
    if (t->master >= 0)
        close(t->master);
    vterm_free(t->vt);
    free(t);
}

/* -- waiting ------------------------------------------------------------------------------- */

/* Feeds what comes within `seconds`; whether anything came. */
static bool feed(terminal *t, double seconds)
{
    struct pollfd from[2] = {{t->master, POLLIN, 0},
                             {t->state == TERMINAL_ENDED ? -1 : t->reports, POLLIN, 0}};
    if (poll(from, 2, (int)(seconds * 1000.0)) <= 0)
        return false;
    if (from[1].revents) {
        report r;
        if (read(t->reports, &r, sizeof r) == (ssize_t)sizeof r) {
            t->state = r.what == 's' ? TERMINAL_STOPPED : TERMINAL_ENDED;
            t->exit_status = r.value;
        } else {
            t->state = TERMINAL_ENDED;
            t->exit_status = 127;
        }
    }
    if (!(from[0].revents & (POLLIN | POLLHUP)))
        return from[1].revents != 0;
    unsigned char bytes[4096];
    ssize_t got = read(t->master, bytes, sizeof bytes);
    if (got <= 0)
        return from[1].revents != 0;
    t->bytes += (size_t)got;
    watch(t, bytes, (size_t)got);
    vterm_input_write(t->vt, (const char *)bytes, (size_t)got);
    vterm_screen_flush_damage(t->screen);
    return true;
}

bool terminal_settle(terminal *t, double quiet, double patience)
{
    double end = clock_seconds() + patience;
    while (clock_seconds() < end)
        if (!feed(t, quiet))
            return true;
    return false;
}

void terminal_wait_output(terminal *t, double patience)
{
    feed(t, patience);
}

void terminal_step(terminal *t)
{
    feed(t, 0.02);
}

/* -- what a person does -------------------------------------------------------------------- */

bool terminal_key(terminal *t, const char *name)
{
    static const struct {
        const char *name;
        VTermKey key;
    } keys[] = {
        {"Enter", VTERM_KEY_ENTER},
        {"Esc", VTERM_KEY_ESCAPE},
        {"Tab", VTERM_KEY_TAB},
        {"Up", VTERM_KEY_UP},
        {"Down", VTERM_KEY_DOWN},
        {"Left", VTERM_KEY_LEFT},
        {"Right", VTERM_KEY_RIGHT},
        {"Home", VTERM_KEY_HOME},
        {"End", VTERM_KEY_END},
        {"PgUp", VTERM_KEY_PAGEUP},
        {"PgDn", VTERM_KEY_PAGEDOWN},
        {"Del", VTERM_KEY_DEL},
        {"Backspace", VTERM_KEY_BACKSPACE},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(name, keys[i].name) == 0) {
            vterm_keyboard_key(t->vt, keys[i].key, VTERM_MOD_NONE);
            return true;
        }
    size_t length = strlen(name);
    if (strcmp(name, "BackTab") == 0)
        vterm_keyboard_key(t->vt, VTERM_KEY_TAB, VTERM_MOD_SHIFT);
    else if (strcmp(name, "Space") == 0)
        answer(" ", 1, t);
    else if (length == 3 && strncmp(name, "C-", 2) == 0)
        answer((char[]){(char)(name[2] & 0x1f)}, 1, t);
    else if (length >= 2 && name[0] == 'F' && name[1] >= '1' && name[1] <= '9')
        vterm_keyboard_key(t->vt, (VTermKey)VTERM_KEY_FUNCTION(atoi(name + 1)), VTERM_MOD_NONE);
    else if (length == 1 || (unsigned char)name[0] >= 0x80)
        answer(name, length, t);
    else
        return false;
    return true;
}

void terminal_type(terminal *t, const char *text)
{
    answer(text, strlen(text), t);
}

void terminal_mouse(terminal *t, int button, int times, int row, int column)
{
    if (!t->mouse_told)
        return;
    t->gathering = true;
    vterm_mouse_move(t->vt, row, column, VTERM_MOD_NONE);
    for (int i = 0; i < times; i++) {
        vterm_mouse_button(t->vt, button, true, VTERM_MOD_NONE);
        if (button < 4) /* a turn of the wheel has no end */
            vterm_mouse_button(t->vt, button, false, VTERM_MOD_NONE);
    }
    t->gathering = false;
    answer(t->gesture, t->gathered, t);
    t->gathered = 0;
}

void terminal_resize(terminal *t, int rows, int columns)
{
    struct winsize size = {(unsigned short)rows, (unsigned short)columns, 0, 0};
    t->rows = rows;
    t->columns = columns;
    vterm_set_size(t->vt, rows, columns);
    ioctl(t->master, TIOCSWINSZ, &size);
}

void terminal_signal(terminal *t, int number)
{
    if (t->program > 0 && t->state != TERMINAL_ENDED)
        kill(t->program, number);
}

void terminal_continue(terminal *t)
{
    t->state = TERMINAL_RUNS;
    ssize_t ignored = write(t->orders, "c", 1);
    (void)ignored;
}

void terminal_hang_up(terminal *t)
{
    close(t->master);
    t->master = -1;
    terminal_signal(t, SIGHUP); /* as a shell whose line dropped does */
}

terminal_state terminal_state_now(const terminal *t)
{
    return t->state;
}

int terminal_exit_status(const terminal *t)
{
    return t->exit_status;
}

size_t terminal_bytes(const terminal *t)
{
    return t->bytes;
}

void terminal_count_from_here(terminal *t)
{
    t->bytes = 0;
}

const char *terminal_harm(const terminal *t)
{
    return t->harm;
}

const char *terminal_left_behind(const terminal *t)
{
    struct termios now;
    if (t->alternate)
        return "the alternate screen is still shown";
    if (t->cursor_hidden)
        return "the cursor is still hidden";
    if (t->mouse_told)
        return "the terminal still tells of the mouse";
    if (t->master < 0 || tcgetattr(t->master, &now) < 0)
        return NULL;
    if (now.c_iflag != t->before.c_iflag || now.c_oflag != t->before.c_oflag ||
        now.c_cflag != t->before.c_cflag || now.c_lflag != t->before.c_lflag)
        return "the line's modes are not restored";
    return NULL;
}
