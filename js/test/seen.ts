/** What JavaScript sees in a picture, beside what Python saw in it; in Node and in the browser. */

import type { Analysis, Cropper } from "../dist/index.js";
import { fitLongestEdge } from "../dist/geometry.js";
import { PixelPicture } from "../dist/pixels/picture.js";
import { isFlat, look } from "../dist/pixels/sight.js";
import { type Made, picture } from "./pictures.js";

/** A line of `tests/javascript/seen.json`. */
export interface Recorded {
  readonly made: Made;
  /** SHA-256 of the picture, of what the networks are shown, and of the features. */
  readonly pixels: string;
  readonly input: string;
  readonly features: string;
  readonly inputSize: readonly [number, number];
  readonly picture: readonly number[] | null;
  readonly part: readonly number[] | null;
  readonly opaque: readonly number[] | null;
  readonly isFlat: boolean;
  /** Some cells of the maps, and the crops, for `RATIOS`. */
  readonly map: readonly number[];
  readonly boxes: readonly (readonly number[])[];
  readonly confidences: readonly number[];
}

/** Of the maps' cells, one in so many is compared. */
const EVERY = 17;
/** By how much a cell may differ: the file has four decimals, of numbers up to 20. */
export const MAP_TOLERANCE = 1e-4;

export const RATIOS = ["16:9", "1:1", "4:5", "9:16"];

/** The same of a picture as `Recorded`. */
export async function seen(made: Made, cropper: Cropper): Promise<Recorded> {
  const pixels = picture(made);
  const size = (of: { width: number; height: number }) => fitLongestEdge(of, 192, 16);
  const sight = await look(new PixelPicture(pixels), size, (box) => box);
  const analysis = await cropper.analyse(pixels);
  const crops = await cropper.crop(pixels, RATIOS);
  return {
    made,
    pixels: await sha256(pixels.data as Uint8Array),
    input: await sha256(sight.rgb.data as Uint8Array),
    inputSize: [sight.rgb.width, sight.rgb.height],
    picture: sight.picture,
    part: sight.part,
    opaque: sight.opaque,
    isFlat: isFlat(sight.rgb),
    map: await cellsOf(analysis, cropper),
    features: await sha256(new Uint8Array(analysis.features.data.slice().buffer)),
    boxes: crops.map((crop) => crop.box),
    confidences: crops.map((crop) => Math.round(crop.confidence * 1e4) / 1e4),
  };
}

/** The cells of the maps that are compared. */
async function cellsOf(analysis: Analysis, cropper: Cropper): Promise<number[]> {
  const maps = await cropper.maps(analysis, RATIOS);
  const cells = maps.flatMap(({ data }) => [...data]);
  return cells.filter((_, i) => i % EVERY === 0);
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as BufferSource));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
