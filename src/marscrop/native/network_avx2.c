/* The layers for x86 processors with AVX2 and FMA: those of the last ten years. */

#include "network_processors.inc"

#if defined(MC_X86)

#include <immintrin.h>

#define FOR_IT target("avx2,fma")
#define STEP static inline __attribute__((always_inline, FOR_IT))
#define LAYER __attribute__((noinline, FOR_IT)) static

enum { ROWS = 4 };

typedef struct {
    __m256i low, high;
} Bytes;
typedef Bytes Sums;
typedef struct {
    __m256 low, high;
} Floats;

/* Both halves of an operation on one or two. */
#define EACH(Type, operation, a) ((Type){operation((a).low), operation((a).high)})
#define EACH_OF(Type, operation, a, b)                                                             \
    ((Type){operation((a).low, (b).low), operation((a).high, (b).high)})

STEP Bytes load(const void *from) {
    const __m256i *halves = from;
    return (Bytes){_mm256_loadu_si256(halves), _mm256_loadu_si256(halves + 1)};
}
STEP void store(void *to, Bytes bytes) {
    __m256i *halves = to;
    _mm256_storeu_si256(halves, bytes.low);
    _mm256_storeu_si256(halves + 1, bytes.high);
}
STEP Sums load_sums(const int32_t *from) { return load(from); }
STEP Floats load_floats(const float *from) {
    return (Floats){_mm256_loadu_ps(from), _mm256_loadu_ps(from + 8)};
}
STEP void store_floats(float *to, Floats floats) {
    _mm256_storeu_ps(to, floats.low);
    _mm256_storeu_ps(to + 8, floats.high);
}

STEP Bytes spread_quad(const uint8_t *from) {
    int32_t quad;
    memcpy(&quad, from, sizeof quad);
    __m256i all = _mm256_set1_epi32(quad);
    return (Bytes){all, all};
}
STEP Floats spread(float value) {
    __m256 all = _mm256_set1_ps(value);
    return (Floats){all, all};
}

STEP Bytes zip_bytes_low(Bytes a, Bytes b) { return EACH_OF(Bytes, _mm256_unpacklo_epi8, a, b); }
STEP Bytes zip_bytes_high(Bytes a, Bytes b) { return EACH_OF(Bytes, _mm256_unpackhi_epi8, a, b); }
STEP Bytes zip_pairs_low(Bytes a, Bytes b) { return EACH_OF(Bytes, _mm256_unpacklo_epi16, a, b); }
STEP Bytes zip_pairs_high(Bytes a, Bytes b) { return EACH_OF(Bytes, _mm256_unpackhi_epi16, a, b); }

/* Of four bytes of 0..255 and four of -64..64 each: two products fit 16 bits. */
STEP Sums dot(Sums sums, Bytes a, Bytes b) {
    Bytes ones = {_mm256_set1_epi16(1), _mm256_set1_epi16(1)};
    Bytes pairs = EACH_OF(Bytes, _mm256_maddubs_epi16, a, b);
    Sums quads = EACH_OF(Sums, _mm256_madd_epi16, pairs, ones);
    return EACH_OF(Sums, _mm256_add_epi32, sums, quads);
}

STEP Floats to_floats(Sums sums) { return EACH(Floats, _mm256_cvtepi32_ps, sums); }
STEP Sums to_integers(Floats floats) { return EACH(Sums, _mm256_cvtps_epi32, floats); }
STEP Floats add_floats(Floats a, Floats b) { return EACH_OF(Floats, _mm256_add_ps, a, b); }
STEP Floats multiply(Floats a, Floats b) { return EACH_OF(Floats, _mm256_mul_ps, a, b); }
STEP Floats multiply_add(Floats a, Floats b, Floats c) {
    return (Floats){_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
}
STEP Floats greatest(Floats a, Floats b) { return EACH_OF(Floats, _mm256_max_ps, a, b); }

/* Each plus `zero`, within 0..255; in each part four numbers of a, then of b, c and d. */
STEP Bytes packed(Sums a, Sums b, Sums c, Sums d, int32_t zero) {
    Bytes zeros = {_mm256_set1_epi16((int16_t)zero), _mm256_set1_epi16((int16_t)zero)};
    Bytes ab = EACH_OF(Bytes, _mm256_packs_epi32, a, b), cd = EACH_OF(Bytes, _mm256_packs_epi32, c, d);
    ab = EACH_OF(Bytes, _mm256_adds_epi16, ab, zeros);
    cd = EACH_OF(Bytes, _mm256_adds_epi16, cd, zeros);
    return EACH_OF(Bytes, _mm256_packus_epi16, ab, cd);
}
/* What `packed` made of rows of 16 numbers, `apart` bytes from each other. */
STEP void store_rows(uint8_t *to, int64_t apart, Bytes bytes) {
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    __m256i low = _mm256_permutevar8x32_epi32(bytes.low, order);
    __m256i high = _mm256_permutevar8x32_epi32(bytes.high, order);
    __m256i ab = _mm256_unpacklo_epi64(low, high), cd = _mm256_unpackhi_epi64(low, high);
    _mm_storeu_si128((__m128i *)(void *)to, _mm256_castsi256_si128(ab));
    _mm_storeu_si128((__m128i *)(void *)(to + apart), _mm256_castsi256_si128(cd));
    _mm_storeu_si128((__m128i *)(void *)(to + 2 * apart), _mm256_extracti128_si256(ab, 1));
    _mm_storeu_si128((__m128i *)(void *)(to + 3 * apart), _mm256_extracti128_si256(cd, 1));
}

#include "network_layers.inc"

const Processor mc_avx2 = {run_layer, products, combine, scores};

#endif
