#include "src/formats/stream.h"

#include "src/base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <zip.h>

void stream_of_file(stream *s, int fd, uint64_t offset, uint64_t bytes, const char *name)
{
    *s = (stream){.name = mem_copy_text(name), .left = bytes, .fd = fd, .offset = offset};
}

void stream_of_entry(stream *s, struct zip_file *entry, uint64_t bytes, const char *name)
{
    *s = (stream){.name = mem_copy_text(name), .left = bytes, .fd = -1, .entry = entry};
}

void stream_close(stream *s)
{
    if (s->entry)
        zip_fclose(s->entry);
    free(s->name);
    *s = (stream){.fd = -1};
}

static status read_file(stream *s, char *out, size_t n, error *err)
{
    for (size_t done = 0; done < n;) {
        ssize_t got = pread(s->fd, out + done, n - done, (off_t)s->offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_errno(err, "cannot read %s", s->name);
        if (got == 0)
            return error_set(err, STATUS_INPUT, "%s: ends %zu bytes early", s->name, n - done);
        done += (size_t)got;
        s->offset += (uint64_t)got;
    }
    return STATUS_OK;
}

static status read_entry(stream *s, char *out, size_t n, error *err)
{
    for (size_t done = 0; done < n;) {
        zip_int64_t got = zip_fread(s->entry, out + done, n - done);
        if (got < 0)
            return error_set(err, STATUS_INPUT, "%s: damaged: %s", s->name,
                             zip_file_strerror(s->entry));
        if (got == 0)
            return error_set(err, STATUS_INPUT, "%s: ends %zu bytes early", s->name, n - done);
        done += (size_t)got;
    }
    if (s->left > n)
        return STATUS_OK;
    char beyond; /* libzip compares the checksum when it meets the end */
    zip_int64_t got = zip_fread(s->entry, &beyond, 1);
    if (got < 0)
        return error_set(err, STATUS_INPUT, "%s: damaged: %s", s->name,
                         zip_file_strerror(s->entry));
    if (got > 0)
        return error_set(err, STATUS_INPUT, "%s: longer than its archive says", s->name);
    return STATUS_OK;
}

status stream_read(stream *s, void *out, size_t n, error *err)
{
    if (n > s->left)
        return error_set(err, STATUS_INPUT, "%s: ends %zu bytes early", s->name,
                         n - (size_t)s->left);
    status code = s->entry ? read_entry(s, out, n, err) : read_file(s, out, n, err);
    if (code == STATUS_OK)
        s->left -= n;
    return code;
}
