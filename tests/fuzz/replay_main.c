/* SPDX-License-Identifier: EUPL-1.2 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/core.h"

/* Runs a fuzz target over the files and folders named on the command line, once each: the corpus
 * and old crashes under ctest, without libFuzzer. */

#define FILE_MAX ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
    sk_buf bytes = {0};
    sk_error err = {0};
    uint8_t *copy = NULL;

    if (sk_file_read(path, FILE_MAX, &bytes, &err) != SK_OK) {
        fprintf(stderr, "%s: %s\n", path, err.message);
        return 0;
    }
    /* In a block of exactly its size, so that a sanitizer sees the first byte too far. */
    if ((copy = malloc(bytes.size ? bytes.size : 1)) != NULL) {
        memcpy(copy, sk_buf_view(&bytes).data, bytes.size);
        LLVMFuzzerTestOneInput(copy, bytes.size);
    }
    free(copy);
    sk_buf_done(&bytes);
    return 1;
}

static int replay_folder(const char *path)
{
    DIR *folder = opendir(path);
    char inner[4096];
    int count = 0;

    if (!folder)
        return 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
        count += replay_file(inner);
    }
    closedir(folder);
    return count;
}

int main(int argc, char **argv)
{
    int count = 0;

    for (int i = 1; i < argc; i++) {
        struct stat info;
        int ran = 0;

        if (stat(argv[i], &info) == 0)
            ran = S_ISDIR(info.st_mode) ? replay_folder(argv[i]) : replay_file(argv[i]);
        if (ran == 0) {
            fprintf(stderr, "%s: nothing to replay\n", argv[i]);
            return EXIT_FAILURE;
        }
        count += ran;
    }
    printf("%d inputs replayed\n", count);
    return EXIT_SUCCESS;
}
