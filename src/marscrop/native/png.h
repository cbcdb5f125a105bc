/* Rows of a PNG from what its data inflate to, and means of them; see png.c. All memory is the
   caller's. */

#pragma once

#include <stdint.h>

enum {
    MC_PNG_BEFORE = 8, /* bytes of zeros before a row */
    MC_PNG_AFTER = 16, /* bytes after it that may be written */
    MC_PNG_MOST = 256, /* the largest divisor: sums of so many bytes fit 16 bits */
    MC_PNG_DAMAGED = -1,
    MC_PNG_TRANSPARENT = -2
};

/* A picture of 8 bits a channel that is not interlaced, as far as it is read.

   `rows` has room for three rows, `sums` for one, each with MC_PNG_BEFORE bytes or numbers before it and
   MC_PNG_AFTER after it; both are zero at first. */
typedef struct {
    int32_t width, height; /* of the whole picture [px] */
    int32_t channels;      /* 1 to 4; the last one of 2 and of 4 is alpha */
    int32_t divisor;       /* 1 to MC_PNG_MOST: of both sides, rounded up */
    uint8_t *rows;
    uint16_t *sums;
    uint8_t *means; /* (.., width / divisor, channels), rounded up, from row `first` on */
    int32_t first;  /* row of means */
    int32_t done;   /* rows */
    int32_t taken;  /* bytes of the row that follows, with the one that names its filter */
} McPng;

/* Take the bytes that follow, of any number. 0, or MC_PNG_DAMAGED where a row has no known filter or none is
   left to take bytes, or MC_PNG_TRANSPARENT at the first row with a pixel that is not opaque,
   unless the divisor is 1. */
int mc_png_rows(McPng *png, const uint8_t *bytes, int64_t count);
