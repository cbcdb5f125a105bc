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

#include <string.h>

enum {
    FAILED = -1,
    BLOCK = 64,
    LAST = 63, /* AC coefficients of a block */
    LOOKUP_BITS = 9,
    SKIP_BITS = 12,
    SKIPS_A_LOAD = 4, /* of SKIP_BITS each, from the 57 bits or more that a load gives */
    MOST_COMPONENTS = 3,
    MOST_SIDE = 65500, /* libjpeg's limit [px] */
    MOST_DC_SIZE = 15, /* bits of a DC coefficient, as libjpeg has them */
    MOST_LEVEL = 511, /* what libjpeg takes for white, on all processors */
    MOST_COEFFICIENT = 1500, /* a pixel's range and coarse steps make 1,055; with these, and
                                MOST_LEVEL's DC, the sums of both passes fit 16 bits */
    BITS_A_CALL = 1 << 24, /* so that signals are heard, and what fails elsewhere */
    ENDS_BLOCK = 0x8000,
    NO_WHOLE_SYMBOL = 127 << 8
};

typedef struct {
    uint16_t skip[1 << SKIP_BITS];  /* ENDS_BLOCK | coefficients << 8 | bits, of whole symbols */
    uint16_t symbol[1 << LOOKUP_BITS]; /* symbol << 8 | bits of its code; 0: it is longer */
    int32_t first[17], offset[17], count[17];
    uint8_t values[256];
} Huffman;

struct McPlan {
    int32_t width, height; /* of the answer */
    int32_t across, down;  /* MCUs */
    int32_t components, luma_across, luma_down;
    int32_t blocks; /* of an MCU */
    int32_t restart_interval;
    int32_t halved; /* 4:2:0 */
    int32_t step[MOST_COMPONENTS][BLOCK]; /* in zigzag order */
    Huffman dc[MOST_COMPONENTS], ac[MOST_COMPONENTS];
};

static const uint8_t NATURAL[BLOCK] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
    41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
    30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

int64_t mc_plan_size(void) { return (int64_t)sizeof(struct McPlan); }

/* The next bits, first one highest: `count` of them are sure, what follows is too or is 0. */
typedef struct {
    uint64_t bits;
    int count;
    const uint8_t *next;
} Reader;

static inline uint64_t loaded(const uint8_t *p) {
    uint64_t bits;
#if defined(__GNUC__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(&bits, p, sizeof bits);
    bits = __builtin_bswap64(bits);
#else
    bits = 0;
    for (int i = 0; i < 8; i++) bits = bits << 8 | p[i];
#endif
    return bits;
}

/* Make it 56 bits or more. What is loaded does not wait for what was read since the last time. */
static inline void refill(Reader *reader) {
    reader->bits |= loaded(reader->next) >> reader->count;
    reader->next += (63 - reader->count) >> 3;
    reader->count |= 56;
}

static inline void take(Reader *reader, int count) {
    reader->bits <<= count;
    reader->count -= count;
}

static inline Reader reader_at(const uint8_t *data, int64_t position) {
    Reader reader = {0, 0, data + (position >> 3)};
    refill(&reader);
    take(&reader, (int)(position & 7));
    return reader;
}

static inline int64_t position_of(const Reader *reader, const uint8_t *data) {
    return 8 * (reader->next - data) - reader->count;
}

/* The symbol that `bits` begin with, and the length of its code: symbol << 8 | length, or FAILED. */
static inline int symbol_at(const Huffman *table, uint64_t bits) {
    int found = table->symbol[bits >> (64 - LOOKUP_BITS)];
    if (found) return found;
    for (int length = LOOKUP_BITS + 1; length <= 16; length++) {
        int32_t index = (int32_t)(bits >> (64 - length)) - table->first[length];
        if (index >= 0 && index < table->count[length])
            return table->values[table->offset[length] + index] << 8 | length;
    }
    return FAILED;
}

static void fill_skips(Huffman *table) {
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
        table->skip[prefix] =
            used ? (uint16_t)((ends ? ENDS_BLOCK : 0) | coefficients << 8 | used) : NO_WHOLE_SYMBOL;
    }
}

/* `spec` holds how many codes have 1..16 bits, then their symbols in order. As in libjpeg, no code
   may be of ones alone, and no DC coefficient longer than MOST_DC_SIZE, be it used or not. */
static int fill_table(Huffman *table, const uint8_t *spec, int is_ac) {
    int32_t code = 0, total = 0;
    memset(table, 0, sizeof *table);
    for (int length = 1; length <= 16; length++, code <<= 1) {
        table->first[length] = code;
        table->offset[length] = total;
        table->count[length] = spec[length - 1];
        code += spec[length - 1];
        total += spec[length - 1];
        if (total > 256 || code >= 1 << length) return FAILED;
    }
    memcpy(table->values, spec + 16, (size_t)total);
    if (!is_ac)
        for (int32_t i = 0; i < total; i++)
            if (table->values[i] > MOST_DC_SIZE) return FAILED;
    for (int length = 1; length <= LOOKUP_BITS; length++)
        for (int32_t i = 0; i < table->count[length]; i++) {
            int spare = LOOKUP_BITS - length, value = table->values[table->offset[length] + i];
            for (int32_t rest = 0; rest < 1 << spare; rest++)
                table->symbol[(table->first[length] + i) << spare | rest] =
                    (uint16_t)(value << 8 | length);
        }
    if (is_ac) fill_skips(table);
    return 0;
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
        if (fill_table(&plan->dc[i], header->dc[i], 0) < 0) return FAILED;
        if (fill_table(&plan->ac[i], header->ac[i], 1) < 0) return FAILED;
    }
    return 0;
}

int64_t mc_mcus(const struct McPlan *plan) { return (int64_t)plan->across * plan->down; }

int64_t mc_unstuff(uint8_t *data, int64_t length, int64_t *restarts, int64_t most) {
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
        } else if (code == 0xd9 && found == most) {
            return to;
        } else {
            return FAILED;
        }
        from += 2;
    }
    return FAILED;
}

/* A value of `size` bits, the highest of `bits` (ITU T.81, F.2.2.1). */
static inline int32_t extended(uint64_t bits, int size) {
    if (!size) return 0;
    int32_t value = (int32_t)(bits >> (64 - size));
    return value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
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
static inline int skip_ac(const Huffman *table, Reader *reader) {
    int seen = 0;
    for (;;) {
        refill(reader);
        for (int i = 0; i < SKIPS_A_LOAD; i++) {
            unsigned entry = table->skip[reader->bits >> (64 - SKIP_BITS)];
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

/* jidctred.c's constants, of 13 bits. */
static int64_t odd_part(int64_t one, int64_t three, int64_t five, int64_t seven) {
    return one * 29692 - three * 10426 + five * 6967 - seven * 5906;
}

/* What the AC coefficients add to the four pixels of a block, before the last shift by 20. */
static void reduced_idct(const int32_t *c, int32_t *added) {
    static const int COLUMNS[] = {0, 1, 3, 5, 7};
    int64_t rows[2][8];
    for (int i = 0; i < 5; i++) {
        int x = COLUMNS[i];
        int64_t odd = odd_part(c[8 + x], c[24 + x], c[40 + x], c[56 + x]);
        int64_t even = (int64_t)c[x] * (1 << 15), half = 1 << 12;
        rows[0][x] = (even + odd + half) >> 13;
        rows[1][x] = (even - odd + half) >> 13;
    }
    for (int y = 0; y < 2; y++) {
        const int64_t *row = rows[y];
        int64_t even = row[0] * (1 << 15), odd = odd_part(row[1], row[3], row[5], row[7]);
        added[2 * y] = (int32_t)(even + odd);
        added[2 * y + 1] = (int32_t)(even - odd);
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
        wild |= coefficient < -MOST_COEFFICIENT || coefficient > MOST_COEFFICIENT;
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
                         : skip_ac(&plan->ac[component], reader);
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

static inline uint8_t clamped(int64_t value) {
    return value < 0 ? 0 : value > 255 ? 255 : (uint8_t)value;
}

/* JFIF's colours as libjpeg computes them: 16 bits of fraction. */
static inline void put_rgb(uint8_t *pixel, int y, int cb, int cr) {
    cb -= 128;
    cr -= 128;
    pixel[0] = clamped(y + ((91881 * cr + 32768) >> 16));
    pixel[1] = clamped(y + ((-22554 * cb - 46802 * cr + 32768) >> 16));
    pixel[2] = clamped(y + ((116130 * cb + 32768) >> 16));
}

static inline int is_wild(int64_t level) { return level < -MOST_LEVEL || level > MOST_LEVEL; }

/* Of a block with a pixel of its own. Levels are pixels less 128. */
static inline int64_t mean_level(int64_t dc, int32_t step) { return (dc * step + 4) >> 3; }

static inline int64_t reduced_level(int64_t dc, int32_t step, int32_t added) {
    return (dc * step * (1 << 17) + added + (1 << 19)) >> 20;
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
