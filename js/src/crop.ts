/** A crop: what a cropper answers for a ratio. Twin of `crop.py`. */

import { sizeOf, type Box, type Margins, type Size } from "./geometry.js";
import type { AspectRatio } from "./ratio.js";

/** What is to be added around a box to come to the ratio. */
export interface Padding {
  /** Left, top, right, bottom [px]. */
  readonly margins: Margins;
  /** A colour as CSS has it, or "blur". */
  readonly fill: string;
}

/** One answer. */
export interface Crop {
  /** What was asked. */
  readonly ratio: AspectRatio;
  /**
   * Integer pixels of the upright original, x1 and y1 exclusive. It lies inside the image, and its
   * size (with `padding`, if there is some) misses the ratio by at most half a pixel on one side.
   */
  readonly box: Box;
  /**
   * Probability that this crop is nearer to a photographer's than the centre crop is, 0..1; low means
   * that a centre crop is as good. 0: this is the centre crop, as the whole of a photo that has the
   * ratio is; or padded, which compares with nothing.
   */
  readonly confidence: number;
  /** 1 for the best crop of the ratio, then 2, 3, ... */
  readonly candidate: number;
  /**
   * Whether this is the centre crop because the best crop's confidence, which is kept here, was below
   * the one asked for.
   */
  readonly centred: boolean;
  /** What is to be added around `box`; null for a real crop. */
  readonly padding: Padding | null;
  /** What the photo's borders leave of it; null where it has none, or they are kept. */
  readonly within: Box | null;
}

/** A crop that is the best of its ratio and no more than its box. */
export function plainCrop(ratio: AspectRatio, box: Box, confidence: number): Crop {
  return { ratio, box, confidence, candidate: 1, centred: false, padding: null, within: null };
}

/** Of the picture that comes out: the box with its padding [px]. */
export function cropSize(crop: Crop): Size {
  const [left, top, right, bottom] = crop.padding?.margins ?? [0, 0, 0, 0];
  const { width, height } = sizeOf(crop.box);
  return { width: left + width + right, height: top + height + bottom };
}
