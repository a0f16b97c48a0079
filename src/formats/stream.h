/* Bytes in order, from a stretch of a file or from one entry of a zip archive. */
#ifndef FORMATS_STREAM_H
#define FORMATS_STREAM_H

#include "src/base/error.h"

#include <stddef.h>
#include <stdint.h>

struct zip_file;

typedef struct stream {
    char *name;             /* how messages call it, quotes included; owned */
    uint64_t left;          /* bytes still to come */
    int fd;                 /* a file, borrowed; -1: an entry */
    uint64_t offset;        /* in the file */
    struct zip_file *entry; /* owned */
} stream;

/* `bytes` bytes of the file behind fd, from `offset`. Reading does not move fd's own position. */
void stream_of_file(stream *s, int fd, uint64_t offset, uint64_t bytes, const char *name);
/* An open entry that unpacks to `bytes` bytes; closed with the stream. */
void stream_of_entry(stream *s, struct zip_file *entry, uint64_t bytes, const char *name);
void stream_close(stream *s); /* a zeroed stream is fine */

/* Reads exactly n bytes (n <= s->left); an entry's checksum is verified with its last byte. */
status stream_read(stream *s, void *out, size_t n, error *err);

#endif
