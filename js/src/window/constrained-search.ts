/**
 * An exact search for the most likely window among those that meet constraints. Twin of
 * `constrained_search.py`, which proves it.
 *
 * A best window lies on a track (see `tracks`) of each axis. Along a pair of tracks the scales
 * allowed are one interval, in which the score is quadratic between *knots*, the scales at which an
 * edge meets a grid line. A maximum lies at a knot, at an end of the interval, or at the top of a
 * parabola; a bound on the curvature tells which intervals between knots can hold one.
 */

import { scaled, sizeOf, type Box, type Window } from "../geometry.js";
import type { Grid } from "../grid.js";
import { argsort, unique } from "../numeric.js";
import type { AspectRatio } from "../ratio.js";
import type { Limits, Range } from "./constraints.js";
import { checkMap, type ScoredWindow } from "./likelihood.js";
import { WindowScorer } from "./scorer.js";
import {
  crossings,
  EPSILON,
  familiesOf,
  farEdge,
  nearEdge,
  overlapFrom,
  type Axis,
  type Track,
} from "./tracks.js";

/** Scores among which equals go to the one nearest the middle: as many as Python holds at once. */
const CHUNK = 100_000;

interface SearchOptions {
  /** Windows [px] with which its IoU must not exceed `MAX_CANDIDATE_IOU`. */
  readonly clearOf?: readonly Window[];
  /** By how much each side of the boxes to keep is drawn in [px]. */
  readonly easeKept?: number;
  /** Likewise of the boxes to avoid. */
  readonly easeAvoided?: number;
}

/**
 * The most likely window of `ratio` that meets the limits.
 *
 * @param logits - log odds that a cell lies in the crop; the map covers the whole photo.
 * @param limits - what the window must meet.
 * @param ratio - asked ratio.
 * @param options - with `clearOf`, the answer is the best of the windows at knots and ends:
 * parabolas are not followed.
 * @returns the window and its score, or null if no window meets the limits.
 * @throws MarscropError logits that are not finite.
 */
export function searchWithin(
  logits: Grid,
  limits: Limits,
  ratio: AspectRatio,
  { clearOf = [], easeKept = 0, easeAvoided = 0 }: SearchOptions = {},
): ScoredWindow | null {
  checkMap(logits);
  const { rows, columns } = logits;
  const { image, anchor } = limits;
  const [cellX, cellY] = [image.width / columns, image.height / rows];
  const width = Math.min(columns, (image.height * ratio.value) / cellX);
  const height = Math.min(rows, image.width / ratio.value / cellY);
  const hull = limits.hull && inset(limits.hull, easeKept, 1 / cellX, 1 / cellY);
  const avoid = limits.avoid.map((box) => inset(box, easeAvoided, 1 / cellX, 1 / cellY));
  const across: Axis = {
    cells: columns,
    length: width,
    kept: hull && [hull[0], hull[2]],
    stops: avoid.map(([x0, , x1]): Range => [x0, x1]),
    pinned: anchor.x,
  };
  const down: Axis = {
    cells: rows,
    length: height,
    kept: hull && [hull[1], hull[3]],
    stops: avoid.map(([, y0, , y1]): Range => [y0, y1]),
    pinned: anchor.y,
  };
  const taken = clearOf.map((window) => scaled(window, 1 / cellX, 1 / cellY));
  const scorer = new WindowScorer(logits, taken);
  const area = width * height;
  let best: ScoredWindow | null = null;
  for (const xs of familiesOf(across)) {
    for (const ys of familiesOf(down)) {
      const pairs = Pairs.of(xs, ys, avoid, limits.minSize);
      if (pairs) best = bestOf(pairs, scorer, area, best);
    }
  }
  return best && { window: scaled(best.window, cellX, cellY), score: best.score };
}

/** All pairs of an x track and a y track, x by x, with the scales allowed to each. */
class Pairs {
  private constructor(
    readonly xs: readonly Track[],
    readonly ys: readonly Track[],
    readonly low: Float64Array,
    readonly high: Float64Array,
  ) {}

  /** All pairs, without tracks of which no pair has a scale allowed; null if none is left. */
  static of(
    xs: readonly Track[],
    ys: readonly Track[],
    avoid: readonly Window[],
    minScale: number,
  ): Pairs | null {
    const meetsX = avoid.map(([x0, , x1]) => xs.map((x) => overlapFrom(x, x0, x1)));
    const meetsY = avoid.map(([, y0, , y1]) => ys.map((y) => overlapFrom(y, y0, y1)));
    const low = (a: number, b: number): number => Math.max(xs[a].low, ys[b].low, minScale);
    const high = (a: number, b: number): number =>
      avoid.reduce(
        (most, _, i) => Math.min(most, Math.max(meetsX[i][a], meetsY[i][b])),
        Math.min(xs[a].high, ys[b].high, 1),
      );
    const [someX, someY] = [new Set<number>(), new Set<number>()];
    xs.forEach((_, a) => {
      ys.forEach((__, b) => {
        if (low(a, b) <= high(a, b) + EPSILON) {
          someX.add(a);
          someY.add(b);
        }
      });
    });
    if (someX.size === 0) return null;
    const as = [...someX];
    const bs = [...someY].sort((a, b) => a - b);
    return new Pairs(
      as.map((a) => xs[a]),
      bs.map((b) => ys[b]),
      Float64Array.from(as.flatMap((a) => bs.map((b) => low(a, b)))),
      Float64Array.from(as.flatMap((a) => bs.map((b) => high(a, b)))),
    );
  }

  get count(): number {
    return this.low.length;
  }

  /** Whether any scale is allowed to a pair. */
  isPossible(pair: number): boolean {
    return this.low[pair] <= this.high[pair] + EPSILON;
  }

  /** The window of a pair at a scale [cells]. */
  window(pair: number, scale: number): Window {
    const x = this.xs[Math.floor(pair / this.ys.length)];
    const y = this.ys[pair % this.ys.length];
    return [nearEdge(x, scale), nearEdge(y, scale), farEdge(x, scale), farEdge(y, scale)];
  }

  /** Scales at which an edge meets a grid line, and both ends of the range; ascending. */
  knots(columns: number, rows: number): Float64Array {
    let [first, last] = [Infinity, -Infinity];
    for (let pair = 0; pair < this.count; pair++) {
      if (!this.isPossible(pair)) continue;
      first = Math.min(first, this.low[pair]);
      last = Math.max(last, this.high[pair]);
    }
    const met = [...crossings(this.xs, columns), ...crossings(this.ys, rows)];
    return unique([...met.filter((scale) => scale > first && scale < last), first, last]);
  }
}

/** The best window of these pairs, or `floor` if none of them beats it. */
function bestOf(
  pairs: Pairs,
  scorer: WindowScorer,
  area: number,
  floor: ScoredWindow | null,
): ScoredWindow | null {
  const knots = pairs.knots(scorer.columns, scorer.rows);
  let best = better(floor, bestEnd(pairs, scorer));
  const reach = new Float64Array(knots.length - 1).fill(-Infinity);
  const step = Math.max(1, Math.floor(CHUNK / pairs.count));
  for (let first = 0; first < knots.length; first += step) {
    const part = knots.subarray(first, first + step + 1); // one more, so that no interval is lost
    const scores = Array.from(part, (scale) => scorer.atScale(pairs.xs, pairs.ys, scale));
    best = better(best, bestAtKnots(pairs, scorer, part, scores));
    if (scorer.taken.length) continue;
    for (let k = 0; k + 1 < part.length; k++) {
      for (let pair = 0; pair < pairs.count; pair++) {
        if (pairs.low[pair] < part[k + 1] && part[k] < pairs.high[pair]) {
          const end = Math.max(scores[k][pair], scores[k + 1][pair]);
          reach[first + k] = Math.max(reach[first + k], end);
        }
      }
    }
  }
  if (scorer.taken.length) return best;
  for (let k = 0; k < reach.length; k++) {
    reach[k] += (area * scorer.peak * (knots[k + 1] - knots[k]) ** 2) / 4;
  }
  for (const k of argsort(reach.map((one) => -one))) {
    if (best !== null && reach[k] <= best.score) break;
    best = better(best, bestBetween(pairs, scorer, knots[k], knots[k + 1]));
  }
  return best;
}

/** The best window at one of some knots, of which the scores are known. */
function bestAtKnots(
  pairs: Pairs,
  scorer: WindowScorer,
  knots: Float64Array,
  scores: readonly Float64Array[],
): ScoredWindow | null {
  const { count, xs, ys, low, high } = pairs;
  const scored = new Float64Array(knots.length * count).fill(-Infinity);
  knots.forEach((scale, k) => {
    const top = Float64Array.from(ys, (y) => nearEdge(y, scale));
    const bottom = Float64Array.from(ys, (y) => farEdge(y, scale));
    let pair = 0;
    for (const x of xs) {
      const [left, right] = [nearEdge(x, scale), farEdge(x, scale)];
      for (let b = 0; b < ys.length; b++, pair++) {
        const allowed = low[pair] <= scale + EPSILON && scale <= high[pair] + EPSILON;
        if (allowed && scorer.isFree(left, top[b], right, bottom[b])) {
          scored[k * count + pair] = scores[k][pair];
        }
      }
    }
  });
  return scorer.pick(scored, (at) => pairs.window(at % count, knots[Math.floor(at / count)]));
}

/** The best window at an end of its own pair's interval of scales. */
function bestEnd(pairs: Pairs, scorer: WindowScorer): ScoredWindow | null {
  let best: ScoredWindow | null = null;
  for (const end of [pairs.low, pairs.high]) {
    const scored = end.map((scale, pair) => {
      if (!pairs.isPossible(pair)) return -Infinity;
      const window = pairs.window(pair, scale);
      return scorer.isFree(...window) ? scorer.at(window) : -Infinity;
    });
    best = better(
      best,
      scorer.pick(scored, (pair) => pairs.window(pair, end[pair])),
    );
  }
  return best;
}

/** The best window at the top of a parabola strictly between two knots, if there is any. */
function bestBetween(
  pairs: Pairs,
  scorer: WindowScorer,
  low: number,
  high: number,
): ScoredWindow | null {
  const [a, m, b] = [low, (low + high) / 2, high].map((scale) =>
    scorer.atScale(pairs.xs, pairs.ys, scale),
  );
  const at = new Float64Array(pairs.count);
  const scored = at.map((_, pair) => {
    const slope = 4 * m[pair] - 3 * a[pair] - b[pair];
    const bend = 2 * a[pair] - 4 * m[pair] + 2 * b[pair];
    const t = bend < -EPSILON ? -slope / (2 * bend) : 0;
    at[pair] = low + t * (high - low);
    const inside = t > 0 && t < 1 && pairs.low[pair] <= at[pair] && at[pair] <= pairs.high[pair];
    return inside ? a[pair] + slope * t + bend * t * t : -Infinity;
  });
  return scorer.pick(scored, (pair) => pairs.window(pair, at[pair]));
}

/** The window of the higher score; the first of equals, whatever their last bits. */
function better(a: ScoredWindow | null, b: ScoredWindow | null): ScoredWindow | null {
  if (a === null || b === null) return a ?? b;
  return b.score > a.score + EPSILON ? b : a;
}

/** A box [px] drawn in by so much on every side, not beyond its middle, in cells. */
function inset(box: Box, byPx: number, x: number, y: number): Window {
  const { width, height } = sizeOf(box);
  const [insetX, insetY] = [Math.min(byPx, width / 2), Math.min(byPx, height / 2)];
  return scaled([box[0] + insetX, box[1] + insetY, box[2] - insetX, box[3] - insetY], x, y);
}
