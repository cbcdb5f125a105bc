/**
 * The limits that keep empty margins out of a crop, as those around a cut-out on transparency. Twin
 * of `content.py`.
 *
 * On each axis a crop holds all of the content where it can, and lies inside it where it cannot:
 * what is empty is never shown in place of what is not.
 */

import {
  frameOf,
  isEmpty,
  isEqual,
  largestWindow,
  sizeOf,
  type Box,
  type Size,
} from "../geometry.js";
import type { AspectRatio } from "../ratio.js";
import type { Limits, Range } from "./constraints.js";

/**
 * The limits with the content kept, then those that were asked: the first that a crop meets.
 *
 * @param limits - what was asked.
 * @param content - the box of all that is not empty [px of the photo]; null where that is all.
 * @param ratio - asked ratio.
 */
export function limitsWithContent(
  limits: Limits,
  content: Box | null,
  ratio: AspectRatio,
): Limits[] {
  if (content === null || isEqual(content, frameOf(limits.image))) return [limits];
  return [around(limits, content, largestWindow(limits.image, ratio)), limits];
}

/** The limits with what a crop has to hold of the content, and the margins it has to miss. */
function around(limits: Limits, content: Box, largest: Size): Limits {
  const { width, height } = limits.image;
  const [left, top, right, bottom] = content;
  const [x0, x1] = held(left, right, largest.width);
  const [y0, y1] = held(top, bottom, largest.height);
  const keep = [...limits.keep];
  const avoid = [...limits.avoid];
  const size = sizeOf(content);
  const fitsX = x0 === left && x1 === right;
  const fitsY = y0 === top && y1 === bottom;
  if ((fitsX && size.width < width) || (fitsY && size.height < height)) keep.push([x0, y0, x1, y1]);
  if (!fitsX) avoid.push([0, 0, left, height], [right, 0, width, height]);
  if (!fitsY) avoid.push([0, 0, width, top], [0, bottom, width, height]);
  return limits.with({ keep, avoid: avoid.filter((box) => !isEmpty(box)) });
}

/** The span that a crop holds: all of it, or what any of the largest size inside it holds. */
function held(first: number, last: number, largest: number): Range {
  const spare = last - first - largest;
  if (spare <= 0) return [first, last];
  if (spare < largest) return [first + spare, last - spare];
  const middle = Math.floor((first + last) / 2);
  return [middle, middle + 1];
}
