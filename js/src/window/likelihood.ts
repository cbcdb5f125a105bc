/**
 * The likelihood of a window, from the map of logits. Twin of `likelihood.py`, which says why: it is
 * the integral of the logits over the window.
 */

import { MarscropError } from "../errors.js";
import type { Window } from "../geometry.js";
import type { Grid } from "../grid.js";

/** A window and how likely it is. */
export interface ScoredWindow {
  /** Edges [px of the image]. */
  readonly window: Window;
  /** Sum of logits inside, in cells of the map. */
  readonly score: number;
}

/**
 * Refuse a map whose sums would mean nothing.
 *
 * @throws MarscropError logits that are not finite.
 */
export function checkMap(logits: Grid): void {
  if (!logits.data.every(Number.isFinite)) {
    throw new MarscropError(
      "map holds values that are not finite; the model or its input is broken",
    );
  }
}

/** (h + 1) x (w + 1) numbers: entry [j, i] is the sum of the cells above j and left of i. */
export function integralImage({ data, rows, columns }: Grid): Float64Array {
  const width = columns + 1;
  const integral = new Float64Array((rows + 1) * width);
  const above = new Float64Array(columns);
  for (let j = 0; j < rows; j++) {
    let total = 0;
    for (let i = 0; i < columns; i++) {
      above[i] += data[j * columns + i];
      total += above[i];
      integral[(j + 1) * width + i + 1] = total;
    }
  }
  return integral;
}

/** How much of each of a row's cells lies between two edges [cells], 0..1, into `covered`. */
export function coverage(near: number, far: number, covered: Float64Array): Float64Array {
  for (let i = 0; i < covered.length; i++) {
    covered[i] = Math.max(Math.min(far, i + 1) - Math.max(near, i), 0);
  }
  return covered;
}

/**
 * Sums of a map's cells, or parts of cells, inside each of many windows of one size.
 *
 * @param values - the map.
 * @param lefts - where windows begin, in shares of the map's width.
 * @param tops - likewise of its height.
 * @param width - of all of them, in the same unit.
 * @param height - likewise.
 * @returns a sum for each top and left, row by row.
 */
export function sumsInside(
  values: Grid,
  lefts: Float64Array,
  tops: Float64Array,
  width: number,
  height: number,
): Float64Array {
  const { rows, columns } = values;
  const across = Array.from(lefts, (left): readonly [number, number] => [
    left * columns,
    (left + width) * columns,
  ]);
  const down = Array.from(tops, (top): readonly [number, number] => [
    top * rows,
    (top + height) * rows,
  ]);
  return sumsBetween(values, across, down);
}

/**
 * Sums of a map's cells between pairs of edges.
 *
 * @param values - the map.
 * @param across - left and right edges [cells].
 * @param down - upper and lower edges [cells].
 * @returns a sum for each of `down` and of `across`, row by row.
 */
export function sumsBetween(
  { data, rows, columns }: Grid,
  across: readonly (readonly [number, number])[],
  down: readonly (readonly [number, number])[],
): Float64Array {
  const sums = new Float64Array(down.length * across.length);
  const shares = across.map(([near, far]) => coverage(near, far, new Float64Array(columns)));
  const share = new Float64Array(rows);
  const strip = new Float64Array(columns);
  down.forEach(([near, far], y) => {
    coverage(near, far, share);
    strip.fill(0);
    for (let j = 0; j < rows; j++) {
      if (share[j] === 0) continue;
      for (let i = 0; i < columns; i++) strip[i] += share[j] * data[j * columns + i];
    }
    shares.forEach((covered, x) => {
      let total = 0;
      for (let i = 0; i < columns; i++) total += strip[i] * covered[i];
      sums[y * across.length + x] = total;
    });
  });
  return sums;
}
