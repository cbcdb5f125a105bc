/* A convolutional network, run layer by layer; see network.c. All memory is the caller's. */

#pragma once

#include <stdint.h>

/* Bytes that must follow the memory that layers read: weights, scratch and pixels. */
#define MC_BEYOND 64

/* What a layer does. Tensors are stored pixel by pixel, (height, width, channels); a QUANTISED layer's
   are uint8, others float32. Filters are square. */
#define MC_QUANTISED_CONVOLUTION 0
#define MC_QUANTISED_DEPTHWISE 1
#define MC_QUANTISED_ADD 2 /* from + and - zero, where all three have one step and one zero */
#define MC_DEQUANTISE 3    /* (from - zero) * scales[0], from uint8 to float32 */
#define MC_CONVOLUTION 4
#define MC_DEPTHWISE 5
#define MC_ADD 6
#define MC_SCALE 7     /* from * scales[c] + biases[c] */
#define MC_CHANNELS 8  /* those from `first` on, as many as `to` has */
#define MC_CONCATENATE 9 /* `from` at the channels of `to` from `first` on; of several such layers */
#define MC_ENLARGE 10  /* each pixel twice across and down */
#define MC_POSITIONS 11 /* y, x, y * y and x * x of a pixel's middle, in -1..1 */
#define MC_SIGMOID 12
#define MC_SOFTMAX 13  /* over all numbers */
#define MC_OUTPUT 14   /* `from` to the output `first`, (channels, height, width) */

typedef struct {
    int32_t channels;
    int32_t divisor; /* of the picture's height and width */
    int32_t bytes;   /* of a number: 1 or 4 */
    int32_t slot;    /* place in the scratch, which tensors share that are not needed together */
} McTensor;

/* Weights and the like are given by where they lie in `McNetwork.numbers` [bytes]. */
typedef struct {
    int32_t kind;
    int32_t from, with, to; /* tensors; the first is the picture */
    int32_t first; /* channel or output; or how many channels, repeated, a filter's weights are for */
    int32_t taps, stride, before; /* of a filter: on a side; pixels between two; padding before */
    int32_t zero_in, zero, rectified; /* zeros of uint8; whether what is below 0 becomes 0 */
    int32_t weights; /* int8 of quantised layers, else float32; in blocks: marscrop.runtime.packing */
    int32_t sums;    /* int32: what a channel's sum starts with, before it is scaled */
    int32_t signed_sums; /* the same where 128 is taken from each number that comes in */
    int32_t scales, biases; /* float32 */
} McLayer;

typedef struct {
    const McLayer *layers;
    int32_t layer_count;
    const McTensor *tensors;
    int32_t tensor_count;
    int32_t slot_count;
    const uint8_t *numbers; /* aligned to 4 bytes */
    int32_t level;
} McNetwork;

/* How much of this processor networks can use: 0 if nothing, and then nothing below may be called.
   1 AVX2, 2 AVX-512, 3 NEON. Where it is 2, 1 can be asked for as well, and gives the same numbers. */
int32_t mc_network_level(void);

/* Bytes of scratch for a picture, whose sides are multiples of all divisors. */
int64_t mc_network_scratch(const McNetwork *network, int32_t height, int32_t width);

/* Run all layers on a picture of (height, width, channels) uint8. */
void mc_network_run(const McNetwork *network, const uint8_t *pixels, int32_t height, int32_t width,
                    uint8_t *scratch, float *const *outputs);

/* Rows of `length` numbers times columns, plus biases: (count, channels), with MC_BEYOND behind it.
   Weights are in blocks, as those of layers. */
void mc_products(int32_t level, const float *rows, int64_t count, int64_t length, const float *weights,
                 const float *biases, int64_t channels, float *to);

/* Directions of a space, each as far as `scales` says, added to its middle: (length). */
void mc_combine(int32_t level, const float *scales, int64_t count, const int8_t *directions, const float *middle,
                int64_t length, float *to);

/* For each row of sums the scalar product of what of sums + added is above 0 with weights. `channels`
   is a multiple of 16; `apart` numbers lie between the rows. */
void mc_scores(int32_t level, const float *sums, int64_t count, int64_t apart, const float *added,
               const float *weights, int64_t channels, float *to);
