// Stands between the server and the system, for tests: a disk that fails, a power cut, a clock that is set.
//
// FAIL_FILE    while this file is there, fsync and fdatasync fail with EIO and synchronise nothing.
// CUT_FILE     once this file is there, the power is cut at the next write or synchronisation: of what was written since each
//              file's last synchronisation any part of 512 bytes may have reached the disk or not, then the process is gone.
// CUT_SEED     a number that decides which parts.
// CLOCK_FILE   holds a number of seconds that is added to the time of day.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SECTOR 512
#define SECTORS (1 << 21)
#define FILES 8

struct write {
    struct write *older;
    int file;
    off64_t at;
    size_t count;
    size_t had; // How many of the old bytes there were.
    char old[];
};

struct file {
    ino_t inode;
    int open; // A descriptor of our own, for the cut.
    unsigned char kept[SECTORS / 8];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct file files[FILES];
static int known;
static struct write *newest;

static int there(const char *variable) {
    const char *name = getenv(variable);
    return name && access(name, F_OK) == 0;
}

// The number of a database file, or -1 for any other.
static int database(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return -1;
    path[length] = 0;
    if (!strstr(path, "usher.sqlite3") || strstr(path, "-shm")) return -1;
    struct stat status;
    if (fstat(fd, &status) != 0) return -1;
    for (int i = 0; i < known; i++)
        if (files[i].inode == status.st_ino) return i;
    if (known == FILES) return -1;
    files[known].inode = status.st_ino;
    files[known].open = open(path, O_RDWR | O_CLOEXEC);
    return known++;
}

static ssize_t write_at(int fd, const void *bytes, size_t count, off64_t at) {
    static ssize_t (*real)(int, const void *, size_t, off64_t);
    if (!real) real = (ssize_t (*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64");
    return real(fd, bytes, count, at);
}

static void cut(void) {
    unsigned seed = (unsigned)atoi(getenv("CUT_SEED") ? getenv("CUT_SEED") : "1");
    for (struct write *one = newest; one; one = one->older) {
        struct file *file = &files[one->file];
        for (size_t from = 0; from < one->count;) {
            uint64_t sector = (uint64_t)(one->at + (off64_t)from) / SECTOR % SECTORS;
            size_t to = from + SECTOR - (size_t)((one->at + (off64_t)from) % SECTOR);
            if (to > one->count) to = one->count;
            unsigned char bit = (unsigned char)(1 << (sector & 7));
            // What a later write of a part left on the disk hides all earlier ones.
            int kept = file->kept[sector >> 3] & bit;
            if (!kept && (rand_r(&seed) & 1)) {
                file->kept[sector >> 3] |= bit;
                kept = 1;
            }
            if (!kept) {
                char old[SECTOR] = {0};
                if (from < one->had) memcpy(old, one->old + from, (to < one->had ? to : one->had) - from);
                write_at(file->open, old, to - from, one->at + (off64_t)from);
            }
            from = to;
        }
    }
    _exit(137);
}

static ssize_t noted_write(int fd, const void *bytes, size_t count, off64_t at) {
    if (!getenv("CUT_FILE")) return write_at(fd, bytes, count, at);
    pthread_mutex_lock(&lock);
    int file = database(fd);
    if (file >= 0) {
        if (there("CUT_FILE")) cut();
        struct write *one = malloc(sizeof *one + count);
        if (one) {
            ssize_t had = pread64(fd, one->old, count, at);
            *one = (struct write){newest, file, at, count, had > 0 ? (size_t)had : 0};
            newest = one;
        }
    }
    ssize_t wrote = write_at(fd, bytes, count, at);
    pthread_mutex_unlock(&lock);
    return wrote;
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) { return noted_write(fd, bytes, count, at); }
ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) { return noted_write(fd, bytes, count, at); }

static int synchronised(int fd, const char *name) {
    if (there("FAIL_FILE")) {
        errno = EIO;
        return -1;
    }
    if (!getenv("CUT_FILE")) return ((int (*)(int))dlsym(RTLD_NEXT, name))(fd);
    pthread_mutex_lock(&lock);
    int file = database(fd);
    if (file >= 0) {
        if (there("CUT_FILE")) cut();
        // What this process has written is in the system's hands, which outlive it: that stands for the disk.
        for (struct write **place = &newest; *place;) {
            struct write *one = *place;
            if (one->file == file) {
                *place = one->older;
                free(one);
            } else {
                place = &one->older;
            }
        }
    }
    pthread_mutex_unlock(&lock);
    return 0;
}

int fsync(int fd) { return synchronised(fd, "fsync"); }
int fdatasync(int fd) { return synchronised(fd, "fdatasync"); }

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int done = real(clock, now);
    const char *name = getenv("CLOCK_FILE");
    if (clock != CLOCK_REALTIME || !name) return done;
    FILE *file = fopen(name, "r");
    long long seconds = 0;
    if (file) {
        if (fscanf(file, "%lld", &seconds) != 1) seconds = 0;
        fclose(file);
    }
    now->tv_sec += seconds;
    return done;
}
