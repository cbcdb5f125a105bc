/**
 * The candidate crops of one ratio on one map, in whole pixels: the best, then the next best. Twin of
 * `candidates.py`.
 */

import { frameOf, hasRatio, iou, snap, type Box, type Window } from "../geometry.js";
import type { Grid } from "../grid.js";
import type { Prior } from "../model-rules.js";
import type { AspectRatio } from "../ratio.js";
import type { SubjectMap } from "../subjects.js";
import { searchWithin } from "./constrained-search.js";
import type { Limits } from "./constraints.js";
import { placeWindow } from "./placement.js";
import { nearestBox } from "./rounding.js";
import { MAX_CANDIDATE_IOU } from "./scorer.js";

/**
 * Pixels by which boxes to keep, and boxes to avoid, are shrunk: one pair a try.
 *
 * A box of whole pixels may meet limits that no window of exactly its ratio meets: its sides are
 * rounded, which moves an edge by less than a pixel. With an anchor, a window that need not hold all
 * of what is kept may lie nearer to what is avoided, so that each is also shrunk alone.
 */
const EASES_PX: readonly (readonly [kept: number, avoided: number])[] = [
  [0, 0],
  [1, 1],
  [0, 1],
  [1, 0],
];

/**
 * Windows that are tried for a further crop. One or two do, but in a photo of a few pixels, where any
 * number of windows become the box that is taken.
 */
const MOST_TRIES = 16;

/**
 * The best crop of `ratio` within limits.
 *
 * A photo that has the ratio is its own crop, if the limits allow that. Else `placeWindow` proposes a
 * window. A box to keep or an anchor moves it no further than needed. Boxes to avoid cut the allowed
 * places apart, and the nearest one may be anywhere: with any, a window that breaks a limit gives way
 * to the most likely window within the limits.
 *
 * @param logits - log odds that a cell lies in the crop; the map covers the whole photo.
 * @param limits - what the crop must meet. Its box meets them exactly, after rounding.
 * @param ratio - asked ratio.
 * @param prior - of people's crops.
 * @param subjects - of the photo; where none is known, the map alone decides.
 * @returns box [px of the photo], or null if no crop meets the limits.
 * @throws MarscropError logits that are not finite.
 */
export function bestCrop(
  logits: Grid,
  limits: Limits,
  ratio: AspectRatio,
  prior: Prior,
  subjects: SubjectMap | null,
): Box | null {
  const { image, avoid, minSize } = limits;
  const whole = frameOf(image);
  if (hasRatio(image, ratio) && limits.allow(whole, ratio)) return whole;
  const window = placeWindow(logits, image, ratio, prior, minSize, subjects);
  const box = avoid.length ? snap(window, image, ratio) : nearestBox(window, limits, ratio);
  if (box !== null && limits.allow(box, ratio)) return box;
  return mostLikely(logits, limits, ratio);
}

/**
 * The most likely crop that overlaps none of `taken` [px] by more than `MAX_CANDIDATE_IOU`.
 *
 * Arguments, result and errors otherwise as of `bestCrop`.
 */
export function nextCrop(
  logits: Grid,
  limits: Limits,
  ratio: AspectRatio,
  taken: readonly Box[],
): Box | null {
  const clearOf: Window[] = [...taken];
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const found = searchWithin(logits, limits, ratio, { clearOf });
    if (found === null) return null;
    const box = nearestBox(found.window, limits, ratio);
    if (box && taken.every((other) => iou(box, other) <= MAX_CANDIDATE_IOU)) return box;
    clearOf.push(found.window); // rounding brought it too near to a better one
  }
  return null;
}

/** The most likely window within the limits, rounded; null if no box meets them. */
function mostLikely(logits: Grid, limits: Limits, ratio: AspectRatio): Box | null {
  for (const [easeKept, easeAvoided] of EASES_PX) {
    const found = searchWithin(logits, limits, ratio, { easeKept, easeAvoided });
    const box = found && nearestBox(found.window, limits, ratio);
    if (box) return box;
  }
  return null;
}
