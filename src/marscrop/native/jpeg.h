/* A baseline JPEG at an eighth of its size; see jpeg.c. All memory is the caller's. */

#pragma once

#include <stdint.h>

/* Bytes that must follow the data, whatever they are. */
#define MC_PADDING 512

typedef struct {
    int32_t width, height, components;
    int32_t luma_across, luma_down; /* blocks of an MCU; colours have one */
    int32_t restart_interval;       /* MCUs, or 0 */
    uint8_t steps[3][64];           /* quantisation of each component, in zigzag order */
    uint8_t dc[3][16 + 256], ac[3][16 + 256]; /* codes of 1..16 bits, then their symbols */
} McHeader;

typedef struct {
    const uint8_t *bytes; /* without stuffing and markers, as mc_unstuff leaves them */
    int64_t length;
    const int64_t *restart; /* where those after each restart marker begin [bytes] */
    int64_t restarts;
} McData;

/* A run of MCUs that are read one after the other, in as many calls as it takes. */
typedef struct {
    int64_t position; /* in, out: where the next MCU begins [bits] */
    int64_t end;      /* from where on no MCU is begun [bits] */
    int64_t count;    /* in, out: MCUs read */
    int64_t most;     /* MCUs */
    int64_t restart;  /* in, out: the next restart marker */
    int32_t guessed;  /* it may begin within an MCU: go on until one can be read */
    int64_t spare;    /* in, out: if guessed, how much may be read in vain [bits] */
    const int64_t *meet; /* stop where an MCU begins at one of these, in order [bits] */
    int64_t meets;
    int64_t passed; /* in, out: how many of `meet` lie behind; which one it stopped at */
    int64_t met;    /* out: whether it stopped at one of `meet` */
    int16_t *differences; /* out: of the DC coefficients, for each block of each MCU */
    int32_t *added;     /* out, 4:2:0 alone: 8 numbers for each MCU */
    int64_t *positions; /* out, or NULL: where each MCU begins [bits] */
} McRun;

typedef struct {
    int64_t mcu;   /* the next one */
    int64_t dc[3]; /* of the one before, for each component */
} McPlace;

struct McPlan;

int64_t mc_plan_size(void);

/* Returns 0, or -1 where this cannot be read here. */
int mc_plan_fill(struct McPlan *plan, const McHeader *header);

int64_t mc_mcus(const struct McPlan *plan);

/* Take stuffing and restart markers out of entropy-coded data, in place.

   There must be exactly `most` restart markers, in order, and then the marker `end`. Returns the bytes
   that are left, or -1. */
int64_t mc_unstuff(uint8_t *data, int64_t length, int end, int64_t *restarts, int64_t most);

/* Go on with a run, for a fraction of a second.

   Returns 1 if there is more to read, 0 at its end, or -1 where the data are damaged. */
int mc_read(const struct McPlan *plan, const McData *data, McRun *run);

/* The pixels of MCUs, which go on at `place`: (height, width, 3) RGB or (height, width) grey.

   Returns 0, or -1 where a value is so far beyond a pixel's that libjpeg's may be another. */
int mc_compose(const struct McPlan *plan, McPlace *place, int64_t count,
               const int16_t *differences, const int32_t *added, uint8_t *pixels);
