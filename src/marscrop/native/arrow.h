/* How Pillow shows where an image's pixels lie: the Arrow C data interface
   (https://arrow.apache.org/docs/format/CDataInterface.html), as it says to copy it. */

#pragma once

#include <stdint.h>

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};
