/**
 * A padded crop, for limits that no crop meets: part of the photo on a canvas of the ratio. Twin of
 * `padded_crop.py`.
 *
 * The canvas has the smallest size allowed that can hold what must be kept. As much of the photo as
 * possible goes on it without touching what must be avoided: of all rectangles of the photo that are
 * clear and hold what must be kept, the one that leaves the least of the canvas empty; and in that
 * one the part of the highest score. What is left of the canvas is divided by the anchor, or evenly.
 */

import {
  boxAt,
  frameOf,
  holds,
  isEmpty,
  isEqual,
  overlaps,
  roundHalfUp,
  sizeOf,
  sizeOfRatio,
  type Box,
  type Margins,
  type Size,
} from "../geometry.js";
import type { Grid } from "../grid.js";
import { argmin, linspace, roundHalfEven, unique } from "../numeric.js";
import type { AspectRatio } from "../ratio.js";
import type { Limits, Range } from "./constraints.js";
import { sumsBetween } from "./likelihood.js";

/** Most positions tried on an axis: eight for each cell of the largest map. */
const MOST_OFFSETS = 513;
/** Difference of scores that is but rounding: the first of such places is taken. */
const EQUAL = 1e-9;

/** A box of a photo with the margins that bring it to a ratio. */
export interface PaddedBox {
  /** Inside the photo [px] and within the limits, of any ratio. */
  readonly box: Box;
  /** Padding around the box [px]; both together miss the ratio by half a pixel at most. */
  readonly margins: Margins;
}

/**
 * The padded crop of `ratio` within limits.
 *
 * @param logits - log odds that a cell lies in the crop; the map covers the whole photo.
 * @param limits - what the part of the photo must meet, but for its size.
 * @param ratio - of the canvas.
 * @returns the part and its margins; null if no part of the photo holds what must be kept and is
 * clear of what must be avoided.
 */
export function paddedCrop(logits: Grid, limits: Limits, ratio: AspectRatio): PaddedBox | null {
  const canvas = sizeOfRatio(limits.smallest(ratio), ratio);
  const parts = clearRectangles(limits).map((rectangle) => {
    const { width, height } = sizeOf(rectangle);
    const size = {
      width: Math.min(canvas.width, width),
      height: Math.min(canvas.height, height),
    };
    return { rectangle, size, area: size.width * size.height };
  });
  const largest = Math.max(...parts.map(({ area }) => area));
  let [best, box]: [number, Box | null] = [-Infinity, null];
  for (const { rectangle, size } of parts.filter(({ area }) => area === largest).reverse()) {
    const found = likeliest(logits, limits, rectangle, size);
    if (found.score > best + EQUAL) [best, box] = [found.score, found.box];
  }
  if (box === null) return null;
  const size = sizeOf(box);
  const [restX, restY] = [canvas.width - size.width, canvas.height - size.height];
  const left = share(restX, limits.anchor.x);
  const top = share(restY, limits.anchor.y);
  return { box, margins: [left, top, restX - left, restY - top] };
}

/** The maximal rectangles of the photo that hold the hull and overlap no box to avoid. */
export function clearRectangles(limits: Limits): Box[] {
  let rectangles: Box[] = [frameOf(limits.image)];
  for (const other of limits.avoid) {
    const cut = rectangles.flatMap((rectangle) =>
      overlaps(rectangle, other) ? beside(rectangle, other, limits.hull) : [rectangle],
    );
    const distinct = cut.filter((box, i) => cut.findIndex((one) => isEqual(one, box)) === i);
    rectangles = distinct.filter((box) => !distinct.some((one) => one !== box && holds(one, box)));
  }
  return rectangles.sort(compared);
}

/** Boxes by their first edge that differs. */
function compared(a: Box, b: Box): number {
  return a.map((edge, i) => edge - b[i]).find((difference) => difference !== 0) ?? 0;
}

/** What is left of a rectangle beside a box in it, on up to four sides; each holds the hull. */
function beside([x0, y0, x1, y1]: Box, other: Box, hull: Box | null): Box[] {
  const pieces: Box[] = [
    [x0, y0, Math.min(x1, other[0]), y1],
    [Math.max(x0, other[2]), y0, x1, y1],
    [x0, y0, x1, Math.min(y1, other[1])],
    [x0, Math.max(y0, other[3]), x1, y1],
  ];
  return pieces.filter((piece) => !isEmpty(piece) && (hull === null || holds(piece, hull)));
}

/** The best score of a part of `size` [px] in a rectangle that holds the hull, and that part. */
function likeliest(
  logits: Grid,
  { image, hull, anchor }: Limits,
  rectangle: Box,
  size: Size,
): { score: number; box: Box } {
  const { rows, columns } = logits;
  const [x0, y0, x1, y1] = rectangle;
  const x = nearest(
    offsets([x0, x1], size.width, hull && [hull[0], hull[2]]),
    anchor.x,
    image.width - size.width,
  );
  const y = nearest(
    offsets([y0, y1], size.height, hull && [hull[1], hull[3]]),
    anchor.y,
    image.height - size.height,
  );
  const [cellX, cellY] = [image.width / columns, image.height / rows];
  const scores = sumsBetween(
    logits,
    Array.from(x, (left): Range => [left / cellX, (left + size.width) / cellX]),
    Array.from(y, (top): Range => [top / cellY, (top + size.height) / cellY]),
  );
  const most = scores.reduce((a, b) => Math.max(a, b));
  // Of equal scores the leftmost, and of those the topmost.
  const at = (i: number, j: number): number => scores[j * x.length + i];
  const isBest = (i: number, j: number): boolean => at(i, j) >= most - EQUAL;
  const column = x.findIndex((_, i) => y.some((__, j) => isBest(i, j)));
  const row = y.findIndex((_, j) => isBest(column, j));
  return { score: at(column, row), box: boxAt(x[column], y[row], size) };
}

/** Whole offsets, evenly spread, at which a span of `length` in `room` holds what is kept. */
function offsets(room: Range, length: number, kept: Range | null): Float64Array {
  let [first, last] = [room[0], room[1] - length];
  if (kept) [first, last] = [Math.max(first, kept[1] - length), Math.min(last, kept[0])];
  const count = Math.min(last - first + 1, MOST_OFFSETS);
  return unique(linspace(first, last, count).map(roundHalfEven));
}

/** The offset nearest to the anchor; all of them where the axis is free. */
function nearest(all: Float64Array, pinned: number | null, rest: number): Float64Array {
  if (pinned === null) return all;
  const wanted = roundHalfUp(pinned * rest);
  return Float64Array.of(all[argmin(all.map((offset) => Math.abs(offset - wanted)))]);
}

/** The share of the empty canvas before the part [px], by the anchor; half where it is free. */
function share(rest: number, anchor: number | null): number {
  return roundHalfUp(rest * (anchor ?? 0.5));
}
