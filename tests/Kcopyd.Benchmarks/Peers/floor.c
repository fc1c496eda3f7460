/* What a C program achieves on this machine with blocking system calls alone: the baseline for copy engines.
 *
 *   floor copy  buffered|direct SOURCE DESTINATION...     two threads; a piece of 256 KiB is read once and written to each
 *   floor zero  buffered|direct LENGTH DESTINATION        two threads; pieces of 256 KiB
 *   floor pairs buffered|direct THREADS PAIRS SOURCE DESTINATION
 *                                                         4 KiB read here and written there, at scattered places
 *
 * Direct files are flushed before it ends. Prints the elapsed seconds and the CPU seconds of the work, without the start of the program.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAX_DESTINATIONS 64
#define MAX_THREADS 1024

static int source = -1, destinations[MAX_DESTINATIONS], destination_count;
static int64_t length, pieces, piece = 256 << 10;
static int scattered;
static atomic_llong next;

/* The same sequence as in PairSequence.cs, so that every contender copies the same blocks. */
static uint64_t scatter(uint64_t i)
{
    i += 0x9E3779B97F4A7C15;
    i = (i ^ (i >> 30)) * 0xBF58476D1CE4E5B9;
    i = (i ^ (i >> 27)) * 0x94D049BB133111EB;
    return i ^ (i >> 31);
}

static void *work(void *unused)
{
    void *buffer;
    if (posix_memalign(&buffer, 4096, piece))
        errx(1, "no memory");
    memset(buffer, 0, piece);
    for (int64_t i = atomic_fetch_add(&next, 1); i < pieces; i = atomic_fetch_add(&next, 1)) {
        int64_t at = (scattered ? scatter(i) % (uint64_t)(length / piece) : (uint64_t)i) * piece;
        int64_t bytes = length - at < piece ? length - at : piece;
        if (source >= 0 && pread(source, buffer, bytes, at) != bytes)
            err(1, "read");
        for (int d = 0; d < destination_count; d++)
            if (pwrite(destinations[d], buffer, bytes, at) != bytes)
                err(1, "write");
    }
    free(buffer);
    return unused;
}

static int open_file(const char *path, int flags)
{
    int file = open(path, flags | O_CLOEXEC);
    if (file < 0)
        err(1, "%s", path);
    return file;
}

static int64_t length_of(int file)
{
    struct stat status;
    if (fstat(file, &status))
        err(1, "stat");
    return status.st_size;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

int main(int argc, char **argv)
{
    if (argc < 5)
        errx(2, "usage: see floor.c");
    int threads = 2, argument = 3, direct = strcmp(argv[2], "direct") ? 0 : O_DIRECT;
    if (!strcmp(argv[1], "zero")) {
        length = atoll(argv[argument++]);
    } else {
        if (!strcmp(argv[1], "pairs") && argc == 7) {
            threads = atoi(argv[argument++]);
            pieces = atoll(argv[argument++]);
            piece = 4096;
            scattered = 1;
        }
        source = open_file(argv[argument++], O_RDONLY | direct);
        length = length_of(source);
    }
    while (argument < argc && destination_count < MAX_DESTINATIONS)
        destinations[destination_count++] = open_file(argv[argument++], O_WRONLY | direct);
    if (!scattered)
        pieces = (length + piece - 1) / piece;

    double started = seconds(), cpu = cpu_seconds();
    pthread_t running[MAX_THREADS];
    if (threads > MAX_THREADS)
        errx(2, "at most %d threads", MAX_THREADS);
    for (int i = 0; i < threads; i++)
        if (pthread_create(&running[i], NULL, work, NULL))
            errx(1, "no thread");
    for (int i = 0; i < threads; i++)
        pthread_join(running[i], NULL);
    for (int d = 0; direct && !scattered && d < destination_count; d++)
        if (fdatasync(destinations[d]))
            err(1, "flush");
    printf("%.9f %.6f\n", seconds() - started, cpu_seconds() - cpu);
    return 0;
}
