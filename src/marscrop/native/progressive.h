/* A progressive JPEG at an eighth of its size; see progressive.c. All memory is the caller's. */

#pragma once

#include "jpeg.h"

/* A component's coefficients, as far as they are wanted: zero before its first scan. */
typedef struct {
    int16_t *coefficients; /* (rows of blocks, stride, kept), in natural order */
    int32_t stride;        /* blocks of a row, those that fill the last MCU included */
    int32_t kept;          /* of each block: 1, or all 64 */
} McPlane;

/* A scan of DC coefficients, or of one component's AC coefficients. */
typedef struct {
    int32_t across, down; /* MCUs */
    int32_t components;
    McPlane planes[3];
    int32_t blocks_across[3], blocks_down[3]; /* of an MCU */
    int32_t first, last; /* coefficients, in zigzag order: 0 and 0, or some of 1..63 */
    int32_t refines;     /* the bit `low`, of coefficients whose higher bits are known */
    int32_t low;         /* bits that come later, 0..13 */
    int32_t restart_interval;     /* MCUs, or 0 */
    uint8_t codes[3][16 + 256];   /* codes of 1..16 bits, then their symbols */
} McScan;

/* What is seen at an eighth. */
typedef struct {
    int32_t width, height; /* of the answer */
    int32_t components;    /* 1, or 3: luma and colours */
    int32_t luma_across, luma_down; /* blocks of luma for one of colour */
    McPlane planes[3];
    uint8_t steps[3][64]; /* quantisation of each component, in zigzag order */
} McPicture;

/* Read a scan into its planes. 0, or -1 where the data are damaged. */
int mc_scan(const McScan *scan, const McData *data);

/* The pixels: (height, width, 3) RGB or (height, width) grey.

   Returns 0, or -1 where a value is so far beyond a pixel's that libjpeg's may be another. */
int mc_picture(const McPicture *picture, uint8_t *pixels);
