/**
 * The confidence of a crop: the probability that it beats the centre crop. Twin of `confidence.py`.
 *
 * A few numbers tell a crop from the centre crop, or a photo in which that is easily beaten from one
 * in which it is not. A logistic regression, fitted on held-out photos, turns them into a
 * probability.
 */

import {
  centreCrop,
  centreOf,
  iou,
  scaled,
  sizeOf,
  type Box,
  type Size,
  type Window,
} from "../geometry.js";
import type { Grid } from "../grid.js";
import type { Calibration } from "../model-rules.js";
import { clip, sum } from "../numeric.js";
import type { AspectRatio } from "../ratio.js";
import type { SubjectMap } from "../subjects.js";
import { Keeping } from "./keeping.js";
import { gainOverMiddle, gazeInside } from "./placement.js";

/** The numbers that speak for a crop or against it; 0 what is not known of gaze and subjects. */
export interface Evidence {
  /**
   * Square root of the gain in the map's mean logit from a window of the crop's size in the middle
   * to the crop; negative where the middle is likelier, as it can be under constraints or for a
   * second candidate.
   */
  readonly margin: number;
  /** 1 - IoU of the crop and the centre crop, 0..1; 0 if they are the same. */
  readonly distance: number;
  /** Share of gaze inside the crop less that inside the centre crop, -1..1. */
  readonly gaze: number;
  /** What the centre crop costs in heads and subjects cut (`keeping`) less what the crop costs. */
  readonly kept: number;
  /**
   * How far the middle of gaze lies off the photo's middle on the side of the crop: the product of
   * its way and the crop's, in shares of the photo's and the crop's sides.
   */
  readonly pull: number;
  /** Score of the surest subject, 0..1. */
  readonly subject: number;
  /** The map's mean probability that a cell lies in the crop, 0..1. */
  readonly coverage: number;
}

/**
 * The evidence for a crop of `image` [px].
 *
 * @param logits - the map of that image.
 * @param box - the crop [px].
 * @param image - its size [px].
 * @param ratio - that was asked for.
 * @param subjects - of the image, where they are known.
 */
export function gatherEvidence(
  logits: Grid,
  box: Box,
  image: Size,
  ratio: AspectRatio,
  subjects: SubjectMap | null,
): Evidence {
  const gained = gainOverMiddle(logits, box, image);
  const centre = centreCrop(image, ratio);
  const found = {
    margin: Math.sign(gained) * Math.sqrt(Math.abs(gained)),
    distance: 1 - iou(box, centre),
    coverage: meanProbability(logits),
  };
  if (subjects === null) return { ...found, gaze: 0, kept: 0, pull: 0, subject: 0 };
  const [crop, middle] = [box, centre].map((one) => scaled(one, 1 / image.width, 1 / image.height));
  const keeping = Keeping.of(subjects, image, ratio);
  return {
    ...found,
    gaze: gazeInside(subjects.gaze, crop) - gazeInside(subjects.gaze, middle),
    kept: costOf(keeping, middle) - costOf(keeping, crop),
    pull: pullOf(subjects.gaze, crop),
    subject: Math.max(0, ...subjects.subjects.map(({ score }) => score)),
  };
}

/**
 * Probability that the crop beats the centre crop, 0..1; 0 if it is the centre crop.
 *
 * The fit holds where the map prefers the crop. Where it prefers the middle, the two change roles:
 * the answer is one minus the probability that the centre crop beats this one.
 */
export function confidenceOf(calibration: Calibration, evidence: Evidence): number {
  if (evidence.distance === 0) return 0;
  if (evidence.margin < 0) {
    const { margin, gaze, kept, pull } = evidence;
    const ofTheCentre = {
      ...evidence,
      margin: -margin,
      gaze: -gaze,
      kept: -kept,
      pull: -pull,
    };
    return 1 - confidenceOf(calibration, ofTheCentre);
  }
  const { bias, margin, distance, gaze, kept, pull, subject, coverage } = calibration;
  const odds =
    bias +
    margin * evidence.margin +
    distance * evidence.distance +
    gaze * evidence.gaze +
    kept * evidence.kept +
    pull * evidence.pull +
    subject * evidence.subject +
    coverage * evidence.coverage;
  return 1 / (1 + Math.exp(-clip(odds, -500, 500)));
}

function meanProbability({ data }: Grid): number {
  let total = 0;
  for (const logit of data) total += 1 / (1 + Math.exp(-clip(logit, -50, 50)));
  return total / data.length;
}

/** What a crop, in shares of the photo's sides, costs in heads and subjects cut. */
function costOf(keeping: Keeping, crop: Window): number {
  const { width, height } = sizeOf(crop);
  return keeping.costs(Float64Array.of(crop[0]), Float64Array.of(crop[1]), width, height)[0];
}

/** `Evidence.pull` of a crop, in shares of the photo's sides. */
function pullOf(gaze: Grid, crop: Window): number {
  const { data, rows, columns } = gaze;
  const [centreX, centreY] = centreOf(crop);
  const { width, height } = sizeOf(crop);
  // In single precision as in Python: much depends on it.
  const byColumn = new Float32Array(columns);
  const byRow = new Float32Array(rows);
  for (let j = 0; j < rows; j++) {
    const row = data.subarray(j * columns, (j + 1) * columns);
    for (let i = 0; i < columns; i++) byColumn[i] += row[i];
    byRow[j] = sum(row, new Float32Array(8));
  }
  const [x, y] = [meanOf(byColumn), meanOf(byRow)];
  return ((x - 0.5) * (centreX - 0.5)) / width + ((y - 0.5) * (centreY - 0.5)) / height;
}

/** The mean place of shares that add up to 1, 0..1. */
function meanOf(shares: Float32Array): number {
  return shares.reduce((total, share, i) => total + share * (i + 0.5), 0) / shares.length;
}
