/** A crop: what a cropper answers for a ratio. */

import type { Box } from "./geometry.js";
import type { AspectRatio } from "./ratio.js";

/** What is to be added around a box to come to the ratio. */
export interface Padding {
  /** Left, top, right, bottom [px]. */
  readonly margins: readonly [left: number, top: number, right: number, bottom: number];
  /** A colour as CSS has it, or "blur". */
  readonly fill: string;
}

/** One answer. */
export interface Crop {
  /** What was asked. */
  readonly ratio: AspectRatio;
  /** Integer pixels of the upright original, x1 and y1 exclusive. */
  readonly box: Box;
  /** Probability that this crop is nearer to a photographer's than the centre crop is, 0..1. */
  readonly confidence: number;
  /** 1 for the best crop of the ratio, then 2, 3, ... */
  readonly candidate: number;
  /** Whether this is the centre crop because the best crop's confidence was too low. */
  readonly centred: boolean;
  /** What is to be added around `box`; null for a real crop. */
  readonly padding: Padding | null;
  /** What the photo's borders leave of it; null where it has none, or they are kept. */
  readonly within: Box | null;
}
