/**
 * Sizes, boxes and windows: pure functions, in which rounding is done once. Twin of `geometry.py`.
 *
 * A `Box` is what people get: whole pixels of the upright image, of which x1 and y1 are the first
 * beyond it. A `Window` is what the network and the window search work with: the same four edges as
 * real numbers, in the unit that the function names.
 */

import type { AspectRatio } from "./ratio.js";

/** Width and height, in pixels unless said otherwise. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A half-open pixel box, [x0, y0, x1, y1]: columns x0..x1-1 and rows y0..y1-1. */
export type Box = readonly [x0: number, y0: number, x1: number, y1: number];

/** A rectangle with real edges; the unit is named where one is made. */
export type Window = readonly [x0: number, y0: number, x1: number, y1: number];

/** What is added around a picture, 0 or more [px]. */
export type Margins = readonly [left: number, top: number, right: number, bottom: number];

/** All of an image [px]. */
export function frameOf(image: Size): Box {
  return [0, 0, image.width, image.height];
}

/** Of a box or window, in its unit. */
export function sizeOf([x0, y0, x1, y1]: Window): Size {
  return { width: x1 - x0, height: y1 - y0 };
}

/** Whether all of `inner` lies inside `outer`. */
export function holds(outer: Box, inner: Box): boolean {
  return (
    outer[0] <= inner[0] && outer[1] <= inner[1] && inner[2] <= outer[2] && inner[3] <= outer[3]
  );
}

/** The same size, so many pixels further right and down. */
export function moved([x0, y0, x1, y1]: Box, x: number, y: number): Box {
  return [x0 + x, y0 + y, x1 + x, y1 + y];
}

/** Whether the two share a pixel; boxes that only touch do not. */
export function overlaps(a: Box, b: Box): boolean {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}

/** Whether both are the same box, or both none. */
export function isEqual(a: Box | null, b: Box | null): boolean {
  if (a === null || b === null) return a === b;
  return a.every((edge, i) => edge === b[i]);
}

/** Whether a box has no pixel. */
export function isEmpty([x0, y0, x1, y1]: Box): boolean {
  return x1 <= x0 || y1 <= y0;
}

/** (x, y) of the middle. */
export function centreOf([x0, y0, x1, y1]: Window): readonly [x: number, y: number] {
  return [(x0 + x1) / 2, (y0 + y1) / 2];
}

/** The same window in another unit: x edges times `x`, y edges times `y`. */
export function scaled([x0, y0, x1, y1]: Window, x: number, y: number): Window {
  return [x0 * x, y0 * y, x1 * x, y1 * y];
}

/** The smallest box that holds what of a window [px] lies inside `image`. */
export function pixelsOf([x0, y0, x1, y1]: Window, image: Size): Box {
  return [
    Math.max(0, Math.floor(x0)),
    Math.max(0, Math.floor(y0)),
    Math.min(image.width, Math.ceil(x1)),
    Math.min(image.height, Math.ceil(y1)),
  ];
}

/** The smallest box around all of one or more. */
export function hullOf(boxes: readonly Box[]): Box {
  return boxes.reduce((a, b) => [
    Math.min(a[0], b[0]),
    Math.min(a[1], b[1]),
    Math.max(a[2], b[2]),
    Math.max(a[3], b[3]),
  ]);
}

/** Intersection over union of two rectangles in the same unit, 0..1. */
export function iou(a: Window, b: Window): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const intersection = width * height;
  const areaA = (a[2] - a[0]) * (a[3] - a[1]);
  const areaB = (b[2] - b[0]) * (b[3] - b[1]);
  return intersection / (areaA + areaB - intersection);
}

/**
 * Largest integer size of `ratio` inside `image` [px].
 *
 * One side equals the image's; the other is rounded once, so it is off by at most 0.5 px (more only
 * where it would vanish). An image that has the ratio is its own largest window.
 */
export function largestWindow(image: Size, ratio: AspectRatio): Size {
  if (hasRatio(image, ratio)) return image;
  if (image.width / image.height >= ratio.value) {
    return { width: within(image.height * ratio.value, image.width), height: image.height };
  }
  return { width: image.width, height: within(image.width / ratio.value, image.height) };
}

/** Whether a size [px] has the ratio as nearly as whole pixels can: every crop's has. */
export function hasRatio(image: Size, ratio: AspectRatio): boolean {
  const size = sizeOfRatio(longerSide(image, ratio), ratio);
  return image.width === size.width && image.height === size.height;
}

/** The side that is the longer one at `ratio`: the one that sizes are counted by. */
export function longerSide(size: Size, ratio: AspectRatio): number {
  return ratio.value >= 1 ? size.width : size.height;
}

/**
 * The integer size of `ratio` whose longer side is `longer` [px].
 *
 * The other side is rounded once. Both sides grow with `longer`.
 */
export function sizeOfRatio(longer: number, ratio: AspectRatio): Size {
  if (ratio.value >= 1) {
    return { width: longer, height: Math.max(1, roundHalfUp(longer / ratio.value)) };
  }
  return { width: Math.max(1, roundHalfUp(longer * ratio.value)), height: longer };
}

/** `sizeOfRatio`, or the largest window of `image` where that does not fit. */
export function sizeWithin(longer: number, image: Size, ratio: AspectRatio): Size {
  const size = sizeOfRatio(longer, ratio);
  const largest = largestWindow(image, ratio);
  return size.width <= largest.width && size.height <= largest.height ? size : largest;
}

/**
 * The pixel box nearest to `window` [px] that has `ratio` and lies inside `image`.
 *
 * The longer side is rounded to whole pixels and the shorter one follows from it. Where that does
 * not fit, it is the largest window. The centre is kept as far as the image allows.
 */
export function snap(window: Window, image: Size, ratio: AspectRatio): Box {
  const longer = Math.max(1, roundHalfUp(longerSide(sizeOf(window), ratio)));
  const size = sizeWithin(longer, image, ratio);
  const [x, y] = centreOf(window);
  const x0 = clamp(roundHalfUp(x - size.width / 2), 0, image.width - size.width);
  const y0 = clamp(roundHalfUp(y - size.height / 2), 0, image.height - size.height);
  return boxAt(x0, y0, size);
}

/** The box of a size whose upper left corner is told. */
export function boxAt(x0: number, y0: number, size: Size): Box {
  return [x0, y0, x0 + size.width, y0 + size.height];
}

/** The largest window of `ratio`, in the middle: what one gets without looking. */
export function centreCrop(image: Size, ratio: AspectRatio): Box {
  return snap(frameOf(image), image, ratio);
}

/**
 * The network's input size for an image: longest edge `edge` [px], ratio nearly kept.
 *
 * The other side is rounded to a `multiple` of the network's stride (at least one), so that no
 * padding is ever needed.
 */
export function fitLongestEdge(image: Size, edge: number, multiple: number): Size {
  const shorter =
    (Math.min(image.width, image.height) * edge) / Math.max(image.width, image.height);
  const side = clamp(roundHalfUp(shorter / multiple), 1, Math.floor(edge / multiple)) * multiple;
  return image.width >= image.height
    ? { width: edge, height: side }
    : { width: side, height: edge };
}

function within(side: number, limit: number): number {
  return clamp(roundHalfUp(side), 1, limit);
}

/** Half up: the same everywhere. */
export function roundHalfUp(value: number): number {
  return Math.floor(value + 0.5);
}

/** `value`, or the end of low..high that is nearest to it. */
export function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}
