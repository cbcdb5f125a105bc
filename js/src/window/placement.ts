/**
 * The crop window without constraints: its size from people's crops, its place from the map. Twin of
 * `placement.py`, which tells where the numbers come from.
 *
 * The scale is a quantile of people's scales at this *slack*, the share of the photo that the
 * largest window leaves. The place is the mean of a distribution that rises with the sum of logits
 * and the share of gaze inside. Last, the window may leave the mean, or grow, to cut no head and lose
 * no subject: it goes where their costs (`keeping`) and that of moving are least together.
 */

import { centreOf, roundHalfUp, scaled, sizeOf, type Size, type Window } from "../geometry.js";
import type { Grid } from "../grid.js";
import type { Prior } from "../model-rules.js";
import { argmin, linspace, sum } from "../numeric.js";
import type { AspectRatio } from "../ratio.js";
import type { SubjectMap } from "../subjects.js";
import { Keeping } from "./keeping.js";
import { checkMap, sumsInside } from "./likelihood.js";

/** Positions tried along each axis that leaves room: finer than the maps' cells. */
const POSITIONS = 33;
/** Of the share of gaze inside a window, in the logarithm of its likelihood. */
const GAZE_WEIGHT = 45;
/** Of moving a window by its own side, in heads cut; it rises with the square. */
const MOVE_COST = 3.5;
/** Of a window of twice the side, in heads cut; it rises with the square. */
const GROW_COST = 7;
/** Between positions that are tried for heads and subjects, in shares of a side. */
const FINEST_STEP = 1 / 64;
/** Sizes tried, from the prior's to the largest. */
const SCALES = 4;
/** Of a side, to which a mean place is rounded. */
const PARTS = 2 ** 32;
/** Of a place over the middle: less of it comes from the order in which a map is summed. */
const LEAST_GAIN = 1e-12;

/** The scale of a crop of `ratio` in a photo of the shape of `image`, (0, 1]. */
function priorScale(prior: Prior, image: Size, ratio: AspectRatio): number {
  const { scales } = prior;
  const at = slack(image, ratio) * (scales.length - 1);
  const index = Math.min(Math.trunc(at), scales.length - 2);
  const [low, high] = [scales[index], scales[index + 1]];
  return low + (at - index) * (high - low);
}

/** The share of `image` that its largest window of `ratio` leaves, [0, 1). */
function slack(image: Size, ratio: AspectRatio): number {
  const own = image.width / image.height;
  return 1 - Math.min(own, ratio.value) / Math.max(own, ratio.value);
}

/**
 * The crop window of `ratio`: the prior's scale, at the mean of the map's distribution.
 *
 * @param logits - log odds that a cell lies in the crop; the map covers the whole image.
 * @param image - size of that image [px].
 * @param ratio - asked ratio.
 * @param prior - from people's crops.
 * @param minScale - smallest scale allowed, at most 1; it replaces a smaller one of the prior.
 * @param subjects - of the image: where people look, and what should not be cut.
 * @returns the window [px of `image`], inside it and of exactly `ratio`.
 * @throws MarscropError logits that are not finite.
 */
export function placeWindow(
  logits: Grid,
  image: Size,
  ratio: AspectRatio,
  prior: Prior,
  minScale: number,
  subjects: SubjectMap | null,
): Window {
  checkMap(logits);
  const scale = Math.max(priorScale(prior, image, ratio), minScale);
  // Everything in shares of the image's sides.
  const own = image.width / image.height;
  const largest: Size = {
    width: Math.min(1, ratio.value / own),
    height: Math.min(1, own / ratio.value),
  };
  const [width, height] = [largest.width * scale, largest.height * scale];
  const [lefts, tops] = [starts(width), starts(height)];
  const factor = prior.sharpness / logits.data.length;
  const rated = sumsInside(logits, lefts, tops, width, height).map((one) => factor * one);
  if (subjects !== null) {
    const gaze = sumsInside(subjects.gaze, lefts, tops, width, height);
    for (let i = 0; i < rated.length; i++) rated[i] += GAZE_WEIGHT * gaze[i];
  }
  const [x0, y0] = meanPlace(rated, lefts, tops);
  let window: Window = [x0, y0, x0 + width, y0 + height];
  if (subjects !== null) {
    const keeping = Keeping.of(subjects, image, ratio);
    if (!keeping.isEmpty) window = movedWindow(window, largest, scale, keeping);
  }
  return scaled(window, image.width, image.height);
}

/** The mean of places, each as likely as e to what it is rated. */
function meanPlace(rated: Float64Array, lefts: Float64Array, tops: Float64Array): [number, number] {
  const most = rated.reduce((a, b) => Math.max(a, b));
  const likelihood = rated.map((one) => Math.exp(one - most));
  const rows = Array.from(tops, (_, j) =>
    likelihood.subarray(j * lefts.length, (j + 1) * lefts.length),
  );
  const total = sum(rows.map((row) => sum(row)));
  const [byLeft, byTop] = [new Float64Array(lefts.length), new Float64Array(tops.length)];
  rows.forEach((row, j) => {
    row.forEach((one, i) => {
      byLeft[i] += one / total;
    });
    byTop[j] = sum(row) / total;
  });
  return [
    withoutLastBits(sum(lefts.map((left, i) => left * byLeft[i]))),
    withoutLastBits(sum(tops.map((top, j) => top * byTop[j]))),
  ];
}

/**
 * A share of a side that is the same in whatever order a map is summed, and 1e-10 exact.
 *
 * Else the last bits would decide, by machine, wherever a side or an offset rounds half a pixel.
 */
function withoutLastBits(share: number): number {
  return roundHalfUp(share * PARTS) / PARTS;
}

/** The window near `window`, or a larger one, that costs least; all in shares of the sides. */
function movedWindow(window: Window, largest: Size, scale: number, keeping: Keeping): Window {
  const [centreX, centreY] = centreOf(window);
  const size = sizeOf(window);
  let [best, least] = [window, Infinity];
  for (const larger of scale < 1 ? linspace(scale, 1, SCALES) : [1]) {
    const [width, height] = [largest.width * larger, largest.height * larger];
    const lefts = startsAround(centreX - width / 2, width);
    const tops = startsAround(centreY - height / 2, height);
    const awayX = lefts.map((left) => ((left + width / 2 - centreX) / size.width) ** 2);
    const awayY = tops.map((top) => ((top + height / 2 - centreY) / size.height) ** 2);
    const costs = keeping.costs(lefts, tops, width, height);
    const growth = GROW_COST * (larger / scale - 1) ** 2;
    for (let i = 0; i < costs.length; i++) {
      const [row, column] = [Math.floor(i / lefts.length), i % lefts.length];
      costs[i] = costs[i] + MOVE_COST * (awayY[row] + awayX[column]) + growth;
    }
    const at = argmin(costs);
    if (costs[at] < least - 1e-9) {
      least = costs[at];
      const [x0, y0] = [lefts[at % lefts.length], tops[Math.floor(at / lefts.length)]];
      best = [x0, y0, x0 + width, y0 + height];
    }
  }
  return best;
}

/** Where a side may begin: where it is wanted, as far as that is inside, and evenly spaced. */
function startsAround(wanted: number, side: number): Float64Array {
  const room = 1 - side;
  const count = Math.min(POSITIONS, Math.ceil(room / FINEST_STEP) + 1);
  return Float64Array.of(Math.min(Math.max(wanted, 0), room), ...linspace(0, room, count));
}

/**
 * The gain in the sum of logits from a window of the same size in the middle of `image` to `window`.
 *
 * @param window - edges [px of `image`].
 * @returns the difference of the two sums [logit x share of the photo]; 0 where it is but rounding.
 */
export function gainOverMiddle(logits: Grid, window: Window, image: Size): number {
  const shares = scaled(window, 1 / image.width, 1 / image.height);
  const { width, height } = sizeOf(shares);
  const at = sumInside(logits, shares[0], shares[1], width, height);
  const middle = sumInside(logits, (1 - width) / 2, (1 - height) / 2, width, height);
  const gain = (at - middle) / logits.data.length;
  return Math.abs(gain) > LEAST_GAIN ? gain : 0;
}

/** The share of gaze that lies in a window, its edges in shares of the image's sides. */
export function gazeInside(gaze: Grid, window: Window): number {
  const { width, height } = sizeOf(window);
  return sumInside(gaze, window[0], window[1], width, height);
}

function sumInside(values: Grid, x: number, y: number, width: number, height: number): number {
  return sumsInside(values, Float64Array.of(x), Float64Array.of(y), width, height)[0];
}

/** Evenly spaced positions at which a side may begin, from one end to the other. */
function starts(side: number): Float64Array {
  return side < 1 ? linspace(0, 1 - side, POSITIONS) : new Float64Array(1);
}
