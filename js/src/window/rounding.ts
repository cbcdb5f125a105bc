/**
 * The rounding of a window to whole pixels that breaks no constraint. Twin of `rounding.py`.
 *
 * `snap` gives the nearest box of the ratio; where that breaks a limit, the nearest one that does
 * not is taken. Crops of one ratio have one size for each longer side, and a smaller crop that holds
 * the hull fits wherever a larger one does. So the sizes that fit are all from the smallest allowed
 * up to a largest, which bisection finds.
 */

import {
  boxAt,
  centreOf,
  clamp,
  largestWindow,
  longerSide,
  roundHalfUp,
  sizeOf,
  snap,
  type Box,
  type Size,
  type Window,
} from "../geometry.js";
import type { AspectRatio } from "../ratio.js";
import type { Limits, Range } from "./constraints.js";

/** How far a box may lie from its window before it is made smaller instead, by as much [px]. */
const NEAR_PX = 2;

/**
 * The box nearest to `window` [px] that has `ratio` and meets the limits.
 *
 * @returns the box [px of the photo], or null if no box of the ratio meets the limits.
 */
export function nearestBox(window: Window, limits: Limits, ratio: AspectRatio): Box | null {
  const box = snap(window, limits.image, ratio);
  if (limits.allow(box, ratio)) return box;
  const smallest = limits.smallest(ratio);
  const largest = longerSide(largestWindow(limits.image, ratio), ratio);
  const asked = clamp(longerSide(sizeOf(box), ratio), Math.min(smallest, largest), largest);
  const tried: Box[] = [];
  for (let longer = asked; longer >= Math.max(asked - NEAR_PX, smallest, 1); longer--) {
    const placed = place(window, limits, limits.size(longer, ratio));
    if (placed) tried.push(placed);
  }
  if (tried.length === 0) return largestThatFits(window, limits, ratio, smallest, asked);
  const distances = tried.map((candidate) => distance(candidate, window));
  const near = distances.findIndex((one) => one <= NEAR_PX);
  return tried[near >= 0 ? near : distances.indexOf(Math.min(...distances))];
}

/** The largest box below `tooLarge` [px, longer side] that meets the limits, by bisection. */
function largestThatFits(
  window: Window,
  limits: Limits,
  ratio: AspectRatio,
  smallest: number,
  tooLarge: number,
): Box | null {
  let best = place(window, limits, limits.size(smallest, ratio));
  let fits = smallest;
  while (best !== null && tooLarge - fits > 1) {
    const middle = Math.floor((fits + tooLarge) / 2);
    const placed = place(window, limits, limits.size(middle, ratio));
    if (placed === null) tooLarge = middle;
    else [fits, best] = [middle, placed];
  }
  return best;
}

/**
 * The box of `size` whose centre is nearest to the window's, within the limits.
 *
 * The offsets allowed are a rectangle from which boxes to avoid cut others; the nearest one lies, on
 * each axis, at the window's own or at an end of one of those.
 */
function place(window: Window, limits: Limits, size: Size | null): Box | null {
  if (size === null) return null;
  const { width, height } = size;
  const [centreX, centreY] = centreOf(window);
  const [wantedX, wantedY] = [centreX - width / 2, centreY - height / 2];
  const spansX = limits.avoid.map(([x0, , x1]): Range => [x0, x1]);
  const spansY = limits.avoid.map(([, y0, , y1]): Range => [y0, y1]);
  let best: Box | null = null;
  let least = Infinity;
  for (const x of offsets(wantedX, limits.xRange(width), width, spansX)) {
    for (const y of offsets(wantedY, limits.yRange(height), height, spansY)) {
      const away = (x - wantedX) ** 2 + (y - wantedY) ** 2;
      if (away < least && isClear(limits, x, y, size)) [best, least] = [boxAt(x, y, size), away];
    }
  }
  return best;
}

function isClear({ avoid }: Limits, x: number, y: number, { width, height }: Size): boolean {
  return !avoid.some(([x0, y0, x1, y1]) => x < x1 && x + width > x0 && y < y1 && y + height > y0);
}

/** Offsets from first to last at which the nearest clear one can lie; none if first > last. */
function offsets(
  wanted: number,
  [first, last]: Range,
  length: number,
  avoided: readonly Range[],
): number[] {
  const ends = avoided.flatMap(([low, high]) => [low - length, high]);
  const found = [clamp(roundHalfUp(wanted), first, last), first, last, ...ends];
  const inside = found.filter((offset) => first <= offset && offset <= last);
  return [...new Set(inside)].sort((a, b) => a - b);
}

/** The distance of the two centres, on the axis where it is larger [px]. */
function distance(box: Box, window: Window): number {
  const [[x, y], [boxX, boxY]] = [centreOf(window), centreOf(box)];
  return Math.max(Math.abs(x - boxX), Math.abs(y - boxY));
}
