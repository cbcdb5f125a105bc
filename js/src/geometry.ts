/** Sizes, boxes and windows: pure functions, in which rounding is done once. */

/** Width and height, in pixels unless said otherwise. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A half-open pixel box, [x0, y0, x1, y1]: columns x0..x1-1 and rows y0..y1-1. */
export type Box = readonly [x0: number, y0: number, x1: number, y1: number];

/** A rectangle with real edges; the unit is named where one is made. */
export type Window = readonly [x0: number, y0: number, x1: number, y1: number];

/** Half up: the same everywhere. */
export function roundHalfUp(value: number): number {
  return Math.floor(value + 0.5);
}

/** `value`, or the end of low..high that is nearest to it. */
export function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
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
