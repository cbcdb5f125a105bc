/**
 * The call of smartcrop.js and smartcrop-sharp, answered by marscrop, so that a project changes one
 * import.
 *
 * In the browser images are as smartcrop.js takes them, in Node paths and buffers as smartcrop-sharp
 * does. Options that have no meaning here are told of once each, with `console.warn`.
 */

import { storedOrientation } from "#platform";

import { Cropper } from "./cropper.js";
import type { Crop as Found } from "./crop.js";
import { ConstraintError, OptionError } from "./errors.js";
import { clamp, largestWindow, sizeOf, type Box, type Size } from "./geometry.js";
import { aspectRatio } from "./ratio.js";
import { turnedSize } from "./pixels/orientation.js";
import type { ImageSource } from "./platform/platform.js";
import { inFile, whenUpright } from "./smartcrop/orientation.js";
import {
  readOptions,
  smallestShare,
  type CropBoost,
  type CropOptions,
} from "./smartcrop/options.js";

export type { CropBoost, CropOptions } from "./smartcrop/options.js";

/** A crop as smartcrop.js has it [px of the image]. */
export interface Crop {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface CropResult {
  topCrop: Crop;
}

let loading: Promise<Cropper> | undefined;

/** Let this cropper answer, in place of one that the first call loads. */
export function use(cropper: Cropper | Promise<Cropper>): void {
  loading = Promise.resolve(cropper);
}

/**
 * The best crop of an image for the ratio of `width` and `height`.
 *
 * A file that EXIF says to turn is judged upright, as it is seen. Ratio, boosts and crop are those of
 * the file's own pixels, from which sharp extracts, as with smartcrop-sharp.
 *
 * @param callback called with the result as well, as smartcrop.js does.
 * @throws TypeError an option that cannot be understood; and as `Cropper.crop`.
 */
export async function crop(
  image: ImageSource,
  options: CropOptions = {},
  callback?: (result: CropResult) => void,
): Promise<CropResult> {
  const wanted = readOptions(options);
  warnOf(wanted.ignored);
  loading ??= Cropper.load();
  const cropper = await loading;
  const [analysis, orientation] = await Promise.all([
    cropper.analyse(image),
    storedOrientation(image),
  ]);
  const file = turnedSize(analysis.size, orientation);
  const asked = turnedSize(wanted, orientation);
  const ratio = aspectRatio(asked.width, asked.height);
  const seen = analysis.part ? sizeOf(analysis.part) : analysis.size;
  const minSize = smallestShare(wanted, asked, largestWindow(seen, ratio));
  const boosted = wanted.boosts
    .map((boost) => boxOf(boost, file))
    .filter((box) => box[0] < box[2] && box[1] < box[3])
    .map((box) => whenUpright(box, file, orientation));
  const zoom = minSize < 1 ? "natural" : "none";
  const found = await holdingMost(boosted, async (keep) => {
    const options = { keep, minSize, zoom } as const;
    // What is kept may reach into borders, which were left out until then.
    const [best] = await cropper
      .cropAnalysed(analysis, [ratio], options)
      .catch(async (error: unknown) => {
        if (!(error instanceof OptionError) || error.option !== "keepBorders") throw error;
        return cropper.cropAnalysed(await cropper.analyse(image, options), [ratio], options);
      });
    return best;
  });
  const [x, y, x1, y1] = inFile(found.box, analysis.size, orientation);
  const result = { topCrop: { x, y, width: x1 - x, height: y1 - y } };
  callback?.(result);
  return result;
}

const smartcrop = { crop, use };
export default smartcrop;

/** What is found with all boxes kept, or without the last ones where not all fit. */
async function holdingMost(
  boxes: readonly Box[],
  find: (keep: readonly Box[]) => Promise<Found>,
): Promise<Found> {
  for (let kept = boxes.length; ; kept--) {
    try {
      return await find(boxes.slice(0, kept));
    } catch (error) {
      if (!(error instanceof ConstraintError) || kept === 0) throw error;
    }
  }
}

/** Whole pixels of a boost that lie in the image; none for one that weighs nothing. */
function boxOf({ x, y, width, height, weight }: CropBoost, image: Size): Box {
  if (weight <= 0) return [0, 0, 0, 0];
  return [
    clamp(Math.floor(x), 0, image.width),
    clamp(Math.floor(y), 0, image.height),
    clamp(Math.ceil(x + width), 0, image.width),
    clamp(Math.ceil(y + height), 0, image.height),
  ];
}

const warned = new Set<string>();

function warnOf(names: readonly string[]): void {
  for (const name of names) {
    if (warned.has(name)) continue;
    warned.add(name);
    console.warn(`marscrop/smartcrop: option '${name}' has no meaning here and is ignored`);
  }
}
