#include "src/formats/npz.h"

#include "src/base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

enum { ENTRY_CAP = 10000, RATIO_CAP = 1000, SMALL_BYTES = 1 << 20 };

struct npz {
    zip_t *archive;
    char *name;
};

/* Adds up what the entries say they unpack to. */
static status check_sizes(const npz *z, uint64_t file_bytes, error *err)
{
    zip_int64_t count = zip_get_num_entries(z->archive, 0);
    if (count > ENTRY_CAP)
        return error_set(err, STATUS_INPUT, "'%s': %lld entries, expected at most %d", z->name,
                         (long long)count, ENTRY_CAP);
    uint64_t total = 0;
    bool overflow = false;
    for (zip_int64_t i = 0; i < count; i++) {
        zip_stat_t facts;
        if (zip_stat_index(z->archive, (zip_uint64_t)i, 0, &facts) != 0 ||
            !(facts.valid & ZIP_STAT_SIZE))
            return error_set(err, STATUS_INPUT, "'%s': entry %lld has no size", z->name,
                             (long long)i);
        overflow = overflow || __builtin_add_overflow(total, facts.size, &total);
    }
    if (overflow || (total > SMALL_BYTES && total / RATIO_CAP > file_bytes))
        return error_set(err, STATUS_INPUT,
                         "'%s': %llu bytes would unpack to more than %d times as many; "
                         "refused as a decompression bomb",
                         z->name, (unsigned long long)file_bytes, RATIO_CAP);
    return STATUS_OK;
}

status npz_open(npz **out, int fd, const char *name, error *err)
{
    *out = NULL;
    struct stat facts;
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0); /* libzip closes what it is given */
    if (own < 0 || fstat(own, &facts) != 0) {
        status code = error_errno(err, "cannot open '%s'", name);
        if (own >= 0)
            close(own);
        return code;
    }
    lseek(own, 0, SEEK_SET);
    int number = 0;
    zip_t *archive = zip_fdopen(own, ZIP_CHECKCONS, &number);
    if (!archive) {
        close(own);
        zip_error_t reason;
        zip_error_init_with_code(&reason, number);
        status code = error_set(err, number == ZIP_ER_MEMORY ? STATUS_MACHINE : STATUS_INPUT,
                                "'%s': not a sound .npz archive: %s", name,
                                zip_error_strerror(&reason));
        zip_error_fini(&reason);
        return code;
    }
    npz *z = mem_alloc(sizeof *z);
    *z = (npz){archive, mem_copy_text(name)};
    status code = check_sizes(z, (uint64_t)facts.st_size, err);
    if (code != STATUS_OK) {
        npz_close(z);
        return code;
    }
    *out = z;
    return STATUS_OK;
}

void npz_close(npz *z)
{
    if (!z)
        return;
    zip_discard(z->archive);
    free(z->name);
    free(z);
}

static zip_int64_t locate(const npz *z, const char *name)
{
    char *file = mem_format("%s.npy", name);
    zip_int64_t index = zip_name_locate(z->archive, file, 0);
    free(file);
    return index;
}

bool npz_has(const npz *z, const char *name)
{
    return locate(z, name) >= 0;
}

uint32_t npz_count(const npz *z)
{
    return (uint32_t)zip_get_num_entries(z->archive, 0);
}

char *npz_entry_name(const npz *z, uint32_t i)
{
    const char *name = zip_get_name(z->archive, i, 0);
    size_t length = name ? strlen(name) : 0;
    if (length < 4 || strcmp(name + length - 4, ".npy") != 0)
        return NULL;
    return mem_format("%.*s", (int)(length - 4), name);
}

status npz_array(npz *z, const char *name, array *out, error *err)
{
    *out = (array){.in = {.fd = -1}};
    zip_int64_t index = locate(z, name);
    if (index < 0)
        return error_set(err, STATUS_INPUT, "'%s': no entry '%s.npy'", z->name, name);
    zip_stat_t facts;
    if (zip_stat_index(z->archive, (zip_uint64_t)index, 0, &facts) != 0 ||
        !(facts.valid & ZIP_STAT_COMP_METHOD) ||
        (facts.comp_method != ZIP_CM_STORE && facts.comp_method != ZIP_CM_DEFLATE))
        return error_set(err, STATUS_INPUT, "'%s': entry '%s.npy' is neither stored nor deflated",
                         z->name, name);
    if (facts.valid & ZIP_STAT_ENCRYPTION_METHOD && facts.encryption_method != ZIP_EM_NONE)
        return error_set(err, STATUS_INPUT, "'%s': entry '%s.npy' is encrypted", z->name, name);
    zip_file_t *entry = zip_fopen_index(z->archive, (zip_uint64_t)index, 0);
    if (!entry)
        return error_set(err, STATUS_INPUT, "'%s': entry '%s.npy': %s", z->name, name,
                         zip_strerror(z->archive));
    stream in;
    char *label = mem_format("'%s': entry '%s.npy'", z->name, name);
    stream_of_entry(&in, entry, facts.size, label);
    free(label);
    return array_open_npy(out, &in, err);
}
