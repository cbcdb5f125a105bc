/**
 * The boxes that a crop must keep or avoid for the sake of faces, and the limits with them. Twin of
 * `protection.py`.
 */

import {
  frameOf,
  holds,
  hullOf,
  isEmpty,
  largestWindow,
  pixelsOf,
  sizeOf,
  type Box,
  type Size,
  type Window,
} from "../geometry.js";
import type { AspectRatio } from "../ratio.js";
import type { Limits, Range } from "../window/constraints.js";

/** Share of a face's height kept above it: hair, or a hat's brim. */
const ABOVE = 0.25;
/** Share of its height kept below it: the chin. */
const BELOW = 0.1;
/** Share of its width kept on either side: ears. */
const BESIDE = 0.1;
/** Share of the largest window's sides that is kept of a face too large for any window. */
const CORE = 0.8;
/** Smallest crop for which a face is left out, as a share of the largest window's width. */
const LEAST_ROOM = 0.5;

/** A face in a picture. */
export interface Face {
  /** From the hairline to the chin and from ear to ear [px of the picture]. */
  readonly window: Window;
  /** Confidence of the detector, 0..1. */
  readonly score: number;
}

/** What a crop must do for the faces of a photo; a window of the ratio that does so exists. */
interface Protection {
  /** Boxes that must lie inside the crop [px of the photo], the most important first. */
  readonly keep: readonly Box[];
  /** Boxes that must not overlap it [px of the photo]. */
  readonly avoid: readonly Box[];
}

/**
 * The protection of as many faces as one window can hold; others are left out, not cut.
 *
 * 1. Faces are taken one by one, the most important first: the largest, weighed by how sure the
 *    detector is. A face that fits into a window together with those taken before is kept. Of one
 *    that is larger than any window, the middle is.
 * 2. The others are left out, in the same order, as long as a window remains that holds all that is
 *    kept and is not much smaller than the largest. Those that cannot be left out either may be cut.
 * 3. Hair, chin and ears are added to the faces kept, where all of the above still holds.
 */
function protect(faces: readonly Face[], image: Size, ratio: AspectRatio): Protection {
  let room = frameOf(image);
  const [kept, others] = choose(visible(faces, image), image, ratio);
  const keep = kept.map(({ box }) => box);
  const avoid: Box[] = [];
  const leastWidth = LEAST_ROOM * largestWindow(image, ratio).width;
  for (const box of others) {
    const rest = roomBeside(box, room, keep, ratio);
    if (rest !== null && largestWindow(sizeOf(rest), ratio).width >= leastWidth) {
      room = rest;
      avoid.push(box);
    }
  }
  kept.forEach(({ face }, i) => {
    const head = pixelsOf(headOf(face.window), image);
    const grown = keep.map((box, j) => (j === i ? head : box));
    if (fits(grown, room, ratio)) keep[i] = head;
  });
  return { keep, avoid };
}

/**
 * The limits with faces protected, strictest first: all faces, then fewer, at last none.
 *
 * To be tried in order; the first that some crop meets is the one to take.
 */
export function limitsWithFaces(
  limits: Limits,
  faces: readonly Face[],
  ratio: AspectRatio,
): Limits[] {
  const asked = protect(faces, limits.image, ratio);
  const found: Limits[] = [];
  if (asked.keep.length && asked.avoid.length) {
    const keep = [...limits.keep, ...asked.keep];
    found.push(limits.with({ keep, avoid: [...limits.avoid, ...asked.avoid] }));
  }
  for (let saved = asked.keep.length; saved > 0; saved = Math.floor(saved / 2)) {
    found.push(limits.with({ keep: [...limits.keep, ...asked.keep.slice(0, saved)] }));
  }
  return [...found, limits];
}

/** The faces of which a pixel or more shows, without what lies beyond the image's edges. */
function visible(faces: readonly Face[], image: Size): Face[] {
  return faces
    .map(({ window: [x0, y0, x1, y1], score }): Face => {
      const [right, bottom] = [Math.min(x1, image.width), Math.min(y1, image.height)];
      return { window: [Math.max(x0, 0), Math.max(y0, 0), right, bottom], score };
    })
    .filter(({ window }) => {
      const { width, height } = sizeOf(window);
      return width >= 1 && height >= 1;
    });
}

interface Chosen {
  readonly face: Face;
  readonly box: Box;
}

/** The faces that one window can hold, and the boxes of the others; both by importance. */
function choose(faces: readonly Face[], image: Size, ratio: AspectRatio): [Chosen[], Box[]] {
  const largest = largestWindow(image, ratio);
  const kept: Chosen[] = [];
  const others: Box[] = [];
  for (const face of [...faces].sort((a, b) => importance(b) - importance(a))) {
    const box = coreOf(pixelsOf(face.window, image), largest);
    if (fits([...kept.map((one) => one.box), box], frameOf(image), ratio)) kept.push({ face, box });
    else others.push(box);
  }
  return [kept, others];
}

/** Its area [px^2], weighed by how sure the detector is. */
function importance({ window, score }: Face): number {
  const { width, height } = sizeOf(window);
  return width * height * score;
}

/** The box of a face, or the middle of one that is larger than the largest window. */
function coreOf([left, top, right, bottom]: Box, largest: Size): Box {
  const [x0, x1] = middleOf(left, right, largest.width);
  const [y0, y1] = middleOf(top, bottom, largest.height);
  return [x0, y0, x1, y1];
}

/** First and last of a span, or of the middle of one longer than `limit`. */
function middleOf(first: number, last: number, limit: number): Range {
  if (last - first <= limit) return [first, last];
  const length = Math.max(1, Math.trunc(CORE * limit));
  const start = Math.floor((first + last - length) / 2);
  return [start, start + length];
}

/** The window of a face with its hair, chin and ears. */
function headOf(face: Window): Window {
  const { width, height } = sizeOf(face);
  const [x0, y0, x1, y1] = face;
  const beside = BESIDE * width;
  return [x0 - beside, y0 - ABOVE * height, x1 + beside, y1 + BELOW * height];
}

/** The side of `box` in which the largest window that holds all of `keep` fits, if any does. */
function roomBeside(box: Box, room: Box, keep: readonly Box[], ratio: AspectRatio): Box | null {
  const [x0, y0, x1, y1] = room;
  const sides: Box[] = [
    [x0, y0, Math.min(x1, box[0]), y1],
    [Math.max(x0, box[2]), y0, x1, y1],
    [x0, y0, x1, Math.min(y1, box[1])],
    [x0, Math.max(y0, box[3]), x1, y1],
  ];
  let best: Box | null = null;
  let most = -Infinity;
  for (const side of sides) {
    if (isEmpty(side) || !fits(keep, side, ratio)) continue;
    const { width } = largestWindow(sizeOf(side), ratio);
    if (width > most) [best, most] = [side, width];
  }
  return best;
}

/** Whether one window of the ratio, inside the room, can hold all boxes. */
function fits(boxes: readonly Box[], room: Box, ratio: AspectRatio): boolean {
  if (boxes.length === 0) return true;
  const hull = hullOf(boxes);
  const [size, largest] = [sizeOf(hull), largestWindow(sizeOf(room), ratio)];
  return holds(room, hull) && size.width <= largest.width && size.height <= largest.height;
}
