/* The floor of `bench collect`: reads the files and does nothing with them.
 *
 * pread12 ITERATIONS WARMUP FILE...  prints the CPU seconds (user + system) of ITERATIONS rounds. Each round
 * makes no more calls than it takes to have the whole file, which is found out before.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define MOST_FILES 64
#define BUFFER_BYTES 65536

static char buffer[BUFFER_BYTES];
static int descriptors[MOST_FILES];
static int calls[MOST_FILES];

static double cpu_seconds(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* The file's bytes, and how many calls they take. */
static long whole(int file) {
  long length = 0;
  int needed = 0;
  for (;;) {
    ssize_t got = pread(descriptors[file], buffer, sizeof buffer, length);
    if (got <= 0) break;
    length += got;
    needed++;
  }
  calls[file] = needed > 0 ? needed : 1;
  return length;
}

static void rounds(long count, int files) {
  for (long i = 0; i < count; i++) {
    for (int f = 0; f < files; f++) {
      long offset = 0;
      for (int c = 0; c < calls[f]; c++) {
        ssize_t got = pread(descriptors[f], buffer, sizeof buffer, offset);
        if (got > 0) offset += got;
      }
    }
  }
}

int main(int argc, char **argv) {
  if (argc < 4 || argc - 3 > MOST_FILES) {
    fprintf(stderr, "usage: pread12 ITERATIONS WARMUP FILE...\n");
    return 2;
  }
  int files = argc - 3;
  long bytes = 0, preads = 0;
  for (int f = 0; f < files; f++) {
    descriptors[f] = open(argv[f + 3], O_RDONLY | O_CLOEXEC);
    if (descriptors[f] < 0) {
      perror(argv[f + 3]);
      return 1;
    }
    bytes += whole(f);
    preads += calls[f];
  }
  rounds(atol(argv[2]), files);
  double before = cpu_seconds();
  rounds(atol(argv[1]), files);
  printf("{\"cpu_seconds\":%.6f,\"preads\":%ld,\"bytes\":%ld}\n", cpu_seconds() - before, preads, bytes);
  return 0;
}
