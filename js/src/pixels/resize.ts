/**
 * The one resize rule: Pillow's bilinear filter, to the bit, as the networks were trained with it.
 *
 * Its support grows with the reduction, so that nothing aliases. Weights have 22 bits, sums are
 * rounded to 8 bits after each of the two passes: across, then down.
 */

import type { Size, Window } from "../geometry.js";
import type { Pixels } from "./pixels.js";

/** Name that a model's manifest records, so that a model trained otherwise is refused. */
export const FILTER = "bilinear";

const BITS = 22;
const HALF = 1 << (BITS - 1);

/** What each pixel of a row or column is made of. */
interface Weights {
  /** First pixel that each is made of. */
  readonly begin: Int32Array;
  /** How many. */
  readonly taps: Int32Array;
  /** `most` weights for each, in 1 / 2^22. */
  readonly weights: Int32Array;
  readonly most: number;
}

/**
 * `region` of a picture at exactly `size`, as RGB; alpha is passed over.
 *
 * @param region - in pixels of the picture, edges may be fractional; all by default.
 */
export function resizeRgb(pixels: Pixels, size: Size, region?: Window | null): Pixels {
  const [x0, y0, x1, y1] = region ?? [0, 0, pixels.width, pixels.height];
  const across = weightsOf(pixels.width, x0, x1, size.width);
  const down = weightsOf(pixels.height, y0, y1, size.height);
  const first = down.begin[0];
  const last = size.height - 1;
  const end = down.begin[last] + down.taps[last];
  const between = new Uint8Array((end - first) * size.width * 3);
  for (let y = first; y < end; y++) {
    rowAcross(pixels, y, across, between, (y - first) * size.width * 3);
  }
  const data = rowsDown(between, first, size.width * 3, down);
  return { data, width: size.width, height: size.height, channels: 3 };
}

function rowAcross(pixels: Pixels, y: number, across: Weights, out: Uint8Array, at: number): void {
  const { data, channels } = pixels;
  const { begin, taps, weights, most } = across;
  const row = y * pixels.width * channels;
  const green = channels < 3 ? 0 : 1;
  const blue = channels < 3 ? 0 : 2;
  for (let x = 0; x < begin.length; x++, at += 3) {
    let from = row + begin[x] * channels;
    let r = HALF;
    let g = HALF;
    let b = HALF;
    const stop = x * most + taps[x];
    for (let k = x * most; k < stop; k++, from += channels) {
      const weight = weights[k];
      r = (r + Math.imul(data[from], weight)) | 0;
      g = (g + Math.imul(data[from + green], weight)) | 0;
      b = (b + Math.imul(data[from + blue], weight)) | 0;
    }
    out[at] = rounded(r);
    out[at + 1] = rounded(g);
    out[at + 2] = rounded(b);
  }
}

function rowsDown(rows: Uint8Array, first: number, length: number, down: Weights): Uint8Array {
  const { begin, taps, weights, most } = down;
  const out = new Uint8Array(begin.length * length);
  const sums = new Int32Array(length);
  for (let y = 0; y < begin.length; y++) {
    sums.fill(HALF);
    for (let t = 0; t < taps[y]; t++) {
      const weight = weights[y * most + t];
      const from = (begin[y] - first + t) * length;
      for (let i = 0; i < length; i++) sums[i] += Math.imul(rows[from + i], weight);
    }
    for (let i = 0; i < length; i++) out[y * length + i] = rounded(sums[i]);
  }
  return out;
}

function rounded(sum: number): number {
  const value = sum >> BITS;
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

/** A triangle's weights for `count` pixels of `length`, from `start` to `end`. */
function weightsOf(length: number, start: number, end: number, count: number): Weights {
  // In Pillow's order of arithmetic, so that the rounded weights are the same; of a box it keeps
  // 32 bits.
  const step = Math.fround(Math.fround(end) - Math.fround(start)) / count;
  const reach = Math.max(step, 1);
  const scale = 1 / reach;
  const most = Math.ceil(reach) * 2 + 1;
  const begin = new Int32Array(count);
  const taps = new Int32Array(count);
  const weights = new Int32Array(count * most);
  const real = new Float64Array(most);
  for (let i = 0; i < count; i++) {
    const centre = Math.fround(start) + (i + 0.5) * step;
    const low = Math.max(0, Math.trunc(centre - reach + 0.5));
    const high = Math.min(length, Math.trunc(centre + reach + 0.5));
    let total = 0;
    for (let k = 0; k < high - low; k++) {
      const away = Math.abs((low + k - centre + 0.5) * scale);
      real[k] = away < 1 ? 1 - away : 0;
      total += real[k];
    }
    begin[i] = low;
    taps[i] = high - low;
    for (let k = 0; k < high - low; k++) {
      weights[i * most + k] = Math.trunc((real[k] / (total || 1)) * (1 << BITS) + 0.5);
    }
  }
  return { begin, taps, weights, most };
}
