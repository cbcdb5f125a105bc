/**
 * From a photo that was analysed to its crops: the checks and the policy, without any network. Twin
 * of `analysis.py` and of the second half of `cropper.py`.
 */

import type { Analysis } from "./analysis.js";
import type { Crop } from "./crop.js";
import { checkZoom, decide, flatCrops, inPhoto, type Seen } from "./decision.js";
import { ConstraintError, OptionError } from "./errors.js";
import { holds, isEqual, type Box, type Size } from "./geometry.js";
import type { Grid } from "./grid.js";
import type { ModelRules } from "./model-rules.js";
import type { CropOptions } from "./options.js";
import { inPhotoOf, type AspectRatio } from "./ratio.js";
import { withoutHeads } from "./subjects/subject-map.js";
import { limitsOn } from "./window/constraints.js";
import { barsAround, COMMON_RATIOS, fitFocalPoint, type FocalPoint } from "./window/focal-point.js";
import { regionOn } from "./window/regions.js";

/** What networks answer for ratios of a photo that was analysed: a map for each. */
export type MapsOf = (ratios: readonly AspectRatio[]) => readonly Grid[] | Promise<readonly Grid[]>;

/**
 * The part of a photo in which crops are looked for; null for all of it.
 *
 * That is the picture within its borders, unless these are kept, or hold some of what is to be kept
 * in the crop.
 *
 * @param size - of the photo [px].
 * @param picture - what its borders leave of it; null without borders.
 * @param options - of the crops.
 */
export function wantedPart(size: Size, picture: Box | null, options: CropOptions): Box | null {
  if (picture === null || options.keepBorders) return null;
  return options.keep.every((region) => holds(picture, regionOn(region, size))) ? picture : null;
}

/** Whether crops of these options can be found: whether borders were seen or not, as they ask. */
function serves(analysis: Analysis, options: CropOptions): boolean {
  return isEqual(analysis.part, wantedPart(analysis.size, analysis.picture, options));
}

/**
 * The crops of each ratio, best first, in the order of the ratios.
 *
 * @param analysis - of the photo.
 * @param ratios - of the crops.
 * @param options - what else is asked.
 * @param mapsOf - for each ratio log odds that a place belongs to the crop.
 * @param model - its prior of people's crops, and its calibration.
 * @param maxPixels - of a padded crop.
 * @throws ConstraintError what the photo cannot meet.
 * @throws OptionError faces are to be kept that nobody looked for, or a subject framed that the
 * model does not see.
 */
export async function cropAnalysed(
  analysis: Analysis,
  ratios: readonly AspectRatio[],
  options: CropOptions,
  mapsOf: MapsOf,
  model: ModelRules,
  maxPixels?: number,
): Promise<Crop[]> {
  const { part, size } = analysis;
  checkServed(analysis, options);
  try {
    const seen = seenOf(analysis, options);
    const asked = ratios.map((ratio) => inPhotoOf(ratio, size));
    const maps = await mapsOf(asked);
    return asked.flatMap((ratio, i) => {
      const flat = analysis.isFlat ? flatCrops(seen.asked, ratio) : [];
      const crops = flat.length ? flat : decide(maps[i], seen, ratio, options, model, maxPixels);
      return crops.map((crop) => inPhoto(crop, part));
    });
  } catch (error) {
    throw error instanceof ConstraintError ? error.about(analysis.name) : error;
  }
}

/**
 * The point from which style sheets and content management systems get nearly our crops.
 *
 * @param within - a crop of the photo, for the focal point of that crop as a picture of its own.
 * @throws as `cropAnalysed`.
 */
export async function focalAnalysed(
  analysis: Analysis,
  options: CropOptions,
  mapsOf: MapsOf,
  model: ModelRules,
  within: Box | null = null,
): Promise<FocalPoint> {
  const { size, part } = analysis;
  const limits = limitsOn(options, size);
  const largest: CropOptions = {
    ...options,
    zoom: "none",
    maxCandidates: 1,
    minConfidence: 0,
    fallback: "pad",
  };
  const cropsOf = (asked: CropOptions): Promise<Crop[]> =>
    cropAnalysed(analysis, COMMON_RATIOS, asked, mapsOf, model);
  const crops = await cropsOf(largest).catch((error: unknown) => {
    if (!(error instanceof ConstraintError)) throw error;
    // Some ratio cannot be had; the fit still heeds what is asked.
    return cropsOf({ ...largest, keep: [], avoid: [], keepBorders: part === null });
  });
  const picture = within ?? [0, 0, size.width, size.height];
  const bars = part ? barsAround(part, size) : [];
  return fitFocalPoint(
    picture,
    crops.map(({ box }) => box),
    limits.keep,
    [...limits.avoid, ...bars],
  );
}

/** What holds for all ratios of a photo, in pixels of the part that was looked at. */
function seenOf(analysis: Analysis, options: CropOptions): Seen {
  const { faces, subjects, part, size, opaque } = analysis;
  const limits = limitsOn(options, size);
  return {
    asked: part ? limits.within(part) : limits,
    faces: options.faces === "keep" ? (faces ?? []) : [],
    subjects: subjects && options.faces === "ignore" ? withoutHeads(subjects) : subjects,
    opaque,
  };
}

/** Refuse options that ask for more than was looked at. */
function checkServed(analysis: Analysis, options: CropOptions): void {
  if (options.faces === "keep" && !analysis.faces) {
    const reason = "faces: 'keep' must be said when the photo is analysed, too";
    throw new OptionError(reason, "faces", "keep").about(analysis.name);
  }
  if (!serves(analysis, options)) {
    throw new OptionError(
      "keepBorders, or a box to keep that reaches into a border, must be told when the photo is " +
        "analysed, too",
      "keepBorders",
      options.keepBorders,
    ).about(analysis.name);
  }
  checkZoom(options, analysis.subjects !== null);
}
