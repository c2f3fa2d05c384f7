/// Calls of Linux that the C library hides from programs which do not ask for GNU extensions, as Swift's import does.
#pragma once
#include <stdint.h>

#if defined(__linux__)

extern int fallocate(int descriptor, int mode, int64_t offset, int64_t count);
extern int memfd_create(const char *name, unsigned int flags);
extern int sync_file_range(int descriptor, int64_t offset, int64_t count, unsigned int flags);

/// Reserves room on the disk: 0, or −1 and errno. The file becomes at least `count` bytes long.
static inline int zoo_reserve(int descriptor, int64_t count) { return fallocate(descriptor, 0, 0, count); }

/// Gives back the room of a range, which then reads as zeros; nothing happens where that cannot be done.
static inline void zoo_release(int descriptor, int64_t offset, int64_t count) {
  (void)fallocate(descriptor, 3 /* FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE */, offset, count);
}

/// Makes an empty file in memory that has no name: its descriptor, or −1 and errno.
static inline int zoo_make_memory_file(const char *label) { return memfd_create(label, 1 /* MFD_CLOEXEC */); }

/// Begins to write changed pages of a range to the disk, without waiting.
static inline void zoo_start_writing(int descriptor, int64_t offset, int64_t count) {
  (void)sync_file_range(descriptor, offset, count, 2 /* SYNC_FILE_RANGE_WRITE */);
}

#endif
