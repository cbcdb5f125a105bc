/* The layers for x86 processors with AVX-512 and its products of bytes (VNNI). */

#include "network_processors.inc"

#if defined(MC_X86)

#include <immintrin.h>

#define FOR_IT target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")
#define STEP static inline __attribute__((always_inline, FOR_IT))
#define LAYER __attribute__((noinline, FOR_IT)) static

enum { ROWS = 12 };

typedef __m512i Bytes, Sums;
typedef __m512 Floats;

STEP Bytes load(const void *from) { return _mm512_loadu_si512(from); }
STEP void store(void *to, Bytes bytes) { _mm512_storeu_si512(to, bytes); }
STEP Sums load_sums(const int32_t *from) { return _mm512_loadu_si512(from); }
STEP Floats load_floats(const float *from) { return _mm512_loadu_ps(from); }
STEP void store_floats(float *to, Floats floats) { _mm512_storeu_ps(to, floats); }

STEP Bytes spread_quad(const uint8_t *from) {
    int32_t quad;
    memcpy(&quad, from, sizeof quad);
    return _mm512_set1_epi32(quad);
}
STEP Floats spread(float value) { return _mm512_set1_ps(value); }

STEP Bytes zip_bytes_low(Bytes a, Bytes b) { return _mm512_unpacklo_epi8(a, b); }
STEP Bytes zip_bytes_high(Bytes a, Bytes b) { return _mm512_unpackhi_epi8(a, b); }
STEP Bytes zip_pairs_low(Bytes a, Bytes b) { return _mm512_unpacklo_epi16(a, b); }
STEP Bytes zip_pairs_high(Bytes a, Bytes b) { return _mm512_unpackhi_epi16(a, b); }

/* Of four bytes of 0..255 and four of -63..63 each. */
STEP Sums dot(Sums sums, Bytes a, Bytes b) { return _mm512_dpbusd_epi32(sums, a, b); }

STEP Floats to_floats(Sums sums) { return _mm512_cvtepi32_ps(sums); }
STEP Sums to_integers(Floats floats) { return _mm512_cvtps_epi32(floats); }
STEP Floats add_floats(Floats a, Floats b) { return _mm512_add_ps(a, b); }
STEP Floats multiply(Floats a, Floats b) { return _mm512_mul_ps(a, b); }
STEP Floats multiply_add(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }
STEP Floats greatest(Floats a, Floats b) { return _mm512_max_ps(a, b); }

/* Each plus `zero`, within 0..255; in each part four numbers of a, then of b, c and d. */
STEP Bytes packed(Sums a, Sums b, Sums c, Sums d, int32_t zero) {
    __m512i zeros = _mm512_set1_epi16((int16_t)zero);
    __m512i ab = _mm512_adds_epi16(_mm512_packs_epi32(a, b), zeros);
    __m512i cd = _mm512_adds_epi16(_mm512_packs_epi32(c, d), zeros);
    return _mm512_packus_epi16(ab, cd);
}
/* What `packed` made of rows of 16 numbers, `apart` bytes from each other. */
STEP void store_rows(uint8_t *to, int64_t apart, Bytes bytes) {
    __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    __m512i rows = _mm512_permutexvar_epi32(order, bytes);
    _mm_storeu_si128((__m128i *)(void *)to, _mm512_castsi512_si128(rows));
    _mm_storeu_si128((__m128i *)(void *)(to + apart), _mm512_extracti32x4_epi32(rows, 1));
    _mm_storeu_si128((__m128i *)(void *)(to + 2 * apart), _mm512_extracti32x4_epi32(rows, 2));
    _mm_storeu_si128((__m128i *)(void *)(to + 3 * apart), _mm512_extracti32x4_epi32(rows, 3));
}

#include "network_layers.inc"

const Processor mc_avx512 = {run_layer, products, combine, scores};

#endif
