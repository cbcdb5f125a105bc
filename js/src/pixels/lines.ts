/** The lines of a picture, counted from one of its sides. */

import { median } from "./statistics.js";
import type { Pixels } from "./pixels.js";

/** Sides of a picture, in the order of a box's edges. */
export type Side = 0 | 1 | 2 | 3;
export const SIDES: readonly Side[] = [0, 1, 2, 3];

/** Lines that are parallel to a side, from the outside. */
export interface Lines {
  readonly data: Pixels["data"];
  readonly count: number;
  /** Pixels of a line. */
  readonly length: number;
  /** Where line `i`, pixel `j` begins: `origin + i * line + j * pixel`. */
  readonly origin: number;
  readonly line: number;
  readonly pixel: number;
}

/** The lines of RGB or RGBA pixels, from a side. */
export function linesFrom(pixels: Pixels, side: Side): Lines {
  const { data, width, height, channels } = pixels;
  const row = width * channels;
  const upright = side === 0 || side === 2;
  const [count, length] = upright ? [width, height] : [height, width];
  const [line, pixel] = upright ? [channels, row] : [row, channels];
  return side < 2
    ? { data, count, length, origin: 0, line, pixel }
    : { data, count, length, origin: (count - 1) * line, line: -line, pixel };
}

/** The colour of a line: the median of each channel. */
export function colourOf(lines: Lines, index: number): [number, number, number] {
  const at = lines.origin + index * lines.line;
  const channel = new Uint8Array(lines.length);
  const medians = [0, 1, 2].map((c) => {
    for (let j = 0; j < lines.length; j++) channel[j] = lines.data[at + j * lines.pixel + c];
    return median(channel);
  });
  return [medians[0], medians[1], medians[2]];
}

/** How far each pixel of a line is from a colour, 0..255, by the channel that differs most. */
export function away(lines: Lines, index: number, [r, g, b]: readonly number[]): Float64Array {
  const { data, pixel } = lines;
  const found = new Float64Array(lines.length);
  let at = lines.origin + index * lines.line;
  for (let j = 0; j < lines.length; j++, at += pixel) {
    found[j] = Math.max(
      Math.abs(data[at] - r),
      Math.abs(data[at + 1] - g),
      Math.abs(data[at + 2] - b),
    );
  }
  return found;
}

/** Share of values above a limit; 0 where there are none. */
export function shareAbove(values: Float64Array, limit: number): number {
  let count = 0;
  for (const value of values) if (value > limit) count++;
  return values.length ? count / values.length : 0;
}

/** Share of values up to a limit, itself included. */
export function shareUpTo(values: Float64Array, limit: number): number {
  let count = 0;
  for (const value of values) if (value <= limit) count++;
  return count / values.length;
}
