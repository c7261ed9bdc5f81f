/* Preloaded into a process: fails its n-th call on files below a folder, or records what the calls wrote.
 *
 * disk_watch() names the folder, disk_fail_at() the call that fails, disk_record() the file of the record. A record is
 * a line of text, for a write followed by its bytes: kind, number of the file, offset, length, path.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES 4096

static char watched[PATH_MAX];
static char paths[FILES][PATH_MAX];
static long calls, fail_at, fail_for;
static int fail_errno, record = -1;
static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

void disk_watch(const char *folder) { snprintf(watched, sizeof watched, "%s", folder); }
void disk_fail_at(long call, long count, int error) { calls = 0; fail_at = call; fail_for = count; fail_errno = error; }
long disk_calls(void) { return calls; }
void disk_record(const char *path) {
    record = path[0] ? REAL(open)(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
}

static void put(const void *data, size_t size) {
    const char *at = data;
    while (size > 0) {
        ssize_t done = REAL(write)(record, at, size);
        if (done <= 0) abort();
        at += done;
        size -= done;
    }
}

static void note(const char *kind, long offset, const void *data, size_t size, const char *path) {
    char line[2 * PATH_MAX + 80];
    if (record < 0) return;
    pthread_mutex_lock(&lock);
    put(line, snprintf(line, sizeof line, "%s\t%ld\t%zu\t%s\n", kind, offset, size, path));
    if (data) put(data, size);
    pthread_mutex_unlock(&lock);
}

void disk_mark(const char *text) { note("mark", 0, NULL, 0, text); }

static int is_below(const char *path) {
    size_t length = strlen(watched);
    return length && !strncmp(path, watched, length) && (path[length] == '/' || !path[length]);
}

static const char *path_of(int fd) { return fd >= 0 && fd < FILES && paths[fd][0] ? paths[fd] : NULL; }

/* The path of a name, absolute; NULL if it is not below the folder. */
static const char *absolute(int folder, const char *name, char *space) {
    if (!watched[0] || !name) return NULL;
    if (name[0] == '/') snprintf(space, PATH_MAX, "%s", name);
    else if (folder == AT_FDCWD) {
        char here[PATH_MAX];
        if (!getcwd(here, sizeof here)) return NULL;
        if (strlen(here) + strlen(name) + 2 > PATH_MAX) return NULL;
        strcpy(space, here); strcat(space, "/"); strcat(space, name);
    } else {
        const char *above = path_of(folder);
        if (!above || strlen(above) + strlen(name) + 2 > PATH_MAX) return NULL;
        strcpy(space, above); strcat(space, "/"); strcat(space, name);
    }
    return is_below(space) ? space : NULL;
}

/* Count a call on a file; nonzero if it is to fail. */
static int fails(const char *path) {
    int now;
    if (!path) return 0;
    pthread_mutex_lock(&lock);
    calls++;
    now = fail_at && calls >= fail_at && calls < fail_at + fail_for;
    pthread_mutex_unlock(&lock);
    if (now) errno = fail_errno;
    return now;
}

static int opened(int fd, int flags, const char *path, int existed) {
    if (fd < 0 || fd >= FILES) return fd;
    snprintf(paths[fd], PATH_MAX, "%s", path ? path : "");
    if (path && (flags & O_CREAT) && !existed) note("create", 0, NULL, 0, path);
    if (path && (flags & O_TRUNC) && existed) note("truncate", 0, NULL, 0, path);
    return fd;
}

static int do_open(int folder, const char *name, int flags, mode_t mode) {
    char space[PATH_MAX];
    const char *path = absolute(folder, name, space);
    int existed = path ? !access(path, F_OK) : 1;
    if (fails(path)) return -1;
    return opened(REAL(openat)(folder, name, flags, mode), flags, path, existed);
}

#define MODE(last, mode) \
    mode_t mode = 0; \
    if (last & (O_CREAT | __O_TMPFILE)) { va_list rest; va_start(rest, last); mode = va_arg(rest, int); va_end(rest); }

int open(const char *name, int flags, ...) { MODE(flags, mode) return do_open(AT_FDCWD, name, flags, mode); }
int open64(const char *name, int flags, ...) { MODE(flags, mode) return do_open(AT_FDCWD, name, flags, mode); }
int openat(int folder, const char *name, int flags, ...) { MODE(flags, mode)
    /* the real openat is found by REAL(openat) in do_open */
    return do_open(folder, name, flags, mode); }
int openat64(int folder, const char *name, int flags, ...) { MODE(flags, mode) return do_open(folder, name, flags, mode); }

int close(int fd) {
    if (fd >= 0 && fd < FILES) paths[fd][0] = 0;
    return REAL(close)(fd);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) {
    const char *path = path_of(fd);
    ssize_t done;
    if (fails(path)) return -1;
    done = REAL(pwrite)(fd, data, size, offset);
    if (path && done > 0) note("write", offset, data, done, path);
    return done;
}
ssize_t pwrite64(int fd, const void *data, size_t size, off_t offset) { return pwrite(fd, data, size, offset); }

ssize_t write(int fd, const void *data, size_t size) {
    const char *path = path_of(fd);
    off_t offset;
    ssize_t done;
    if (fails(path)) return -1;
    done = REAL(write)(fd, data, size);
    if (path && done > 0 && record >= 0) {
        offset = lseek(fd, 0, SEEK_CUR);
        note("write", offset - done, data, done, path);
    }
    return done;
}

ssize_t read(int fd, void *data, size_t size) { return fails(path_of(fd)) ? -1 : REAL(read)(fd, data, size); }
ssize_t pread(int fd, void *data, size_t size, off_t offset) {
    return fails(path_of(fd)) ? -1 : REAL(pread)(fd, data, size, offset);
}
ssize_t pread64(int fd, void *data, size_t size, off_t offset) { return pread(fd, data, size, offset); }

int ftruncate(int fd, off_t size) {
    const char *path = path_of(fd);
    int done;
    if (fails(path)) return -1;
    done = REAL(ftruncate)(fd, size);
    if (path && !done) note("truncate", size, NULL, 0, path);
    return done;
}
int ftruncate64(int fd, off_t size) { return ftruncate(fd, size); }

int fsync(int fd) {
    const char *path = path_of(fd);
    int done;
    if (fails(path)) return -1;
    done = REAL(fsync)(fd);
    if (path && !done) note("sync", 0, NULL, 0, path);
    return done;
}
int fdatasync(int fd) { return fsync(fd); }

int renameat(int from, const char *old, int to, const char *new) {
    char first[PATH_MAX], second[PATH_MAX], both[2 * PATH_MAX + 1];
    const char *source = absolute(from, old, first), *target = absolute(to, new, second);
    int done;
    if (fails(target)) return -1;
    done = REAL(renameat)(from, old, to, new);
    if (source && target && !done) {
        snprintf(both, sizeof both, "%s\t%s", source, target);
        note("rename", 0, NULL, 0, both);
    }
    return done;
}
int rename(const char *old, const char *new) { return renameat(AT_FDCWD, old, AT_FDCWD, new); }

int unlinkat(int folder, const char *name, int flags) {
    char space[PATH_MAX];
    const char *path = absolute(folder, name, space);
    int done;
    if (fails(path)) return -1;
    done = REAL(unlinkat)(folder, name, flags);
    if (path && !done) note("remove", 0, NULL, 0, path);
    return done;
}
int unlink(const char *name) { return unlinkat(AT_FDCWD, name, 0); }

int mkdir(const char *name, mode_t mode) {
    char space[PATH_MAX];
    const char *path = absolute(AT_FDCWD, name, space);
    int done;
    if (fails(path)) return -1;
    done = REAL(mkdir)(name, mode);
    if (path && !done) note("folder", 0, NULL, 0, path);
    return done;
}
