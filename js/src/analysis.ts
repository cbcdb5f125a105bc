/** What stays of a photo that was analysed: enough for any further ratio, without its pixels. */

import type { Face } from "./faces/protection.js";
import type { Box, Size } from "./geometry.js";
import type { SubjectMap } from "./subjects.js";

/** The network's feature map of a photo, which every ratio shares. */
export interface Features {
  /** c x h x w numbers, row by row of each channel. */
  readonly data: Float32Array;
  readonly channels: number;
  readonly rows: number;
  readonly columns: number;
}

/** A photo as the networks see it. */
export interface Analysis {
  /** Of the photo, for messages. */
  readonly name: string;
  /** Of the upright photo [px]. */
  readonly size: Size;
  /** For the maps of any ratio. */
  readonly features: Features;
  /** Those that were found [px of `part`]; null or missing where nobody looked for any. */
  readonly faces?: readonly Face[] | null;
  /** Where people look, heads and subjects; null where the model has no such part. */
  readonly subjects: SubjectMap | null;
  /** What borders leave of the photo [px of the upright photo]; null without borders. */
  readonly picture: Box | null;
  /**
   * What was looked at, and holds all crops: the picture, or null for all of the photo. Maps cover
   * it, and subjects and `opaque` are in its pixels.
   */
  readonly part: Box | null;
  /** The box of all that is not transparent; null where that is all. */
  readonly opaque: Box | null;
  /** Whether the part is of one colour, so that nothing was seen in it. */
  readonly isFlat: boolean;
}
