/* A convolutional network, run layer by layer on one core.

   It is there for what ONNX Runtime cannot give: a start without 70 MB of library and graph
   optimisers, no threads of its own, and the same numbers on every processor. It knows the layers of
   this project's networks, and no others; whoever has another network runs it otherwise. What layers
   do is written once, in network_layers.inc; network_avx512.c and its like say it to a processor. */

#include "network_processors.inc"

enum { ALIGNMENT = 64, MOST_TENSORS = 256 };

int32_t mc_network_level(void) { return (int32_t)mc_processor(); }

static const Processor *processor(int32_t level) {
    switch (level) {
#if defined(MC_X86)
    case MC_AVX512: return &mc_avx512;
    case MC_AVX2: return &mc_avx2;
#elif defined(MC_ARM)
    case MC_NEON: return &mc_neon;
#endif
    default: return 0;
    }
}

static int64_t tensor_bytes(const McTensor *tensor, int32_t height, int32_t width) {
    int64_t pixels = (int64_t)(height / tensor->divisor) * (width / tensor->divisor);
    int64_t bytes = pixels * tensor->channels * tensor->bytes + MC_BEYOND;
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* What a layer has beside tensors: a row of `gather`, or a Ring. */
static int64_t spare_bytes(const McNetwork *network, int32_t width) {
    int64_t most = 0;
    for (int32_t i = 0; i < network->layer_count; i++) {
        const McLayer *layer = network->layers + i;
        const McTensor *from = network->tensors + layer->from;
        int64_t pixel = (int64_t)from->channels * from->bytes;
        int64_t across = width / network->tensors[layer->to].divisor + layer->taps;
        int64_t gathered = across * (layer->taps * layer->taps * pixel + 4) + MC_BEYOND;
        int64_t ring = layer->taps * layer->stride * (across * pixel + MC_BEYOND) + MC_BEYOND;
        int64_t bytes = gathered > ring ? gathered : ring;
        most = bytes > most ? bytes : most;
    }
    return (most + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* Where slot `slot` ends that begins at `begin`. */
static int64_t slot_end(const McNetwork *network, int32_t slot, int64_t begin, int32_t height,
                        int32_t width) {
    int64_t most = 0;
    for (int32_t i = 0; i < network->tensor_count; i++) {
        if (network->tensors[i].slot != slot) continue;
        int64_t bytes = tensor_bytes(network->tensors + i, height, width);
        most = bytes > most ? bytes : most;
    }
    return begin + most;
}

int64_t mc_network_scratch(const McNetwork *network, int32_t height, int32_t width) {
    int64_t end = spare_bytes(network, width);
    for (int32_t slot = 0; slot < network->slot_count; slot++)
        end = slot_end(network, slot, end, height, width);
    return end;
}

void mc_network_run(const McNetwork *network, const uint8_t *pixels, int32_t height, int32_t width,
                    uint8_t *scratch, float *const *outputs) {
    Tensor tensors[MOST_TENSORS];
    int64_t begin = spare_bytes(network, width);
    for (int32_t slot = 0; slot < network->slot_count; slot++) {
        for (int32_t i = 0; i < network->tensor_count; i++) {
            const McTensor *tensor = network->tensors + i;
            if (tensor->slot != slot) continue;
            tensors[i] = (Tensor){height / tensor->divisor, width / tensor->divisor,
                                  tensor->channels, scratch + begin};
        }
        begin = slot_end(network, slot, begin, height, width);
    }
    memcpy(tensors[0].numbers, pixels, (size_t)height * width * tensors[0].channels);
    const Processor *by = processor(network->level);
    for (int32_t i = 0; i < network->layer_count; i++) {
        const McLayer *is = network->layers + i;
        int32_t sums = network->level == MC_NEON ? is->signed_sums : is->sums;
        Layer layer = {*is,
                       (const int8_t *)(network->numbers + is->weights),
                       (const float *)(const void *)(network->numbers + is->weights),
                       (const int32_t *)(const void *)(network->numbers + sums),
                       (const float *)(const void *)(network->numbers + is->scales),
                       (const float *)(const void *)(network->numbers + is->biases)};
        by->layer(&layer, tensors, scratch, outputs);
    }
}

void mc_products(int32_t level, const float *rows, int64_t count, int64_t length, const float *weights,
                 const float *biases, int64_t channels, float *to) {
    processor(level)->products(rows, count, length, weights, biases, channels, to);
}

void mc_combine(int32_t level, const float *scales, int64_t count, const int8_t *directions, const float *middle,
                int64_t length, float *to) {
    processor(level)->combine(scales, count, directions, middle, length, to);
}

void mc_scores(int32_t level, const float *sums, int64_t count, int64_t apart, const float *added,
               const float *weights, int64_t channels, float *to) {
    processor(level)->scores(sums, count, apart, added, weights, channels, to);
}
