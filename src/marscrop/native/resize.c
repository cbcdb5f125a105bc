/* A filter over 8-bit RGB in two passes, across and then down, each sum rounded to 8 bits: what
   Pillow's resize does, to the bit, with weights of 22 bits. Those do not fit the processor's products
   of 16 bits, so they come in two halves of 11, whose sums are put together at the end. */

#include "resize.h"
#include "processor.inc"

#include <string.h>

#if defined(__SSE2__) || defined(_M_X64) /* the latter: MSVC, which has it there and does not say */
#define SSE2
#include <emmintrin.h>
#endif

enum { CHANNELS = 3, STORED = 4, HALF_BITS = 11, BITS = 2 * HALF_BITS, ROUND = 1 << (BITS - 1) };

static inline uint8_t rounded(int32_t sum) {
    int32_t value = (sum + ROUND) >> BITS;
    return value < 0 ? 0 : value > 255 ? 255 : (uint8_t)value;
}

/* One number of a pixel, from taps that are `apart` bytes from each other. */
static inline uint8_t filtered(const uint8_t *from, int64_t apart, const int16_t *coarse,
                               const int16_t *fine, int32_t taps) {
    int32_t sum = 0;
    for (int32_t t = 0; t < taps; t++, from += apart)
        sum += *from * (coarse[t] * (1 << HALF_BITS) + fine[t]);
    return rounded(sum);
}

#if defined(MC_X86)
#define AVX2
#include <immintrin.h>
#define WITH_AVX2 __attribute__((target("avx2")))
#endif

#if !defined(SSE2)

static void row_across(const uint8_t *row, const McFilter *filter, uint8_t *out) {
    for (int32_t x = 0; x < filter->size; x++) {
        const uint8_t *from = row + STORED * filter->begin[x];
        int64_t weights = (int64_t)x * filter->taps;
        for (int c = 0; c < CHANNELS; c++)
            *out++ = filtered(from + c, STORED, filter->coarse + weights, filter->fine + weights,
                              filter->taps);
    }
}

#else

/* Two weights that follow each other, four times. */
static inline __m128i two_weights(const int16_t *weights) {
    int32_t two;
    memcpy(&two, weights, sizeof two);
    return _mm_set1_epi32(two);
}

static inline __m128i four_bytes(const uint8_t *from) {
    int32_t four;
    memcpy(&four, from, sizeof four);
    return _mm_cvtsi32_si128(four);
}

/* The sums of both halves to numbers of 0..255. */
static inline __m128i put_together(__m128i coarse, __m128i fine) {
    __m128i sum = _mm_add_epi32(_mm_slli_epi32(coarse, HALF_BITS), fine);
    return _mm_srai_epi32(_mm_add_epi32(sum, _mm_set1_epi32(ROUND)), BITS);
}

/* What two pixels that follow each other add to a pixel's four sums. */
static inline __m128i two_taps(const uint8_t *from, const int16_t *weights) {
    __m128i two = _mm_unpacklo_epi8(four_bytes(from), four_bytes(from + STORED));
    return _mm_madd_epi16(_mm_unpacklo_epi8(two, _mm_setzero_si128()), two_weights(weights));
}

/* Writes a byte beyond the pixel. */
static inline void store_pixel(__m128i numbers, uint8_t *out) {
    __m128i words = _mm_packs_epi32(numbers, numbers);
    int32_t pixel = _mm_cvtsi128_si32(_mm_packus_epi16(words, words));
    memcpy(out, &pixel, sizeof pixel);
}

static void row_across(const uint8_t *row, const McFilter *filter, uint8_t *out) {
    const __m128i zero = _mm_setzero_si128();
    const int16_t *coarse = filter->coarse, *fine = filter->fine;
    for (int32_t x = 0; x < filter->size; x++, out += CHANNELS) {
        const uint8_t *from = row + STORED * filter->begin[x];
        __m128i coarse_sum = zero, fine_sum = zero;
        for (int32_t t = 0; t < filter->taps; t += 2, from += 2 * STORED) {
            coarse_sum = _mm_add_epi32(coarse_sum, two_taps(from, coarse + t));
            fine_sum = _mm_add_epi32(fine_sum, two_taps(from, fine + t));
        }
        store_pixel(put_together(coarse_sum, fine_sum), out);
        coarse += filter->taps;
        fine += filter->taps;
    }
}

/* Eight numbers at a time; returns how many are done. */
static int64_t fast_down(const uint8_t *rows, int64_t length, const int16_t *coarse,
                         const int16_t *fine, int32_t taps, uint8_t *out) {
    const __m128i zero = _mm_setzero_si128();
    int64_t i = 0;
    for (; i + 8 <= length; i += 8) {
        __m128i sums[4] = {zero, zero, zero, zero};
        for (int32_t t = 0; t < taps; t += 2) {
            const uint8_t *from = rows + t * length + i;
            __m128i two = _mm_unpacklo_epi8(_mm_loadl_epi64((const __m128i *)from),
                                            _mm_loadl_epi64((const __m128i *)(from + length)));
            __m128i low = _mm_unpacklo_epi8(two, zero), high = _mm_unpackhi_epi8(two, zero);
            __m128i c = two_weights(coarse + t), f = two_weights(fine + t);
            sums[0] = _mm_add_epi32(sums[0], _mm_madd_epi16(low, c));
            sums[1] = _mm_add_epi32(sums[1], _mm_madd_epi16(low, f));
            sums[2] = _mm_add_epi32(sums[2], _mm_madd_epi16(high, c));
            sums[3] = _mm_add_epi32(sums[3], _mm_madd_epi16(high, f));
        }
        __m128i words = _mm_packs_epi32(put_together(sums[0], sums[1]), put_together(sums[2], sums[3]));
        _mm_storel_epi64((__m128i *)(out + i), _mm_packus_epi16(words, zero));
    }
    return i;
}

#endif

#if defined(AVX2)

/* Of four weights that follow each other the first two, four times, and the last two. */
WITH_AVX2 static inline __m256i four_weights(const int16_t *weights) {
    const __m256i order = _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1);
    __m128i four = _mm_loadl_epi64((const __m128i *)(const void *)weights);
    return _mm256_permutevar8x32_epi32(_mm256_castsi128_si256(four), order);
}

WITH_AVX2 static inline __m128i both_halves(__m256i sums) {
    return _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
}

/* As `row_across`, four pixels at a time. */
WITH_AVX2 static void row_across_avx2(const uint8_t *row, const McFilter *filter, uint8_t *out) {
    const __m128i pairs = _mm_setr_epi8(0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15);
    const int16_t *coarse = filter->coarse, *fine = filter->fine;
    for (int32_t x = 0; x < filter->size; x++, out += CHANNELS) {
        const uint8_t *from = row + STORED * filter->begin[x];
        __m256i coarse_sums = _mm256_setzero_si256(), fine_sums = coarse_sums;
        int32_t t = 0;
        for (; t + 4 <= filter->taps; t += 4, from += 4 * STORED) {
            __m128i four = _mm_loadu_si128((const __m128i *)(const void *)from);
            __m256i words = _mm256_cvtepu8_epi16(_mm_shuffle_epi8(four, pairs));
            __m256i c = _mm256_madd_epi16(words, four_weights(coarse + t));
            __m256i f = _mm256_madd_epi16(words, four_weights(fine + t));
            coarse_sums = _mm256_add_epi32(coarse_sums, c);
            fine_sums = _mm256_add_epi32(fine_sums, f);
        }
        __m128i coarse_sum = both_halves(coarse_sums), fine_sum = both_halves(fine_sums);
        if (t < filter->taps) {
            coarse_sum = _mm_add_epi32(coarse_sum, two_taps(from, coarse + t));
            fine_sum = _mm_add_epi32(fine_sum, two_taps(from, fine + t));
        }
        store_pixel(put_together(coarse_sum, fine_sum), out);
        coarse += filter->taps;
        fine += filter->taps;
    }
}

WITH_AVX2 static inline __m256i wide_two_weights(const int16_t *weights) {
    int32_t two;
    memcpy(&two, weights, sizeof two);
    return _mm256_set1_epi32(two);
}

WITH_AVX2 static inline __m256i wide_put_together(__m256i coarse, __m256i fine) {
    __m256i sum = _mm256_add_epi32(_mm256_slli_epi32(coarse, HALF_BITS), fine);
    return _mm256_srai_epi32(_mm256_add_epi32(sum, _mm256_set1_epi32(ROUND)), BITS);
}

/* As `fast_down`, sixteen numbers at a time. */
WITH_AVX2 static int64_t fast_down_avx2(const uint8_t *rows, int64_t length, const int16_t *coarse,
                                        const int16_t *fine, int32_t taps, uint8_t *out) {
    int64_t i = 0;
    for (; i + 16 <= length; i += 16) {
        __m256i zero = _mm256_setzero_si256();
        __m256i sums[4] = {zero, zero, zero, zero};
        for (int32_t t = 0; t < taps; t += 2) {
            const uint8_t *from = rows + t * length + i;
            __m256i a = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(const void *)from));
            __m256i b = _mm256_cvtepu8_epi16(
                _mm_loadu_si128((const __m128i *)(const void *)(from + length)));
            __m256i low = _mm256_unpacklo_epi16(a, b), high = _mm256_unpackhi_epi16(a, b);
            __m256i c = wide_two_weights(coarse + t), f = wide_two_weights(fine + t);
            sums[0] = _mm256_add_epi32(sums[0], _mm256_madd_epi16(low, c));
            sums[1] = _mm256_add_epi32(sums[1], _mm256_madd_epi16(low, f));
            sums[2] = _mm256_add_epi32(sums[2], _mm256_madd_epi16(high, c));
            sums[3] = _mm256_add_epi32(sums[3], _mm256_madd_epi16(high, f));
        }
        __m256i words = _mm256_packs_epi32(wide_put_together(sums[0], sums[1]),
                                           wide_put_together(sums[2], sums[3]));
        __m128i bytes = _mm_packus_epi16(_mm256_castsi256_si128(words),
                                         _mm256_extracti128_si256(words, 1));
        _mm_storeu_si128((__m128i *)(void *)(out + i), bytes);
    }
    return i;
}

#endif

typedef void RowAcross(const uint8_t *row, const McFilter *filter, uint8_t *out);

void mc_resize(const uint8_t *pixels, int32_t width, const McFilter *across, const McFilter *down,
               uint8_t *scratch, uint8_t *resized) {
    int64_t stride = (int64_t)STORED * width, length = (int64_t)CHANNELS * across->size;
    int32_t first = down->begin[0], end = down->begin[down->size - 1] + down->taps;
    RowAcross *across_row = row_across;
#if defined(AVX2)
    const int avx2 = mc_processor() != MC_PLAIN;
    if (avx2) across_row = row_across_avx2;
#endif
    for (int32_t y = first; y < end; y++)
        across_row(pixels + y * stride, across, scratch + (y - first) * length);
    for (int32_t y = 0; y < down->size; y++) {
        const uint8_t *rows = scratch + (down->begin[y] - first) * length;
        const int16_t *coarse = down->coarse + (int64_t)y * down->taps;
        const int16_t *fine = down->fine + (int64_t)y * down->taps;
        uint8_t *out = resized + y * length;
        int64_t i = 0;
#if defined(AVX2)
        if (avx2) i = fast_down_avx2(rows, length, coarse, fine, down->taps, out);
        else
#endif
#if defined(SSE2)
            i = fast_down(rows, length, coarse, fine, down->taps, out);
#endif
        for (; i < length; i++) out[i] = filtered(rows + i, length, coarse, fine, down->taps);
    }
}
