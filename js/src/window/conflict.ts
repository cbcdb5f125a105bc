/**
 * The reason why no crop meets the limits, in words: what, with which numbers, what to do. Twin of
 * `conflict.py`.
 */

import {
  largestWindow,
  moved,
  overlaps,
  sizeOf,
  sizeWithin,
  type Box,
  type Size,
} from "../geometry.js";
import { general } from "../numeric.js";
import type { AspectRatio } from "../ratio.js";
import { Limits } from "./constraints.js";
import { clearRectangles } from "./padded-crop.js";

const PADDING = "fallback: 'pad'";

/** The conflict between limits that no crop of `ratio` meets, and what to change. */
export function explainConflict(limits: Limits, ratio: AspectRatio): string {
  return contradiction(limits) ?? tooSmall(limits, ratio) ?? inTheWay(limits, ratio);
}

/** The conflict that no crop of any shape could meet, padded or not, if there is one. */
function contradiction(limits: Limits): string | null {
  const { hull, keep, avoid } = limits;
  if (hull === null) {
    if (clearRectangles(limits).length) return null;
    const leave = avoid.length === 1 ? "leaves" : "leave";
    return (
      `${listed("avoid", avoid, limits)} ${leave} nothing of a ${textOf(limits.image)} photo; ` +
      "ask for smaller boxes"
    );
  }
  for (const avoided of avoid) {
    for (const kept of keep) {
      if (overlaps(kept, avoided)) {
        return (
          `keep box ${boxText(kept, limits)} overlaps avoid box ${boxText(avoided, limits)}, so ` +
          "that no crop holds one and misses the other; change one of them"
        );
      }
    }
    if (overlaps(hull, avoided)) {
      return (
        `avoid box ${boxText(avoided, limits)} lies between ${listed("keep", keep, limits)}, so ` +
        "that no crop holds these and misses that; change one of them"
      );
    }
  }
  return null;
}

/** The conflict of boxes to keep that are larger than any crop, if they are. */
function tooSmall(limits: Limits, ratio: AspectRatio): string | null {
  const { hull } = limits;
  if (hull === null) return null;
  const largest = largestWindow(limits.image, ratio);
  const size = sizeOf(hull);
  const photo = textOf(limits.image);
  const who =
    limits.keep.length === 1
      ? `keep box ${boxText(hull, limits)} is`
      : `keep boxes span ${boxText(hull, limits)},`;
  if (size.width > largest.width) {
    return (
      `${who} ${size.width} px wide, but the widest ${ratio.label} crop of a ${photo} photo is ` +
      `${largest.width} px; ask for a wider ratio, or ${PADDING}`
    );
  }
  if (size.height > largest.height) {
    return (
      `${who} ${size.height} px high, but the highest ${ratio.label} crop of a ${photo} photo is ` +
      `${largest.height} px; ask for a taller ratio, or ${PADDING}`
    );
  }
  return null;
}

/** The conflict of boxes to avoid that leave no room for the smallest crop allowed. */
function inTheWay(limits: Limits, ratio: AspectRatio): string {
  const { anchor, keep, avoid, image, minSize } = limits;
  const smallest = sizeWithin(limits.smallest(ratio), image, ratio);
  const held = keep.length ? `holds ${listed("keep", keep, limits)} and ` : "";
  const isPinned = anchor.x !== null || anchor.y !== null;
  const pinned = isPinned ? ` with anchor ${anchor.label}` : "";
  const smaller = isBoundBySize(limits, ratio)
    ? `a smaller minSize than ${general(minSize)}, `
    : "";
  const another = isPinned ? "another anchor, " : "";
  return (
    `no ${ratio.label} crop of at least ${textOf(smallest)} px ${held}stays clear of ` +
    `${listed("avoid", avoid, limits)} in a ${textOf(image)} photo${pinned}; ` +
    `ask for ${smaller}${another}smaller boxes, another ratio, or ${PADDING}`
  );
}

/** Whether minSize, and not a box to keep, decides how small a crop may be. */
function isBoundBySize(limits: Limits, ratio: AspectRatio): boolean {
  const { image, minSize } = limits;
  return limits.smallest(ratio) === new Limits({ image, minSize }).smallest(ratio);
}

function listed(kind: string, boxes: readonly Box[], limits: Limits): string {
  const noun = boxes.length === 1 ? "box" : "boxes";
  return `${kind} ${noun} ${boxes.map((box) => boxText(box, limits)).join(", ")}`;
}

/** In pixels of the photo. */
function boxText(box: Box, limits: Limits): string {
  return `(${moved(box, ...limits.corner).join(", ")})`;
}

function textOf(size: Size): string {
  return `${size.width}x${size.height}`;
}
