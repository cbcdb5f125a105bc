/**
 * The scores of many windows on one map, and which of them overlap taken ones too much. Twin of
 * `scorer.py`.
 */

import type { Window } from "../geometry.js";
import type { Grid } from "../grid.js";
import { clip } from "../numeric.js";
import { integralImage, type ScoredWindow } from "./likelihood.js";
import { EPSILON, farEdge, nearEdge, type Track } from "./tracks.js";

/** The largest IoU of a further crop of a ratio with any better one. */
export const MAX_CANDIDATE_IOU = 0.5;

/** Of the areas of two windows together, what they may have in common: the limit of their IoU. */
const MOST_SHARED = MAX_CANDIDATE_IOU / (1 + MAX_CANDIDATE_IOU);

/** A map of logits, prepared for scoring windows, and the windows already taken [cells]. */
export class WindowScorer {
  readonly columns: number;
  readonly rows: number;
  /** The largest absolute logit. */
  readonly peak: number;
  /** Logits, column by column. */
  private readonly byColumn: Float64Array;
  /** Of each row, sums of logits from the left border to each grid line; by grid line. */
  private readonly leftOf: Float64Array;
  /** Sums of logits from the upper left corner, (rows + 1) x (columns + 1). */
  private readonly integral: Float64Array;

  constructor(
    logits: Grid,
    /** Windows that another may overlap by no more than `MAX_CANDIDATE_IOU`. */
    readonly taken: readonly Window[],
  ) {
    const { rows, columns, data } = logits;
    [this.rows, this.columns] = [rows, columns];
    this.byColumn = new Float64Array(rows * columns);
    this.leftOf = new Float64Array(rows * (columns + 1));
    let peak = 0;
    for (let i = 0; i < columns; i++) {
      for (let j = 0; j < rows; j++) {
        const logit = data[j * columns + i];
        this.byColumn[i * rows + j] = logit;
        this.leftOf[(i + 1) * rows + j] = this.leftOf[i * rows + j] + logit;
        peak = Math.max(peak, Math.abs(logit));
      }
    }
    this.peak = peak;
    this.integral = integralImage(logits);
  }

  /** Scores of all pairs of an x track and a y track at one scale, x by x. */
  atScale(xs: readonly Track[], ys: readonly Track[], scale: number): Float64Array {
    const { rows } = this;
    const scores = new Float64Array(xs.length * ys.length);
    const near = Float64Array.from(ys, (y) => nearEdge(y, scale));
    const far = Float64Array.from(ys, (y) => farEdge(y, scale));
    const strip = new Float64Array(rows);
    const above = new Float64Array(rows + 1); // sums of the strip
    let at = 0;
    for (const x of xs) {
      strip.fill(0);
      this.addLeftOf(farEdge(x, scale), strip, 1);
      this.addLeftOf(nearEdge(x, scale), strip, -1);
      for (let j = 0; j < rows; j++) above[j + 1] = above[j] + strip[j];
      for (let b = 0; b < ys.length; b++) {
        scores[at++] = upTo(far[b], strip, above) - upTo(near[b], strip, above);
      }
    }
    return scores;
  }

  /** Adds to `strip` the integral of each row of cells from 0 to x, times a sign. */
  private addLeftOf(x: number, strip: Float64Array, sign: number): void {
    const { rows } = this;
    const i = clip(Math.trunc(x), 0, this.columns - 1);
    for (let j = 0; j < rows; j++) {
      strip[j] += sign * (this.byColumn[i * rows + j] * (x - i) + this.leftOf[i * rows + j]);
    }
  }

  /** The score of a window. */
  at([x0, y0, x1, y1]: Window): number {
    const upper = this.corner(x1, y0) - this.corner(x0, y0);
    const lower = this.corner(x1, y1) - this.corner(x0, y1);
    return lower - upper;
  }

  /** Integral of the map from its upper left corner to (x, y). */
  private corner(x: number, y: number): number {
    const { rows, columns, integral } = this;
    const i = clip(Math.trunc(x), 0, columns - 1);
    const j = clip(Math.trunc(y), 0, rows - 1);
    const [u, v] = [clip(x - i, 0, 1), clip(y - j, 0, 1)];
    const [at, below] = [j * (columns + 1) + i, (j + 1) * (columns + 1) + i];
    const top = (1 - u) * integral[at] + u * integral[at + 1];
    const bottom = (1 - u) * integral[below] + u * integral[below + 1];
    return (1 - v) * top + v * bottom;
  }

  /** Whether a window overlaps no taken one by too much. */
  isFree(x0: number, y0: number, x1: number, y1: number): boolean {
    const area = (x1 - x0) * (y1 - y0);
    for (const other of this.taken) {
      const width = Math.max(Math.min(x1, other[2]) - Math.max(x0, other[0]), 0);
      const height = Math.max(Math.min(y1, other[3]) - Math.max(y0, other[1]), 0);
      // intersection / union <= limit, without the division
      const otherArea = (other[2] - other[0]) * (other[3] - other[1]);
      if (width * height > MOST_SHARED * (area + otherArea)) return false;
    }
    return true;
  }

  /**
   * The window of the highest score; of equals the one nearest the middle of the map.
   *
   * @param scores - of all windows; those of -Infinity are none.
   * @param windowAt - the edges of one of them.
   */
  pick(scores: Float64Array, windowAt: (k: number) => Window): ScoredWindow | null {
    let top = -Infinity;
    for (const score of scores) if (score > top) top = score;
    if (top === -Infinity) return null;
    let best: Window | null = null;
    let least = Infinity;
    for (let k = 0; k < scores.length; k++) {
      if (!(scores[k] >= top - EPSILON)) continue;
      const window = windowAt(k);
      const [x0, y0, x1, y1] = window;
      const away = (x0 + x1 - this.columns) ** 2 + (y0 + y1 - this.rows) ** 2;
      if (away < least) [best, least] = [window, away];
    }
    return best && { window: best, score: top };
  }
}

/** The sum of a strip's cells from 0 to y; nothing lies beyond its ends. */
function upTo(y: number, strip: Float64Array, above: Float64Array): number {
  if (y <= 0) return 0;
  const j = Math.min(Math.trunc(y), strip.length);
  return j === strip.length ? above[j] : above[j] + (y - j) * strip[j];
}
