/* Questions that are interrupted at any moment, as the screen interrupts those that nobody waits
 * for any more: each is answered, or says that it was interrupted, and none harms the next. */
#include "db/document.h"
#include "src/base/memory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { DOCUMENTS = 200, QUESTIONS = 20000 };

static atomic_bool done;

static void *interrupt_all_the_time(void *connection)
{
    while (!atomic_load(&done)) {
        db_interrupt(connection);
        for (volatile int i = 0; i < 300; i++)
            continue;
    }
    return NULL;
}

static status make_study(const char *path, error *err)
{
    db *d = NULL;
    status code = db_open(&d, path, DB_CREATE, err);
    if (code == STATUS_OK)
        code = db_begin(d, err);
    for (uint32_t i = 0; code == STATUS_OK && i < DOCUMENTS; i++)
        code = document_add(d, i, "name", NULL, "[\"a\", \"b\", \"c\"]", 3 * i, 3, err);
    if (code == STATUS_OK)
        code = db_commit(d, err);
    if (code == STATUS_OK)
        code = db_finish_bulk(d, err);
    db_close(d);
    return code;
}

int main(void)
{
    char folder[] = "/tmp/circuitlasso-interrupt-XXXXXX";
    if (!mkdtemp(folder))
        return 2;
    char *path = mem_format("%s/study.clw", folder);
    error err = {0};
    db *d = NULL;
    pthread_t thread;
    unsigned answered = 0, interrupted = 0, wrong = 0;
    if (make_study(path, &err) != STATUS_OK || db_open(&d, path, DB_READ, &err) != STATUS_OK ||
        pthread_create(&thread, NULL, interrupt_all_the_time, d) != 0) {
        printf("%s\n0 passed, 1 failed\n", err.message);
        return 1;
    }
    for (uint32_t i = 0; i < QUESTIONS; i++) {
        document doc = {0};
        status code = document_of_sample(d, i % (3 * DOCUMENTS), &doc, &err);
        if (code == STATUS_OK && doc.id == i % (3 * DOCUMENTS) / 3)
            answered++;
        else if (code == STATUS_INTERRUPTED)
            interrupted++;
        else if (wrong++ == 0)
            printf("question %u: %s\n", i, err.message);
        if (code == STATUS_OK)
            document_release(&doc);
    }
    atomic_store(&done, true);
    pthread_join(thread, NULL);
    db_close(d);
    unlink(path);
    rmdir(folder);
    free(path);
    printf("%u answered, %u interrupted, %u wrong\n", answered, interrupted, wrong);
    printf("%d passed, %d failed\n", wrong == 0, wrong != 0);
    return wrong != 0;
}
