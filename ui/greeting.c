/* Three lines for whoever opens the screen for the first time. */
#include "src/base/xdg.h"
#include "ui/screen.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* A file says that they were shown. Where it cannot be made they would come every time: better
 * never. */
bool greeting_due(void)
{
    char *path = NULL;
    if (xdg_state("greeted", &path, NULL) != STATUS_OK)
        return false;
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    free(path);
    if (file < 0)
        return false;
    close(file);
    return true;
}

void greeting_draw(region body)
{
    static const char *const line[3][6] = {
        {"j k", "move", "Enter", "opens", "Esc", "back"},
        {"1-7", "views", "/", "finds", "f", "fits layers"},
        {"?", "all keys", ":", "actions by name", "", ""},
    };
    enum { WIDTH = 38, HEIGHT = 5 };
    region box = region_part(body, body.rows - HEIGHT, body.cols - WIDTH - 1, HEIGHT, WIDTH);
    for (int row = 0; row < box.rows; row++)
        draw_ground(box, row, 0, box.cols, ROLE_TEXT);
    region inner = draw_frame(box, ROLE_BORDER, "welcome");
    for (int row = 0; row < 3; row++)
        for (int i = 0, at = 1; i < 6; i += 2) {
            at += draw_text(inner, row, at, inner.cols - at, ROLE_KEY, line[row][i]) + 1;
            at += draw_text(inner, row, at, inner.cols - at, ROLE_TEXT, line[row][i + 1]) + 2;
        }
}
