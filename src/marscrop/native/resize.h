/* Two passes of a filter over 8-bit RGB; see resize.c. All memory is the caller's. */

#pragma once

#include <stdint.h>

/* What the pixels of a row or column are made of.

   A weight of 22 bits is coarse * 2048 + fine. Those of a pixel add up to 2^22, about. */
typedef struct {
    int32_t size;         /* pixels that are made */
    int32_t taps;         /* that each is made of; even */
    const int32_t *begin; /* (size): the first of them; ascending, and all of them exist */
    const int16_t *coarse, *fine; /* (size, taps) */
} McFilter;

/* (height, width, 4), of which the last is padding, to (down->size, across->size, 3). `scratch` has
   room for the rows between the first and the last that `down` needs, each of 3 * across->size
   bytes, and 16 bytes. */
void mc_resize(const uint8_t *pixels, int32_t width, const McFilter *across, const McFilter *down,
               uint8_t *scratch, uint8_t *resized);
