/* PNG's filters undone (PNG specification, section 9), and squares of pixels averaged: down and then
   across, each mean rounded to 8 bits, as libvips' `shrink` does.

   What a pixel is predicted from is the one before it, so that a row cannot be undone faster than pixel by
   pixel; but the numbers of a pixel can be taken at once. */

#include "png.h"

#include <stdlib.h>
#include <string.h>

#if defined(__SSE2__) || defined(_M_X64) /* the latter: MSVC, which has it there and does not say */
#define SSE2
#include <emmintrin.h>
#endif

enum { NONE, SUB, UP, AVERAGE, PAETH, FILTERS, MEAN_BITS = 24 };

static inline uint8_t paeth(int left, int above, int corner) {
    int to_left = abs(above - corner), to_above = abs(left - corner);
    int to_corner = abs(above + left - 2 * corner);
    if (to_left <= to_above && to_left <= to_corner)
        return (uint8_t)left;
    return (uint8_t)(to_above <= to_corner ? above : corner);
}

static void add_up(const uint8_t *stored, const uint8_t *above, int32_t length, uint8_t *row) {
    for (int32_t i = 0; i < length; i++)
        row[i] = (uint8_t)(stored[i] + above[i]);
}

/* The three filters that look back by `step` bytes. What stands before a row is zero. */

static inline void add_left(const uint8_t *stored, int32_t length, int step, uint8_t *row) {
    for (int32_t i = 0; i < length; i++)
        row[i] = (uint8_t)(stored[i] + row[i - step]);
}

static inline void add_average(const uint8_t *stored, const uint8_t *above, int32_t length, int step,
                               uint8_t *row) {
    for (int32_t i = 0; i < length; i++)
        row[i] = (uint8_t)(stored[i] + ((row[i - step] + above[i]) >> 1));
}

static inline void add_paeth(const uint8_t *stored, const uint8_t *above, int32_t length, int step,
                             uint8_t *row) {
    for (int32_t i = 0; i < length; i++)
        row[i] = (uint8_t)(stored[i] + paeth(row[i - step], above[i], above[i - step]));
}

#if defined(SSE2)

/* Four bytes, of which a pixel of three has the first three. */
static inline __m128i four_bytes(const uint8_t *from) {
    int32_t four;
    memcpy(&four, from, sizeof four);
    return _mm_cvtsi32_si128(four);
}

static inline void store_four(__m128i bytes, uint8_t *out) {
    int32_t four = _mm_cvtsi128_si32(bytes);
    memcpy(out, &four, sizeof four);
}

static inline __m128i magnitude(__m128i words) {
    return _mm_max_epi16(words, _mm_sub_epi16(_mm_setzero_si128(), words));
}

static inline __m128i chosen(__m128i which, __m128i yes, __m128i no) {
    return _mm_or_si128(_mm_and_si128(which, yes), _mm_andnot_si128(which, no));
}

/* The same for pixels of `step` bytes, 3 or 4. They write up to a byte beyond the row. */

static inline void wide_left(const uint8_t *stored, int32_t length, int step, uint8_t *row) {
    __m128i left = _mm_setzero_si128();
    for (int32_t i = 0; i < length; i += step) {
        left = _mm_add_epi8(left, four_bytes(stored + i));
        store_four(left, row + i);
    }
}

static inline void wide_average(const uint8_t *stored, const uint8_t *above, int32_t length, int step,
                                uint8_t *row) {
    const __m128i one = _mm_set1_epi8(1);
    __m128i left = _mm_setzero_si128();
    for (int32_t i = 0; i < length; i += step) {
        __m128i up = four_bytes(above + i);
        __m128i odd = _mm_and_si128(_mm_xor_si128(left, up), one); /* where `avg` rounds up */
        __m128i average = _mm_sub_epi8(_mm_avg_epu8(left, up), odd);
        left = _mm_add_epi8(average, four_bytes(stored + i));
        store_four(left, row + i);
    }
}

static inline void wide_paeth(const uint8_t *stored, const uint8_t *above, int32_t length, int step,
                              uint8_t *row) {
    const __m128i zero = _mm_setzero_si128(), low = _mm_set1_epi16(255);
    __m128i left = zero, corner = zero;
    for (int32_t i = 0; i < length; i += step) {
        __m128i up = _mm_unpacklo_epi8(four_bytes(above + i), zero);
        __m128i value = _mm_unpacklo_epi8(four_bytes(stored + i), zero);
        __m128i across = _mm_sub_epi16(left, corner), down = _mm_sub_epi16(up, corner);
        __m128i to_left = magnitude(down), to_above = magnitude(across);
        __m128i to_corner = magnitude(_mm_add_epi16(across, down));
        __m128i least = _mm_min_epi16(to_corner, _mm_min_epi16(to_left, to_above));
        __m128i nearest = chosen(_mm_cmpeq_epi16(least, to_above), up, corner);
        nearest = chosen(_mm_cmpeq_epi16(least, to_left), left, nearest);
        left = _mm_and_si128(_mm_add_epi16(value, nearest), low);
        corner = up;
        store_four(_mm_packus_epi16(left, left), row + i);
    }
}

#endif

/* A row of `length` bytes; `step` is known where this is called, and so is unrolled by it. */
static inline void undo(int filter, const uint8_t *stored, const uint8_t *above, int32_t length, int step,
                        uint8_t *row) {
#if defined(SSE2)
    if (step >= 3) {
        if (filter == SUB)
            wide_left(stored, length, step, row);
        else if (filter == AVERAGE)
            wide_average(stored, above, length, step, row);
        else
            wide_paeth(stored, above, length, step, row);
        return;
    }
#endif
    if (filter == SUB)
        add_left(stored, length, step, row);
    else if (filter == AVERAGE)
        add_average(stored, above, length, step, row);
    else
        add_paeth(stored, above, length, step, row);
}

static void undo_filter(int filter, const uint8_t *stored, const uint8_t *above, int32_t length, int step,
                        uint8_t *row) {
    if (filter == NONE)
        memcpy(row, stored, (size_t)length);
    else if (filter == UP)
        add_up(stored, above, length, row);
    else if (step == 1)
        undo(filter, stored, above, length, 1, row);
    else if (step == 2)
        undo(filter, stored, above, length, 2, row);
    else if (step == 3)
        undo(filter, stored, above, length, 3, row);
    else
        undo(filter, stored, above, length, 4, row);
}

static int is_opaque(const uint8_t *row, int32_t length, int step) {
    uint8_t alpha = 255;
    for (int32_t i = step - 1; i < length; i += step)
        alpha &= row[i];
    return alpha == 255;
}

static void add_row(const uint8_t *row, int32_t length, int32_t times, uint16_t *sums) {
    for (int32_t i = 0; i < length; i++)
        sums[i] = (uint16_t)(sums[i] + row[i] * times);
}

static inline uint8_t mean(uint32_t sum, uint32_t count, uint32_t share) {
    return (uint8_t)((sum + count / 2) * share >> MEAN_BITS);
}

/* Sums of columns to the means of a row of squares; the sums are zero again. */
static void end_squares(const McPng *png, uint16_t *sums, uint8_t *columns, uint8_t *means) {
    const int32_t length = png->width * png->channels, step = png->channels;
    const uint32_t count = (uint32_t)png->divisor, share = (1U << MEAN_BITS) / count;
    for (int32_t i = 0; i < length; i++)
        columns[i] = mean(sums[i], count, share);
    memset(sums, 0, (size_t)length * sizeof *sums);
    const int32_t whole = png->width / png->divisor;
    for (int32_t x = 0; x < whole; x++, columns += png->divisor * step)
        for (int c = 0; c < step; c++) {
            uint32_t sum = 0;
            for (int32_t i = 0; i < png->divisor; i++)
                sum += columns[i * step + c];
            *means++ = mean(sum, count, share);
        }
    const int32_t left = png->width - whole * png->divisor;
    for (int c = 0; left && c < step; c++) { /* the last column stands for those that are missing */
        uint32_t sum = columns[(left - 1) * step + c] * (count - (uint32_t)left);
        for (int32_t i = 0; i < left; i++)
            sum += columns[i * step + c];
        *means++ = mean(sum, count, share);
    }
}

int mc_png_rows(McPng *png, const uint8_t *bytes, int64_t count) {
    const int32_t length = png->width * png->channels;
    const int32_t apart = MC_PNG_BEFORE + length + MC_PNG_AFTER;
    const int64_t across = (png->width + png->divisor - 1) / png->divisor;
    uint8_t *gathered = png->rows + MC_PNG_BEFORE - 1; /* the byte before a row names its filter */
    uint16_t *sums = png->sums + MC_PNG_BEFORE;
    while (count > 0) {
        if (png->done == png->height)
            return MC_PNG_DAMAGED;
        const uint8_t *stored = bytes;
        int64_t part = length + 1 - png->taken;
        if (part > count)
            part = count;
        if (part < length + 1 || count < part + MC_PNG_AFTER) { /* or what is read beyond is not there */
            memcpy(gathered + png->taken, bytes, (size_t)part);
            stored = gathered;
        }
        bytes += part;
        count -= part;
        png->taken += (int32_t)part;
        if (png->taken <= length)
            return 0;
        png->taken = 0;

        uint8_t *above = png->rows + MC_PNG_BEFORE + (1 + png->done % 2) * apart;
        uint8_t *row = png->rows + MC_PNG_BEFORE + (2 - png->done % 2) * apart;
        if (stored[0] >= FILTERS)
            return MC_PNG_DAMAGED;
        undo_filter(stored[0], stored + 1, above, length, png->channels, row);
        if (png->divisor > 1 && png->channels % 2 == 0 && !is_opaque(row, length, png->channels))
            return MC_PNG_TRANSPARENT;
        png->done++;
        const int64_t square = (png->done - 1) / png->divisor - png->first;
        uint8_t *means = png->means + square * across * png->channels;
        if (png->divisor == 1) {
            memcpy(means, row, (size_t)length);
            continue;
        }
        const int32_t over = png->done % png->divisor;
        const int is_last = png->done == png->height;
        add_row(row, length, is_last && over ? png->divisor - over + 1 : 1, sums);
        if (over == 0 || is_last)
            end_squares(png, sums, gathered + 1, means);
    }
    return 0;
}
