/**
 * The policy: which crops of a ratio are given, as pure functions of a map, limits and options. Twin
 * of `decision.py`.
 *
 * 1. The best crop within what was asked and what saves faces, faces giving way first: the photo
 *    itself where it has the ratio, or the main subject framed, if that is wanted.
 * 2. Below the confidence that is asked for, the centre crop in its place, moved where it would cut a
 *    head that the crop holds, if the limits allow it.
 * 3. Further candidates, as many as are asked for and there are.
 * 4. Where no crop meets what was asked: a padded one, if that is wanted, or the reason why not.
 */

import { cropSize, plainCrop, type Crop } from "./crop.js";
import { ConstraintError, OptionError } from "./errors.js";
import { limitsWithFaces, type Face } from "./faces/protection.js";
import { centreCrop, holds, isEqual, moved, type Box } from "./geometry.js";
import type { Grid } from "./grid.js";
import type { Calibration, ModelRules, Prior } from "./model-rules.js";
import { paddingFill, type CropOptions } from "./options.js";
import type { AspectRatio } from "./ratio.js";
import type { SubjectMap } from "./subjects.js";
import { sureHeads } from "./subjects/subject-map.js";
import { bestCrop, nextCrop } from "./window/candidates.js";
import { confidenceOf, gatherEvidence } from "./window/confidence.js";
import { explainConflict } from "./window/conflict.js";
import type { Limits } from "./window/constraints.js";
import { limitsWithContent } from "./window/content.js";
import { framedCrop } from "./window/framing.js";
import { cutHeads } from "./window/keeping.js";
import { paddedCrop } from "./window/padded-crop.js";
import { nearestBox } from "./window/rounding.js";
import type { Zoom } from "./window/zoom.js";

/** Larger pictures are refused. */
export const DEFAULT_MAX_PIXELS = 300_000_000;

/** Candidates that cut a head are passed over until there are so many. */
const MOST_PASSED_OVER = 4;
/** Share of a head from which it is cut. */
const CUT = 0.1;

/** A photo, or the part of it that was looked at, and what holds for all of its ratios. */
export interface Seen {
  /** What a crop must meet [px of the photo]. */
  readonly asked: Limits;
  /** To be kept whole or left out whole [px of the photo]. */
  readonly faces: readonly Face[];
  /** What the photo shows; null where the model does not say. */
  readonly subjects: SubjectMap | null;
  /** The box of what is not transparent [px of the photo]; null where that is all. */
  readonly opaque: Box | null;
}

/**
 * The crops of one ratio, best first.
 *
 * @param logits - log odds that a cell lies in the crop; the map covers the photo.
 * @param seen - the photo and what was asked of it.
 * @param ratio - of the crop.
 * @param options - what else was asked.
 * @param model - its prior of people's crops, and its calibration.
 * @param maxPixels - of a padded crop.
 * @throws ConstraintError nothing meets what was asked; whose photo it is, the caller knows.
 */
export function decide(
  logits: Grid,
  seen: Seen,
  ratio: AspectRatio,
  options: CropOptions,
  model: ModelRules,
  maxPixels: number = DEFAULT_MAX_PIXELS,
): Crop[] {
  const { subjects } = seen;
  const found = bestWithin(logits, seen, ratio, model.prior, options.zoom);
  if (found === null) return [padded(logits, seen.asked, ratio, paddingFill(options), maxPixels)];
  const { box, limits } = found;
  const best = judged(logits, box, limits, subjects, ratio, model.calibration);
  const crops = [centredIfUnsure(best, limits, subjects, options.minConfidence)];
  let most = best.confidence;
  for (const further of furtherBoxes(
    logits,
    limits,
    subjects,
    crops[0],
    options.maxCandidates - 1,
  )) {
    const crop = judged(logits, further, limits, subjects, ratio, model.calibration);
    // Candidates come in the order of the number that is shown: none is surer than a better one.
    // The centre crop, which is no better than itself, has 0 wherever it comes.
    if (crop.confidence) most = Math.min(crop.confidence, most);
    const confidence = Math.min(crop.confidence, most);
    crops.push({ ...crop, candidate: crops.length + 1, confidence });
  }
  return crops;
}

/** The crop of a photo that shows nothing: the centre crop, or none where that breaks limits. */
export function flatCrops(limits: Limits, ratio: AspectRatio): Crop[] {
  const centre = centreCrop(limits.image, ratio);
  return limits.allow(centre, ratio) ? [plainCrop(ratio, centre, 0)] : [];
}

/** A crop of a part of a photo, as one of the photo. */
export function inPhoto(crop: Crop, part: Box | null): Crop {
  return part ? { ...crop, box: moved(crop.box, part[0], part[1]), within: part } : crop;
}

/** Up to `count` boxes beside the best crop, the likeliest first; those that cut a head last. */
function furtherBoxes(
  logits: Grid,
  limits: Limits,
  subjects: SubjectMap | null,
  best: Crop,
  count: number,
): Box[] {
  const clear: Box[] = [best.box];
  const cutting: Box[] = [];
  while (clear.length <= count && cutting.length < MOST_PASSED_OVER) {
    const box = nextCrop(logits, limits, best.ratio, [...clear, ...cutting]);
    if (box === null) break;
    const cuts =
      subjects !== null && cutHeads(subjects, limits.image, box).some((depth) => depth > CUT);
    (cuts ? cutting : clear).push(box);
  }
  return [...clear.slice(1), ...cutting].slice(0, count);
}

/**
 * The best box, and the strictest limits that some box meets.
 *
 * Faces give way first, then what is opaque, then `zoom`.
 */
function bestWithin(
  logits: Grid,
  { asked, faces, subjects, opaque }: Seen,
  ratio: AspectRatio,
  prior: Prior,
  zoom: Zoom,
): { box: Box; limits: Limits } | null {
  const zoomed = zoom === "none" ? [asked.with({ minSize: 1 }), asked] : [asked];
  for (const wanted of zoomed.flatMap((limits) => limitsWithContent(limits, opaque, ratio))) {
    for (const limits of limitsWithFaces(wanted, faces, ratio)) {
      const framed =
        zoom === "tight" && subjects !== null ? framedCrop(logits, subjects, limits, ratio) : null;
      const box = framed ?? bestCrop(logits, limits, ratio, prior, subjects);
      if (box !== null) return { box, limits };
    }
  }
  return null;
}

/** The crop with its confidence: how likely it beats the centre crop. */
function judged(
  logits: Grid,
  box: Box,
  limits: Limits,
  subjects: SubjectMap | null,
  ratio: AspectRatio,
  calibration: Calibration,
): Crop {
  const evidence = gatherEvidence(logits, box, limits.image, ratio, subjects);
  return plainCrop(ratio, box, confidenceOf(calibration, evidence));
}

/**
 * The crop, or where its confidence is below the least, a safe one near the middle.
 *
 * That is the centre crop, moved as little as needed to hold every head that the crop holds. The crop
 * stays where the limits do not allow that, or where it would cut more of heads.
 */
function centredIfUnsure(
  crop: Crop,
  limits: Limits,
  subjects: SubjectMap | null,
  minConfidence: number,
): Crop {
  const { image } = limits;
  const centre = centreCrop(image, crop.ratio);
  if (crop.confidence >= minConfidence || !limits.allow(centre, crop.ratio)) return crop;
  const heads = subjects ? sureHeads(subjects, image) : [];
  const held = heads.filter((head) => holds(crop.box, head));
  const safe = limits.with({ keep: [...limits.keep, ...held] });
  const box = nearestBox(centre, safe, crop.ratio);
  if (box === null || isEqual(box, crop.box)) return crop;
  if (subjects !== null) {
    const cut = (one: Box): number =>
      cutHeads(subjects, image, one).reduce((total, depth) => total + depth, 0);
    if (cut(box) > cut(crop.box) + CUT) return crop;
  }
  return { ...crop, box, centred: true };
}

/**
 * Part of the photo on a canvas of the ratio; without a fill, an error that says why.
 *
 * @throws ConstraintError no padding is wanted, or none helps.
 */
function padded(
  logits: Grid,
  asked: Limits,
  ratio: AspectRatio,
  fill: string | null,
  maxPixels: number,
): Crop {
  const part = fill === null ? null : paddedCrop(logits, asked, ratio);
  if (fill === null || part === null) throw new ConstraintError(explainConflict(asked, ratio));
  const padding = { margins: part.margins, fill };
  const crop = { ...plainCrop(ratio, part.box, 0), padding };
  const { width, height } = cropSize(crop);
  if (width * height > maxPixels) {
    throw new ConstraintError(
      `the padded ${ratio.label} crop would have ${counted(width * height)} pixels ` +
        `(${width}x${height}), more than the limit of ${counted(maxPixels)}; ask for a ratio ` +
        "nearer to what is kept, or raise maxPixels",
    );
  }
  return crop;
}

function counted(pixels: number): string {
  return pixels.toLocaleString("en-US");
}

/**
 * Refuse to frame a subject with a model that sees none: any crop would look as if it had.
 *
 * @throws OptionError that is asked.
 */
export function checkZoom(options: CropOptions, seesSubjects: boolean): void {
  if (options.zoom === "tight" && !seesSubjects) {
    throw new OptionError(
      "zoom: 'tight' frames the main subject, and this model sees no subjects; take " +
        "zoom: 'natural', or another model",
      "zoom",
      "tight",
    );
  }
}
