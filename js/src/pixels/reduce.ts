/** Pictures that were decoded whole, brought nearer to the networks' size by means of blocks. */

import type { Size } from "../geometry.js";
import type { Pixels } from "./pixels.js";

/** So many pixels are kept for each asked one; the filter then does the rest, in one step. */
export const MIN_OVERSAMPLING = 2;

const DIVISORS = [8, 4, 2] as const;

/** By how much a picture may be divided so that enough of it is left: 8, 4, 2 or 1. */
export function divisorOf(size: Size, wanted: Size): number {
  const spare = Math.min(
    Math.floor(size.width / (MIN_OVERSAMPLING * wanted.width)),
    Math.floor(size.height / (MIN_OVERSAMPLING * wanted.height)),
  );
  return DIVISORS.find((divisor) => divisor <= spare) ?? 1;
}

/**
 * Means of blocks of RGBA pixels, as RGBA; what alpha is does not count.
 *
 * @param pixels - four channels. The last column and row of blocks may hold fewer pixels.
 */
export function blockMeans(pixels: Pixels, divisor: number): Pixels {
  const { width, height } = pixels;
  const across = Math.ceil(width / divisor);
  const down = Math.ceil(height / divisor);
  const data = new Uint8Array(across * down * 4);
  const words = new Uint32Array(pixels.data.buffer, pixels.data.byteOffset, width * height);
  // Two channels a word: 64 values of a block of 8 x 8 add up to less than 16 bits.
  const even = new Uint32Array(across);
  const odd = new Uint32Array(across);
  for (let row = 0; row < down; row++) {
    even.fill(0);
    odd.fill(0);
    const stop = Math.min(height, (row + 1) * divisor);
    for (let y = row * divisor; y < stop; y++) addRow(words, y * width, width, divisor, even, odd);
    const rows = stop - row * divisor;
    for (let column = 0; column < across; column++) {
      const count = rows * Math.min(divisor, width - column * divisor);
      const half = count >> 1;
      const at = (row * across + column) * 4;
      data[at] = ((even[column] & 0xffff) + half) / count;
      data[at + 1] = ((odd[column] & 0xffff) + half) / count;
      data[at + 2] = ((even[column] >>> 16) + half) / count;
      data[at + 3] = 255;
    }
  }
  return { data, width: across, height: down, channels: 4 };
}

function addRow(
  words: Uint32Array,
  from: number,
  width: number,
  divisor: number,
  even: Uint32Array,
  odd: Uint32Array,
): void {
  const whole = Math.floor(width / divisor);
  for (let column = 0; column < even.length; column++) {
    const count = column < whole ? divisor : width - whole * divisor;
    let a = 0;
    let b = 0;
    for (let i = 0; i < count; i++) {
      const word = words[from++];
      a = (a + (word & 0xff00ff)) | 0;
      b = (b + ((word >>> 8) & 0xff00ff)) | 0;
    }
    even[column] += a;
    odd[column] += b;
  }
}
