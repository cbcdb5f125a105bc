/**
 * The constraints on crops: as they were asked, and in the pixels of one photo. Twin of
 * `constraints.py`.
 *
 * `Constraints` is what was asked, for any photo and ratio. `Limits` is the same on one photo, in
 * its pixels; the search, the rounding and the padding read nothing else.
 */

import { ConstraintError } from "../errors.js";
import {
  clamp,
  frameOf,
  holds,
  hullOf,
  largestWindow,
  longerSide,
  moved,
  overlaps,
  roundHalfUp,
  sizeOf,
  sizeOfRatio,
  sizeWithin,
  type Box,
  type Size,
} from "../geometry.js";
import type { AspectRatio } from "../ratio.js";
import { FREE, type Anchor } from "./anchor.js";
import { regionOn, regionText, type Region } from "./regions.js";

/** Smallest window searched, as a share of the largest of the ratio. */
export const MIN_SCALE = 0.3;

/** The constraints that were asked for, for any photo and any ratio. */
export interface Constraints {
  /** Regions that must lie inside the crop. */
  readonly keep: readonly Region[];
  /** Regions that must not overlap the crop. */
  readonly avoid: readonly Region[];
  /** Smallest crop allowed, as a share of the largest window of its ratio, (0, 1]. */
  readonly minSize: number;
  /** Where the crop is pinned. */
  readonly anchor: Anchor;
}

/** First and last of a range; the first is beyond the last where there is none. */
export type Range = readonly [first: number, last: number];

/**
 * Constraints on one photo [px].
 *
 * @throws ConstraintError a box to keep that reaches outside the photo.
 */
export function limitsOn(constraints: Constraints, image: Size): Limits {
  const frame = frameOf(image);
  const keep = constraints.keep.map((region) => {
    const box = regionOn(region, image);
    if (!holds(frame, box)) {
      throw new ConstraintError(
        `keep box (${regionText(region)}) must lie inside the photo of ${image.width}x` +
          `${image.height} px; give it in pixels of the upright photo, or in percent`,
      );
    }
    return box;
  });
  const avoid = constraints.avoid
    .map((region) => regionOn(region, image))
    .filter((box) => overlaps(box, frame));
  const { minSize, anchor } = constraints;
  return new Limits({ image, keep, avoid, minSize, anchor });
}

interface Fields {
  readonly image: Size;
  readonly keep?: readonly Box[];
  readonly avoid?: readonly Box[];
  readonly minSize?: number;
  readonly anchor?: Anchor;
  readonly corner?: readonly [x: number, y: number];
}

/** Constraints on one photo, in its pixels. */
export class Limits {
  /** Size of the photo. */
  readonly image: Size;
  /** Boxes that must lie inside the crop; each lies inside the photo. */
  readonly keep: readonly Box[];
  /** Boxes that must not overlap the crop; they may reach outside the photo. */
  readonly avoid: readonly Box[];
  /** Smallest crop allowed, as a share of the largest window of its ratio, (0, 1]. */
  readonly minSize: number;
  /** Where the crop is pinned. */
  readonly anchor: Anchor;
  /** Where the image begins in the photo, if it is a part of one, for messages. */
  readonly corner: readonly [x: number, y: number];
  /** The smallest box around all boxes to keep; null without any. */
  readonly hull: Box | null;

  constructor({ image, keep = [], avoid = [], minSize, anchor, corner = [0, 0] }: Fields) {
    this.image = image;
    this.keep = keep;
    this.avoid = avoid;
    this.minSize = minSize ?? MIN_SCALE;
    this.anchor = anchor ?? FREE;
    this.corner = corner;
    this.hull = keep.length ? hullOf(keep) : null;
  }

  /** The same limits, but for some. */
  with(changed: Partial<Fields>): Limits {
    const { image, keep, avoid, minSize, anchor, corner } = this;
    return new Limits({ image, keep, avoid, minSize, anchor, corner, ...changed });
  }

  /**
   * The same for a part of the image [px], in pixels of that part.
   *
   * Boxes to keep lie inside the part; of those to avoid, some may lie outside.
   */
  within(part: Box): Limits {
    const image = sizeOf(part);
    const [x0, y0] = part;
    return this.with({
      image,
      keep: this.keep.map((box) => moved(box, -x0, -y0)),
      avoid: this.avoid
        .map((box) => moved(box, -x0, -y0))
        .filter((box) => overlaps(box, frameOf(image))),
      corner: [x0, y0],
    });
  }

  /**
   * Longer side [px] of the smallest crop that is large enough and can hold the hull.
   *
   * It may be more than the photo has. A window of `minSize` rounds to no less than this.
   */
  smallest(ratio: AspectRatio): number {
    const width = Math.min(this.image.width, this.image.height * ratio.value);
    const longest = ratio.value >= 1 ? width : width / ratio.value;
    // Whatever `snap` may round a window of that size to: half up, or not for its last bits.
    const side = Math.max(1, Math.ceil(this.minSize * longest - 0.5 - 1e-6));
    return this.hull === null ? side : Math.max(side, leastAround(sizeOf(this.hull), ratio));
  }

  /** The size of a crop whose longer side is `longer` [px]; null if the hull does not fit. */
  size(longer: number, ratio: AspectRatio): Size | null {
    const size = sizeWithin(longer, this.image, ratio);
    if (this.hull === null) return size;
    const hull = sizeOf(this.hull);
    return size.width >= hull.width && size.height >= hull.height ? size : null;
  }

  /** First and last x0 of a crop of `width` that holds the hull and keeps to the anchor. */
  xRange(width: number): Range {
    const kept: Range | null = this.hull && [this.hull[0], this.hull[2]];
    return rangeOf(this.image.width, width, kept, this.anchor.x);
  }

  /** First and last y0 of a crop of `height`, likewise. */
  yRange(height: number): Range {
    const kept: Range | null = this.hull && [this.hull[1], this.hull[3]];
    return rangeOf(this.image.height, height, kept, this.anchor.y);
  }

  /** Whether a box inside the photo meets every constraint. */
  allow(box: Box, ratio: AspectRatio): boolean {
    const size = sizeOf(box);
    const [xFirst, xLast] = this.xRange(size.width);
    const [yFirst, yLast] = this.yRange(size.height);
    return (
      xFirst <= box[0] &&
      box[0] <= xLast &&
      yFirst <= box[1] &&
      box[1] <= yLast &&
      !this.avoid.some((other) => overlaps(box, other)) &&
      longerSide(size, ratio) >=
        Math.min(this.smallest(ratio), longerSide(largestWindow(this.image, ratio), ratio))
    );
  }
}

/** The least longer side with which a size of `ratio` covers `hull`. */
function leastAround(hull: Size, ratio: AspectRatio): number {
  let longer =
    ratio.value >= 1
      ? Math.max(hull.width, Math.ceil((hull.height - 0.5) * ratio.value) - 1)
      : Math.max(hull.height, Math.ceil((hull.width - 0.5) / ratio.value) - 1);
  for (;;) {
    const size = sizeOfRatio(longer, ratio);
    if (size.width >= hull.width && size.height >= hull.height) return longer;
    longer += 1;
  }
}

/** First and last offset of a span of `length` in `room`; first > last if there is none. */
function rangeOf(room: number, length: number, kept: Range | null, pinned: number | null): Range {
  let [first, last] = [0, room - length];
  if (kept !== null) {
    [first, last] = [Math.max(first, kept[1] - length), Math.min(last, kept[0])];
  }
  if (pinned === null || first > last) return [first, last];
  const offset = clamp(roundHalfUp(pinned * (room - length)), first, last);
  return [offset, offset];
}
