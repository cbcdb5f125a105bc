/* The layers for 64-bit ARM processors with dot products: those of the last eight years.

   Their products are of signed bytes: 128 is taken from each of the unsigned ones, and what the sums
   lack then is in what they start with (`signed_sums`). */

#include "network_processors.inc"

#if defined(MC_ARM)

#include <arm_neon.h>

#if defined(__ARM_FEATURE_DOTPROD)
#define FOR_IT unused
#else
#define FOR_IT target("arch=armv8.2-a+dotprod")
#endif
#define STEP static inline __attribute__((always_inline, FOR_IT))
#define LAYER __attribute__((noinline, FOR_IT)) static

enum { ROWS = 4, PARTS = 4 };

typedef struct {
    uint8x16_t part[PARTS];
} Bytes;
typedef struct {
    int32x4_t part[PARTS];
} Sums;
typedef struct {
    float32x4_t part[PARTS];
} Floats;

#define EACH(Type, value)                                                                          \
    Type all;                                                                                      \
    for (int i = 0; i < PARTS; i++) all.part[i] = (value);                                         \
    return all

STEP Bytes load(const void *from) { EACH(Bytes, vld1q_u8((const uint8_t *)from + 16 * i)); }
STEP void store(void *to, Bytes bytes) {
    for (int i = 0; i < PARTS; i++) vst1q_u8((uint8_t *)to + 16 * i, bytes.part[i]);
}
STEP Sums load_sums(const int32_t *from) { EACH(Sums, vld1q_s32(from + 4 * i)); }
STEP Floats load_floats(const float *from) { EACH(Floats, vld1q_f32(from + 4 * i)); }
STEP void store_floats(float *to, Floats floats) {
    for (int i = 0; i < PARTS; i++) vst1q_f32(to + 4 * i, floats.part[i]);
}

STEP Bytes spread_quad(const uint8_t *from) {
    uint32_t quad;
    memcpy(&quad, from, sizeof quad);
    EACH(Bytes, vreinterpretq_u8_u32(vdupq_n_u32(quad)));
}
STEP Floats spread(float value) { EACH(Floats, vdupq_n_f32(value)); }

STEP uint8x16_t zipped_pairs_low(uint8x16_t a, uint8x16_t b) {
    return vreinterpretq_u8_u16(vzip1q_u16(vreinterpretq_u16_u8(a), vreinterpretq_u16_u8(b)));
}
STEP uint8x16_t zipped_pairs_high(uint8x16_t a, uint8x16_t b) {
    return vreinterpretq_u8_u16(vzip2q_u16(vreinterpretq_u16_u8(a), vreinterpretq_u16_u8(b)));
}
STEP Bytes zip_bytes_low(Bytes a, Bytes b) { EACH(Bytes, vzip1q_u8(a.part[i], b.part[i])); }
STEP Bytes zip_bytes_high(Bytes a, Bytes b) { EACH(Bytes, vzip2q_u8(a.part[i], b.part[i])); }
STEP Bytes zip_pairs_low(Bytes a, Bytes b) { EACH(Bytes, zipped_pairs_low(a.part[i], b.part[i])); }
STEP Bytes zip_pairs_high(Bytes a, Bytes b) {
    EACH(Bytes, zipped_pairs_high(a.part[i], b.part[i]));
}

STEP int32x4_t dot_part(int32x4_t sums, uint8x16_t a, uint8x16_t b) {
    int8x16_t less = vreinterpretq_s8_u8(veorq_u8(a, vdupq_n_u8(0x80)));
    return vdotq_s32(sums, less, vreinterpretq_s8_u8(b));
}
STEP Sums dot(Sums sums, Bytes a, Bytes b) {
    EACH(Sums, dot_part(sums.part[i], a.part[i], b.part[i]));
}

STEP Floats to_floats(Sums sums) { EACH(Floats, vcvtq_f32_s32(sums.part[i])); }
STEP Sums to_integers(Floats floats) { EACH(Sums, vcvtnq_s32_f32(floats.part[i])); }
STEP Floats add_floats(Floats a, Floats b) { EACH(Floats, vaddq_f32(a.part[i], b.part[i])); }
STEP Floats multiply(Floats a, Floats b) { EACH(Floats, vmulq_f32(a.part[i], b.part[i])); }
STEP Floats multiply_add(Floats a, Floats b, Floats c) {
    EACH(Floats, vfmaq_f32(c.part[i], a.part[i], b.part[i]));
}
STEP Floats greatest(Floats a, Floats b) { EACH(Floats, vmaxq_f32(a.part[i], b.part[i])); }

STEP uint8x16_t packed_part(int32x4_t a, int32x4_t b, int32x4_t c, int32x4_t d, int32_t zero) {
    int16x8_t zeros = vdupq_n_s16((int16_t)zero);
    int16x8_t ab = vqaddq_s16(vcombine_s16(vqmovn_s32(a), vqmovn_s32(b)), zeros);
    int16x8_t cd = vqaddq_s16(vcombine_s16(vqmovn_s32(c), vqmovn_s32(d)), zeros);
    return vcombine_u8(vqmovun_s16(ab), vqmovun_s16(cd));
}
/* Each plus `zero`, within 0..255; in each part four numbers of a, then of b, c and d. */
STEP Bytes packed(Sums a, Sums b, Sums c, Sums d, int32_t zero) {
    EACH(Bytes, packed_part(a.part[i], b.part[i], c.part[i], d.part[i], zero));
}
/* What `packed` made of rows of 16 numbers, `apart` bytes from each other. */
STEP void store_rows(uint8_t *to, int64_t apart, Bytes bytes) {
    for (int i = 0; i < PARTS; i++) {
        uint8_t part[16];
        vst1q_u8(part, bytes.part[i]);
        for (int row = 0; row < 4; row++) memcpy(to + row * apart + 4 * i, part + 4 * row, 4);
    }
}

#include "network_layers.inc"

const Processor mc_neon = {run_layer, products, combine, scores};

#endif
