/**
 * Windows from maps of their middles, as CenterNet gives them. Twin of `peaks.py`.
 *
 * Each cell has a score that the middle of something lies in it, where in it, and the size of that
 * something (Zhou et al., "Objects as Points", 2019). All is done in single precision, as in Python.
 */

import type { Window } from "../geometry.js";

/** A window [cells] and its score. */
export interface Peak {
  readonly window: Window;
  readonly score: number;
}

/** The maps of one kind: score, offset y and x, log of height and width; all of one size. */
export interface PeakMaps {
  /** 5 x rows x columns numbers. */
  readonly data: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/** The windows of all cells with at least a score that none of their eight neighbours exceeds. */
export function peaksOf({ data, rows, columns }: PeakMaps, minScore: number): Peak[] {
  const cells = rows * columns;
  const least = Math.fround(minScore);
  const peaks: Peak[] = [];
  for (let i = 0; i < cells; i++) {
    const score = data[i];
    const [row, column] = [Math.floor(i / columns), i % columns];
    if (score < least || !isHighest(data, row, column, rows, columns)) continue;
    const [y, x] = [row + data[cells + i] + 0.5, column + data[2 * cells + i] + 0.5];
    const height = Math.fround(Math.exp(data[3 * cells + i]));
    const width = Math.fround(Math.exp(data[4 * cells + i]));
    const window: Window = [
      Math.fround(x - width / 2),
      Math.fround(y - height / 2),
      Math.fround(x + width / 2),
      Math.fround(y + height / 2),
    ];
    peaks.push({ window, score });
  }
  return peaks;
}

function isHighest(
  scores: Float32Array,
  row: number,
  column: number,
  rows: number,
  columns: number,
): boolean {
  const own = scores[row * columns + column];
  for (let j = Math.max(row - 1, 0); j <= Math.min(row + 1, rows - 1); j++) {
    for (let i = Math.max(column - 1, 0); i <= Math.min(column + 1, columns - 1); i++) {
      if (scores[j * columns + i] > own) return false;
    }
  }
  return true;
}

/**
 * The peaks to keep, surest first: of windows that overlap much, only one.
 *
 * @param peaks - all of them.
 * @param sameIou - windows that overlap by this IoU or more are one.
 * @param most - how many are kept.
 */
export function surest(peaks: readonly Peak[], sameIou: number, most: number): Peak[] {
  const kept: Peak[] = [];
  let rest = [...peaks].sort((a, b) => b.score - a.score);
  while (rest.length && kept.length !== most) {
    const [best, ...others] = rest;
    kept.push(best);
    rest = others.filter((other) => overlap(best.window, other.window) < sameIou);
  }
  return kept;
}

/** IoU in single precision; it is NaN for two windows without any area. */
function overlap(a: Window, b: Window): number {
  const f = Math.fround;
  const width = Math.max(f(Math.min(a[2], b[2]) - Math.max(a[0], b[0])), 0);
  const height = Math.max(f(Math.min(a[3], b[3]) - Math.max(a[1], b[1])), 0);
  const shared = f(width * height);
  return f(shared / f(f(area(a) + area(b)) - shared));
}

function area([x0, y0, x1, y1]: Window): number {
  return Math.fround(Math.fround(x1 - x0) * Math.fround(y1 - y0));
}
