/* A progressive JPEG at an eighth of its size, one pixel a block, from the scans that this takes.

   A block's pixel is its mean, the DC coefficient, which comes in scans of its own: those of AC
   coefficients, nearly all of the file, are stepped over by the caller. Where colours are halved both
   ways (4:2:0), a block of them makes 2 x 2 pixels, of all its coefficients, so that their scans are
   read as well (ITU T.81, G.1.2). The pixels are those of libjpeg-turbo, to the bit, as in jpeg.c; and
   as there, nothing trusts the data: whatever is not as it should be ends in FAILED. */

#include "progressive.h"
#include "jpeg_parts.inc"

enum { MOST_LOW = 13, MOST_VALUE = 32767, ENDED = 15 };

typedef struct {
    const McScan *scan;
    Huffman tables[MOST_COMPONENTS];
    int64_t dc[MOST_COMPONENTS]; /* of the block before */
    int32_t ended; /* blocks that follow without further coefficients */
} State;

static inline int next_bit(Reader *reader) {
    if (reader->count < 1) refill(reader);
    int bit = (int)(reader->bits >> 63);
    take(reader, 1);
    return bit;
}

static int first_dc(State *state, int component, Reader *reader, int16_t *block) {
    int found = symbol_at(&state->tables[component], reader->bits), size = found >> 8;
    if (found < 0) return FAILED;
    take(reader, found & 255);
    state->dc[component] += extended(reader->bits, size);
    take(reader, size);
    int64_t value = state->dc[component] * (1 << state->scan->low);
    if (value < -MOST_VALUE || value > MOST_VALUE) return FAILED;
    *block = (int16_t)value;
    return 0;
}

/* How many blocks a symbol of run `run` ends, with this one. */
static inline int32_t blocks_ended(int run, Reader *reader) {
    int32_t more = run ? (int32_t)(reader->bits >> (64 - run)) : 0;
    take(reader, run);
    return (1 << run) + more;
}

static int first_ac(State *state, Reader *reader, int16_t *block) {
    if (state->ended) {
        state->ended--;
        return 0;
    }
    for (int k = state->scan->first; k <= state->scan->last; k++) {
        refill(reader);
        int found = symbol_at(&state->tables[0], reader->bits);
        if (found < 0) return FAILED;
        int run = found >> 12, size = found >> 8 & 15;
        take(reader, found & 255);
        if (!size && run != ENDED) {
            state->ended = blocks_ended(run, reader) - 1;
            return 0;
        }
        k += run;
        if (!size) continue;
        int32_t value = extended(reader->bits, size) * (1 << state->scan->low);
        take(reader, size);
        if (k > state->scan->last || value < -MOST_VALUE || value > MOST_VALUE) return FAILED;
        block[NATURAL[k]] = (int16_t)value;
    }
    return 0;
}

/* One more bit of a coefficient that is not zero. */
static inline void refine(int16_t *coefficient, int bit, Reader *reader) {
    if (next_bit(reader) && !(*coefficient & bit)) *coefficient += *coefficient < 0 ? -bit : bit;
}

static int further_ac(State *state, Reader *reader, int16_t *block) {
    const int bit = 1 << state->scan->low, last = state->scan->last;
    int k = state->scan->first;
    for (; !state->ended && k <= last; k++) {
        refill(reader);
        int found = symbol_at(&state->tables[0], reader->bits);
        if (found < 0) return FAILED;
        int run = found >> 12, size = found >> 8 & 15, value = 0;
        take(reader, found & 255);
        if (size > 1) return FAILED;
        if (size) {
            value = next_bit(reader) ? bit : -bit;
        } else if (run != ENDED) {
            state->ended = blocks_ended(run, reader);
            break;
        }
        for (; k <= last; k++) { /* as many zeros as the run says; others on the way have a bit each */
            int16_t *coefficient = &block[NATURAL[k]];
            if (*coefficient)
                refine(coefficient, bit, reader);
            else if (--run < 0)
                break;
        }
        if (!value) continue;
        if (k > last) return FAILED;
        block[NATURAL[k]] = (int16_t)value;
    }
    if (state->ended) {
        for (; k <= last; k++)
            if (block[NATURAL[k]]) refine(&block[NATURAL[k]], bit, reader);
        state->ended--;
    }
    return 0;
}

static inline int read_block(State *state, int component, Reader *reader, int16_t *block) {
    const McScan *scan = state->scan;
    if (scan->first) return scan->refines ? further_ac(state, reader, block) : first_ac(state, reader, block);
    refill(reader);
    if (!scan->refines) return first_dc(state, component, reader, block);
    if (next_bit(reader)) *block |= (int16_t)(1 << scan->low);
    return 0;
}

int mc_scan(const McScan *scan, const McData *data) {
    State state = {.scan = scan};
    const int reads_codes = scan->first || !scan->refines;
    if (scan->low < 0 || scan->low > MOST_LOW || scan->first < 0 || scan->last > LAST) return FAILED;
    for (int c = 0; reads_codes && c < scan->components; c++)
        if (fill_table(&state.tables[c], scan->codes[c], !scan->first) < 0) return FAILED;
    const uint8_t *end = data->bytes + data->length;
    int64_t restart = 0, count = 0;
    Reader reader = reader_at(data->bytes, 0);
    for (int32_t row = 0; row < scan->down; row++)
        for (int32_t column = 0; column < scan->across; column++, count++) {
            if (scan->restart_interval && count && count % scan->restart_interval == 0) {
                int64_t position = position_of(&reader, data->bytes);
                if (restart >= data->restarts || (position + 7) / 8 != data->restart[restart])
                    return FAILED;
                reader = reader_at(data->bytes, 8 * data->restart[restart++]);
                memset(state.dc, 0, sizeof state.dc);
                state.ended = 0;
            }
            for (int c = 0; c < scan->components; c++) {
                const McPlane *plane = &scan->planes[c];
                int across = scan->blocks_across[c], blocks = across * scan->blocks_down[c];
                for (int i = 0; i < blocks; i++) {
                    /* A block's bits are 2,100 at most, which MC_PADDING has room for. */
                    if (reader.next > end + 8) return FAILED;
                    int64_t y = (int64_t)row * scan->blocks_down[c] + i / across;
                    int64_t x = (int64_t)column * across + i % across;
                    int16_t *block = plane->coefficients + (y * plane->stride + x) * plane->kept;
                    if (read_block(&state, c, &reader, block) < 0) return FAILED;
                }
            }
        }
    int64_t after = position_of(&reader, data->bytes);
    /* All of the data, but for bits that fill the last byte. */
    return restart == data->restarts && (after + 7) / 8 == data->length ? 0 : FAILED;
}

/* Quantisation in natural order, with 0 for the DC coefficient. */
typedef struct {
    int32_t of[BLOCK];
} AcSteps;

static AcSteps ac_steps(const uint8_t *steps) {
    AcSteps found = {{0}};
    for (int k = 1; k < BLOCK; k++)
        found.of[NATURAL[k]] = steps[k];
    return found;
}

/* What a colour's AC coefficients add to its four pixels. */
static int added_to(const int16_t *block, const AcSteps *steps, int32_t *added) {
    int32_t coefficients[BLOCK], least = 0, most = 0;
    for (int i = 0; i < BLOCK; i++) {
        int32_t value = coefficients[i] = block[i] * steps->of[i];
        least = value < least ? value : least;
        most = value > most ? value : most;
    }
    memset(added, 0, 4 * sizeof *added);
    if (least || most) reduced_idct(coefficients, added);
    return is_wild_coefficient(least) || is_wild_coefficient(most) ? FAILED : 0;
}

/* The values of one colour's block, for each of its `count` pixels. */
static int colour_values(const McPlane *plane, const AcSteps *steps, int32_t step, int64_t x, int64_t y,
                         int count, uint8_t *values) {
    const int16_t *block = plane->coefficients + (y * plane->stride + x) * plane->kept;
    int64_t mean = mean_level(*block, step);
    int32_t added[4];
    if (is_wild(mean)) return FAILED;
    if (plane->kept > 1 && added_to(block, steps, added) < 0) return FAILED;
    for (int i = 0; i < count; i++) {
        int64_t level = plane->kept > 1 ? reduced_level(*block, step, added[i]) : mean;
        if (is_wild(level)) return FAILED;
        values[i] = clamped(level + 128);
    }
    return 0;
}

int mc_picture(const McPicture *picture, uint8_t *pixels) {
    const McPlane *plane = &picture->planes[0];
    const int across = picture->luma_across, count = across * picture->luma_down;
    AcSteps steps[2];
    for (int c = 1; c < picture->components; c++)
        steps[c - 1] = ac_steps(picture->steps[c]);
    for (int64_t top = 0; top < picture->height; top += picture->luma_down)
        for (int64_t left = 0; left < picture->width; left += across) {
            uint8_t colours[2][4];
            for (int c = 1; c < picture->components; c++)
                if (colour_values(&picture->planes[c], &steps[c - 1], picture->steps[c][0], left / across,
                                  top / picture->luma_down, count, colours[c - 1]) < 0)
                    return FAILED;
            for (int i = 0; i < count; i++) {
                int64_t x = left + i % across, y = top + i / across;
                int64_t level = mean_level(plane->coefficients[(y * plane->stride + x) * plane->kept],
                                           picture->steps[0][0]);
                /* Blocks beyond the picture fill an MCU; libjpeg's values of them are not seen. */
                if (x >= picture->width || y >= picture->height) continue;
                if (is_wild(level)) return FAILED;
                uint8_t *pixel = pixels + (y * picture->width + x) * picture->components;
                if (picture->components > 1)
                    put_rgb(pixel, clamped(level + 128), colours[0][i], colours[1][i]);
                else
                    *pixel = clamped(level + 128);
            }
        }
    return 0;
}
