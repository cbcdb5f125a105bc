/* A baseline JPEG at an eighth of its size, from its entropy-coded data: one pixel a block.

   At that size a block of 8 x 8 is its mean alone, the DC coefficient, so that the rest of it, most
   of the file, need not be decoded but only stepped over: several Huffman symbols a table look-up.
   Where colours are halved both ways (4:2:0), a block of them makes 2 x 2 pixels. The pixels are
   those of libjpeg-turbo's reduced inverse DCTs (jidctred.c), to the bit; tests hold them to it.

   A JPEG's data can be read from its start only, as codes vary in length. But a reader that starts
   anywhere falls into step after some blocks. So the second half is read at the same time as the
   first, its places noted, and counts from where the first reader arrives at one of those places
   (Klein and Wiseman, "Parallel Huffman decoding with applications to JPEG files", 2003): from
   there on both would read the same. The answer is thus exact, not likely. Where it begins within a
   block, it tries again at each byte until it can read an MCU; what it reads in vain is counted, as
   data can be made in which each MCU fails at its end.

   What no encoder writes, libjpeg-turbo reads one way in C and other ways with each processor's
   vector instructions: sums that do not fit 16 bits, values far beyond a pixel's. That is refused.

   Nothing here trusts the data. Whatever is not as it should be ends in FAILED, and the caller
   leaves the file to libjpeg. Reads stay within `length` + MC_PADDING bytes: a block takes at most
   64 codes of 16 bits with 15 bits each, and starts within the data. */

#include "jpeg.h"
#include "jpeg_parts.inc"

enum {
    SKIP_BITS = 12,
    SKIPS_A_LOAD = 4, /* of SKIP_BITS each, from the 57 bits or more that a load gives */
    MOST_SIDE = 65500, /* libjpeg's limit [px] */
    BITS_A_CALL = 1 << 24, /* so that signals are heard, and what fails elsewhere */
    ENDS_BLOCK = 0x8000,
    NO_WHOLE_SYMBOL = 127 << 8
};

struct McPlan {
    int32_t width, height; /* of the answer */
    int32_t across, down;  /* MCUs */
    int32_t components, luma_across, luma_down;
    int32_t blocks; /* of an MCU */
    int32_t restart_interval;
    int32_t halved; /* 4:2:0 */
    int32_t step[MOST_COMPONENTS][BLOCK]; /* in zigzag order */
    Huffman dc[MOST_COMPONENTS], ac[MOST_COMPONENTS];
    /* Of each table of AC codes: ENDS_BLOCK | coefficients << 8 | bits, of whole symbols. */
    uint16_t skips[MOST_COMPONENTS][1 << SKIP_BITS];
};

int64_t mc_plan_size(void) { return (int64_t)sizeof(struct McPlan); }

static void fill_skips(const Huffman *table, uint16_t *skips) {
    for (uint32_t prefix = 0; prefix < 1 << SKIP_BITS; prefix++) {
        int used = 0, coefficients = 0, ends = 0;
        while (!ends) {
            int found = symbol_at(table, (uint64_t)prefix << (64 - SKIP_BITS) << used);
            if (found < 0) break;
            int symbol = found >> 8, run = symbol >> 4, size = symbol & 15;
            int needed = (found & 255) + size;
            if (used + needed > SKIP_BITS) break;
            int more = size ? run + 1 : run == 15 ? 16 : 0;
            if (coefficients + more >= LAST && used) break;
            used += needed;
            coefficients += more;
            ends = !more;
        }
        skips[prefix] =
            used ? (uint16_t)((ends ? ENDS_BLOCK : 0) | coefficients << 8 | used) : NO_WHOLE_SYMBOL;
    }
}

int mc_plan_fill(struct McPlan *plan, const McHeader *header) {
    memset(plan, 0, sizeof *plan);
    int h = header->luma_across, v = header->luma_down;
    int known = header->components == 1 ? h == 1 && v == 1
                                        : header->components == 3 && (h == 1 || h == 2) && v <= h && v >= 1;
    if (!known || header->width < 1 || header->height < 1 || header->width > MOST_SIDE ||
        header->height > MOST_SIDE || header->restart_interval < 0)
        return FAILED;
    plan->width = (header->width + 7) / 8;
    plan->height = (header->height + 7) / 8;
    plan->across = (plan->width + h - 1) / h;
    plan->down = (plan->height + v - 1) / v;
    plan->components = header->components;
    plan->luma_across = h;
    plan->luma_down = v;
    plan->blocks = h * v + header->components - 1;
    plan->halved = header->components == 3 && v == 2;
    plan->restart_interval = header->restart_interval;
    for (int i = 0; i < header->components; i++) {
        for (int k = 0; k < BLOCK; k++)
            if (!(plan->step[i][k] = header->steps[i][k])) return FAILED;
        if (fill_table(&plan->dc[i], header->dc[i], 1) < 0) return FAILED;
        if (fill_table(&plan->ac[i], header->ac[i], 0) < 0) return FAILED;
        fill_skips(&plan->ac[i], plan->skips[i]);
    }
    return 0;
}

int64_t mc_mcus(const struct McPlan *plan) { return (int64_t)plan->across * plan->down; }

int64_t mc_unstuff(uint8_t *data, int64_t length, int end, int64_t *restarts, int64_t most) {
    int64_t from = 0, to = 0, found = 0;
    while (from < length) {
        const uint8_t *mark = memchr(data + from, 0xff, (size_t)(length - from));
        int64_t plain = mark ? mark - (data + from) : length - from;
        if (to != from) memmove(data + to, data + from, (size_t)plain);
        from += plain;
        to += plain;
        if (from + 1 >= length) return FAILED;
        int code = data[from + 1];
        if (code == 0) {
            data[to++] = 0xff;
        } else if (code == 0xd0 + found % 8 && found < most) {
            restarts[found++] = to;
        } else if (code == end && found == most) {
            return to;
        } else {
            return FAILED;
        }
        from += 2;
    }
    return FAILED;
}

static inline int read_dc(const Huffman *table, Reader *reader, int16_t *difference) {
    refill(reader);
    int found = symbol_at(table, reader->bits), size = found >> 8;
    if (found < 0) return FAILED;
    take(reader, found & 255);
    *difference = (int16_t)extended(reader->bits, size);
    take(reader, size);
    return 0;
}

/* Step over a block's AC coefficients. */
static inline int skip_ac(const Huffman *table, const uint16_t *skips, Reader *reader) {
    int seen = 0;
    for (;;) {
        refill(reader);
        for (int i = 0; i < SKIPS_A_LOAD; i++) {
            unsigned entry = skips[reader->bits >> (64 - SKIP_BITS)];
            int now = seen + (int)(entry >> 8 & 127);
            if (now >= LAST) goto one_by_one; /* rare: the block may end within the look-up */
            take(reader, (int)(entry & 63));
            if (entry & ENDS_BLOCK) return 0;
            seen = now;
        }
        continue;
    one_by_one:
        refill(reader);
        int found = symbol_at(table, reader->bits);
        if (found < 0) return FAILED;
        int run = found >> 12, size = found >> 8 & 15;
        take(reader, (found & 255) + size);
        if (!size && run != 15) return 0;
        seen += run + 1;
        if (seen >= LAST) return seen == LAST ? 0 : FAILED;
    }
}

/* Read a block's AC coefficients, and what they add to its four pixels. */
static inline int read_ac(const Huffman *table, const int32_t *step, Reader *reader,
                          int32_t *added) {
    int32_t coefficients[BLOCK];
    int seen = 0, wild = 0;
    memset(added, 0, 4 * sizeof *added);
    for (;;) {
        refill(reader);
        int found = symbol_at(table, reader->bits);
        if (found < 0) return FAILED;
        int run = found >> 12, size = found >> 8 & 15;
        take(reader, found & 255);
        if (!size && run != 15) break;
        if (!seen) memset(coefficients, 0, sizeof coefficients);
        seen += run + 1;
        if (seen > LAST) return FAILED;
        int32_t coefficient = extended(reader->bits, size) * step[seen];
        wild |= is_wild_coefficient(coefficient);
        coefficients[NATURAL[seen]] = coefficient;
        take(reader, size);
        if (seen == LAST) break;
    }
    if (wild) return FAILED;
    if (seen) reduced_idct(coefficients, added);
    return 0;
}

static inline int read_mcu(const struct McPlan *plan, Reader *reader, const uint8_t *end,
                           int16_t *differences, int32_t *added) {
    int luma = plan->luma_across * plan->luma_down;
    for (int block = 0; block < plan->blocks; block++) {
        int component = block < luma ? 0 : block - luma + 1;
        /* A block's codes have 2,000 bits at most, which MC_PADDING has room for. */
        if (reader->next > end + 8) return FAILED;
        if (read_dc(&plan->dc[component], reader, &differences[block]) < 0) return FAILED;
        int failed = plan->halved && component
                         ? read_ac(&plan->ac[component], plan->step[component], reader,
                                   added + 4 * (component - 1))
                         : skip_ac(&plan->ac[component], plan->skips[component], reader);
        if (failed) return FAILED;
    }
    return 0;
}

int mc_read(const struct McPlan *plan, const McData *data, McRun *run) {
    int64_t position = run->position, count = run->count, passed = run->passed, spent = 0;
    int interval = plan->restart_interval, more = 0;
    Reader reader = reader_at(data->bytes, position);
    run->met = 0;
    for (;;) {
        while (passed < run->meets && run->meet[passed] < position) passed++;
        if (passed < run->meets && run->meet[passed] == position) {
            run->met = 1;
            break;
        }
        if (count == run->most || position >= run->end) break;
        if (spent > BITS_A_CALL) {
            more = 1;
            break;
        }
        if (interval && count && count % interval == 0) {
            /* Bits that fill the last byte, then the marker. */
            int64_t next = run->restart++;
            if (next >= data->restarts || (position + 7) / 8 != data->restart[next]) return FAILED;
            position = 8 * data->restart[next];
            if (position >= run->end) break;
            reader = reader_at(data->bytes, position);
        }
        int failed = read_mcu(plan, &reader, data->bytes + data->length,
                              run->differences + count * plan->blocks,
                              plan->halved ? run->added + count * 8 : NULL);
        int64_t after = position_of(&reader, data->bytes);
        spent += after - position;
        if (!failed && after <= 8 * data->length) {
            run->positions[count++] = position;
            position = after;
        } else if (run->guessed) { /* not in step: begin anew a little later */
            run->spare -= after - position;
            if (run->spare < 0) return FAILED;
            position = 8 * (position / 8 + 1);
            reader = reader_at(data->bytes, position);
            count = 0;
        } else {
            return FAILED;
        }
    }
    run->position = position;
    run->count = count;
    run->passed = passed;
    return more;
}

int mc_compose(const struct McPlan *plan, McPlace *place, int64_t count,
               const int16_t *differences, const int32_t *added, uint8_t *pixels) {
    int across = plan->luma_across, luma = across * plan->luma_down, colours = plan->components - 1;
    int64_t column = place->mcu % plan->across, row = place->mcu / plan->across;
    for (int64_t n = 0; n < count; n++) {
        uint8_t values[MOST_COMPONENTS][4];
        if (plan->restart_interval && (place->mcu + n) % plan->restart_interval == 0)
            memset(place->dc, 0, sizeof place->dc);
        for (int i = 0; i < luma; i++) {
            place->dc[0] += *differences++;
            int64_t level = mean_level(place->dc[0], plan->step[0][0]);
            if (is_wild(level)) return FAILED;
            values[0][i] = clamped(level + 128);
        }
        for (int c = 1; c <= colours; c++) {
            int64_t dc = place->dc[c] += *differences++;
            int32_t step = plan->step[c][0];
            int64_t mean = mean_level(dc, step);
            if (is_wild(mean)) return FAILED;
            for (int i = 0; i < luma; i++) {
                int64_t level = plan->halved ? reduced_level(dc, step, *added++) : mean;
                if (is_wild(level)) return FAILED;
                values[c][i] = clamped(level + 128);
            }
        }
        for (int i = 0; i < luma; i++) {
            int64_t x = column * across + i % across, y = row * plan->luma_down + i / across;
            if (x >= plan->width || y >= plan->height) continue;
            uint8_t *pixel = pixels + (y * plan->width + x) * plan->components;
            if (colours)
                put_rgb(pixel, values[0][i], values[1][i], values[2][i]);
            else
                *pixel = values[0][i];
        }
        if (++column == plan->across) {
            column = 0;
            row++;
        }
    }
    place->mcu += count;
    return 0;
}
