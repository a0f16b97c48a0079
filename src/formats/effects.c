#include "src/formats/effects.h"

#include "src/base/memory.h"
#include "src/formats/effects_npz.h"
#include "src/formats/lines.h"
#include "src/formats/stream.h"
#include "src/formats/table_line.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char heading[] = "source\ttarget\teffect\tn_active";

struct effects {
    lines *source;        /* a table, */
    effects_npz *archive; /* or an archive behind fd */
    int fd;
    uint32_t source_features, target_features;
};

static status read_heading(effects *e, error *err)
{
    char *line;
    size_t length;
    status code = lines_next(e->source, &line, &length, err);
    if (code == STATUS_OK && (!line || strcmp(line, heading) != 0))
        code = lines_error(e->source, err,
                           "expected the heading 'source target effect n_active', "
                           "separated by tabs");
    return code;
}

static status begins_as_archive(int fd, uint64_t bytes, const char *file, bool *yes, error *err)
{
    static const char magic[2] = {'P', 'K'};
    char begin[sizeof magic] = {0};
    char *label = mem_format("'%s'", file);
    stream in;
    stream_of_file(&in, fd, 0, bytes, label);
    status code = bytes < sizeof begin ? STATUS_OK : stream_read(&in, begin, sizeof begin, err);
    *yes = memcmp(begin, magic, sizeof magic) == 0;
    stream_close(&in);
    free(label);
    return code;
}

static status open_table(effects *e, const folder *f, const char *file, error *err)
{
    status code = lines_open(&e->source, f, file, err);
    return code == STATUS_OK ? read_heading(e, err) : code;
}

status effects_open(effects **out, const folder *f, const char *file, uint32_t source_features,
                    uint32_t target_features, error *err)
{
    effects *e = mem_zero(1, sizeof *e);
    uint64_t bytes = 0;
    bool archive = false;
    e->fd = -1;
    e->source_features = source_features;
    e->target_features = target_features;
    status code = folder_open_file(f, file, &e->fd, &bytes, err);
    if (code == STATUS_OK)
        code = begins_as_archive(e->fd, bytes, file, &archive, err);
    if (code == STATUS_OK)
        code = archive ? effects_npz_open(&e->archive, e->fd, file, source_features,
                                          target_features, err)
                       : open_table(e, f, file, err);
    if (code != STATUS_OK) {
        effects_close(e);
        e = NULL;
    }
    *out = e;
    return code;
}

void effects_close(effects *e)
{
    if (!e)
        return;
    lines_close(e->source);
    effects_npz_close(e->archive);
    if (e->fd >= 0)
        close(e->fd);
    free(e);
}

double effects_fraction(const effects *e)
{
    return e->archive ? effects_npz_fraction(e->archive) : lines_fraction(e->source);
}

static status read_whole(const effects *e, const char *what, const char *text, uint32_t below,
                         uint32_t *out, error *err)
{
    uint64_t number;
    if (!table_line_number(text, &number) || number >= below)
        return lines_error(e->source, err, "%s '%s', expected a number from 0 to %u", what, text,
                           below - 1);
    *out = (uint32_t)number;
    return STATUS_OK;
}

static status next_line(effects *e, effect_line *out, bool *more, error *err)
{
    char *line;
    size_t length;
    status code;
    *more = false;
    do {
        code = lines_next(e->source, &line, &length, err);
        if (code != STATUS_OK || !line)
            return code;
    } while (length == 0);
    char *field[4];
    size_t count = table_line_split(line, '\t', field, 4);
    if (count != 4)
        return lines_error(e->source, err, "%zu fields, expected 4 separated by tabs", count);
    code = read_whole(e, "source feature", field[0], e->source_features, &out->source, err);
    if (code == STATUS_OK)
        code = read_whole(e, "target feature", field[1], e->target_features, &out->target, err);
    if (code == STATUS_OK)
        code = read_whole(e, "n_active", field[3], UINT32_MAX, &out->active, err);
    if (code == STATUS_OK && !table_line_real(field[2], &out->effect))
        code = lines_error(e->source, err, "effect '%s', expected a finite number", field[2]);
    *more = code == STATUS_OK;
    return code;
}

status effects_next(effects *e, effect_line *out, bool *more, error *err)
{
    return e->archive ? effects_npz_next(e->archive, out, more, err)
                      : next_line(e, out, more, err);
}
