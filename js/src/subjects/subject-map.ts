/**
 * The subject map of a photo, from the network's outputs: where people look, its heads and its main
 * subjects. Twin of `subject_map.py`.
 */

import { isEmpty, pixelsOf, scaled, type Box, type Size } from "../geometry.js";
import type { Grid } from "../grid.js";
import type { Subject, SubjectMap } from "../subjects.js";
import { peaksOf, surest, type PeakMaps } from "./peaks.js";

/** Lowest score that counts as a head. */
const MIN_HEAD_SCORE = 0.05;
/** Least score of a head that is treated as one for sure, where costs do not weigh it. */
export const SURE_HEAD = 0.3;
/** Lowest score that counts as a subject. */
const MIN_SUBJECT_SCORE = 0.05;
/** Heads kept of a photo, the surest. */
const MOST_HEADS = 40;
/** Subjects kept of a photo, the surest. */
const MOST_SUBJECTS = 10;
/** Windows that overlap by this IoU or more are one head, or one subject. */
const SAME_IOU = 0.5;

/** What the network answers for one photo, in cells that cover all of it. */
export interface SubjectOutputs {
  /** Share of people's gaze in each cell; all of them add up to 1. */
  readonly gaze: Grid;
  readonly heads: PeakMaps;
  readonly subjects: PeakMaps;
}

/** The subject map of a photo of this upright size [px]. */
export function subjectMapOf(outputs: SubjectOutputs, photo: Size): SubjectMap {
  return {
    gaze: outputs.gaze,
    heads: found(outputs.heads, photo, MIN_HEAD_SCORE, MOST_HEADS),
    subjects: found(outputs.subjects, photo, MIN_SUBJECT_SCORE, MOST_SUBJECTS),
  };
}

/** The heads that the network is sure of, as far as a `photo` [px] shows them. */
export function sureHeads(map: SubjectMap, photo: Size): Box[] {
  return map.heads
    .filter(({ score }) => score >= SURE_HEAD)
    .map(({ window }) => pixelsOf(window, photo))
    .filter((box) => !isEmpty(box));
}

/** The same, as if no head had been seen. */
export function withoutHeads(map: SubjectMap): SubjectMap {
  return { ...map, heads: [] };
}

/** The windows that maps tell of [px], surest first. */
function found(maps: PeakMaps, photo: Size, minScore: number, most: number): Subject[] {
  const [x, y] = [photo.width / maps.columns, photo.height / maps.rows];
  return surest(peaksOf(maps, minScore), SAME_IOU, most).map(({ window, score }) => ({
    window: scaled(window, x, y),
    score,
  }));
}
