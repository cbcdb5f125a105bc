/**
 * What a window costs in heads that it cuts and in main subjects that it does not show whole. Twin of
 * `keeping.py`.
 *
 * The network is not sure of what it sees, so nothing is forbidden: each head and each subject has a
 * cost, the higher the surer it is. A head costs most where an edge goes through it, and less where
 * it is left out. A subject costs by how much of it is missing, if a window of the ratio can hold
 * all of it; the more so the more it is the only one.
 */

import { clamp, largestWindow, scaled, type Box, type Size, type Window } from "../geometry.js";
import { argsort, sum } from "../numeric.js";
import type { AspectRatio } from "../ratio.js";
import type { Subject, SubjectMap } from "../subjects.js";
import { SURE_HEAD } from "../subjects/subject-map.js";

/** Of a sure head that is cut, in those of moving the window (`placement`). */
const HEAD_COST = 1;
/** What is kept around a head, in shares of its sides: the network does not see edges exactly. */
const HEAD_ROOM = 0.12;
/** Share of a head's cost that is for the room around it. */
const ROOM_COST = 0.3;
/** A head of which a tenth is cut off, or is left, costs as much as one cut in the middle. */
const HEAD_STEEPNESS = 10;
/** Cost of a head left out, as a share of that of one cut. */
const LOST_HEAD = 0.35;
/** Of a sure subject, the only one, that is lost. */
const SUBJECT_COST = 1.2;
/** As that of heads. */
const SUBJECT_ROOM = 0.05;
/** A subject of which a third is missing costs as much as one that is lost. */
const SUBJECT_STEEPNESS = 3;
/** Only the largest are main subjects. */
const MAIN_SUBJECTS = 3;
/** Of a box, in shares of the photo's side: less of it than this shows is nothing to keep. */
const LEAST_SIDE = 1e-3;

/** A box that a crop should not cut: edges in shares of the photo's sides, and what it costs. */
interface Kept {
  readonly edges: Window;
  readonly weight: number;
}

/** The heads and the main subjects of a photo, by what they cost. */
export class Keeping {
  private constructor(
    /** All of them, and each once more with the room around it. */
    private readonly heads: readonly Kept[],
    /** The main ones, the largest first, weighed by how sure the network is. */
    private readonly subjects: readonly Kept[],
  ) {}

  /** What a crop of `ratio` of a `photo` [px] should keep. */
  static of(subjects: SubjectMap, photo: Size, ratio: AspectRatio): Keeping {
    const found = inShares(subjects.subjects, photo);
    const sizes = found.map(sizeTimesScore);
    const total = Math.max(sum(sizes), LEAST_SIDE ** 2);
    const largest = largestWindow(photo, ratio);
    const [width, height] = [largest.width / photo.width, largest.height / photo.height];
    const main = argsort(sizes.map((size) => -size))
      .slice(0, MAIN_SUBJECTS)
      .filter((i) => {
        const [x0, y0, x1, y1] = found[i].edges;
        return x1 - x0 <= width && y1 - y0 <= height;
      })
      .map((i) => {
        const { edges, score } = found[i];
        const share = sizes[i] / total;
        const weight = SUBJECT_COST * (score * score) * (share * share);
        return { edges: grown(edges, SUBJECT_ROOM), weight };
      });
    return new Keeping(Keeping.ofHeads(subjects, photo).heads, main);
  }

  /** What any crop of a `photo` [px] should keep of heads alone. */
  static ofHeads(subjects: SubjectMap, photo: Size): Keeping {
    const found = inShares(subjects.heads, photo);
    return new Keeping(
      [
        ...found.map(({ edges, score }) => ({
          edges,
          weight: (1 - ROOM_COST) * (HEAD_COST * score),
        })),
        ...found.map(({ edges, score }) => ({
          edges: grown(edges, HEAD_ROOM),
          weight: ROOM_COST * (HEAD_COST * score),
        })),
      ],
      [],
    );
  }

  /** Whether there is nothing to keep. */
  get isEmpty(): boolean {
    return this.heads.length === 0 && this.subjects.length === 0;
  }

  /**
   * The costs of windows of one size, edges in shares of the photo's sides.
   *
   * @param lefts - where the windows begin.
   * @param tops - likewise.
   * @param width - of all of them.
   * @param height - likewise.
   * @returns costs for each top and left, row by row, 0 where nothing is cut or lost.
   */
  costs(lefts: Float64Array, tops: Float64Array, width: number, height: number): Float64Array {
    const total = new Float64Array(tops.length * lefts.length);
    addCosts(total, this.heads, lefts, tops, width, height, (shown) => {
      const cut = Math.min(1, HEAD_STEEPNESS * Math.min(shown, 1 - shown));
      return Math.max(cut, LOST_HEAD * (1 - shown));
    });
    addCosts(total, this.subjects, lefts, tops, width, height, (shown) =>
      Math.min(1, SUBJECT_STEEPNESS * (1 - shown)),
    );
    return total;
  }
}

/** Adds to `total` what boxes cost, by the share of each that a window shows. */
function addCosts(
  total: Float64Array,
  boxes: readonly Kept[],
  lefts: Float64Array,
  tops: Float64Array,
  width: number,
  height: number,
  costOf: (shown: number) => number,
): void {
  const costs = new Float64Array(total.length);
  for (const { edges, weight } of boxes) {
    const [x0, y0, x1, y1] = edges;
    const across = lefts.map((left) => shownShare(x0, x1, left, left + width));
    const down = tops.map((top) => shownShare(y0, y1, top, top + height));
    let i = 0;
    for (const y of down) for (const x of across) costs[i++] += weight * costOf(y * x);
  }
  for (let i = 0; i < total.length; i++) total[i] += costs[i];
}

/** The share of a span that lies between two edges, 0..1. */
function shownShare(first: number, last: number, near: number, far: number): number {
  return Math.max(Math.min(last, far) - Math.max(first, near), 0) / (last - first);
}

/**
 * How deep a crop [px of the photo] cuts into each head that the network is sure of.
 *
 * @returns the smaller of the shares inside and outside, 0 for a whole head or none of it, 0.5 for
 * one cut in the middle.
 */
export function cutHeads(subjects: SubjectMap, photo: Size, box: Box): number[] {
  const [left, top, right, bottom] = scaled(box, 1 / photo.width, 1 / photo.height);
  return inShares(subjects.heads, photo)
    .filter(({ score }) => score >= SURE_HEAD)
    .map(({ edges: [x0, y0, x1, y1] }) => {
      // Far edges as from sides, for the last bits.
      const across = shownShare(x0, x1, left, left + (right - left));
      const down = shownShare(y0, y1, top, top + (bottom - top));
      const shown = down * across;
      return clamp(Math.min(shown, 1 - shown), 0, 0.5);
    });
}

/** The subject that is largest, weighed by its score [px of the photo]; null without any. */
export function mainSubject(subjects: SubjectMap, photo: Size): Window | null {
  let main: Shares | null = null;
  for (const subject of inShares(subjects.subjects, photo)) {
    if (main === null || sizeTimesScore(subject) > sizeTimesScore(main)) main = subject;
  }
  return main && scaled(main.edges, photo.width, photo.height);
}

/** A head or subject with its edges in shares of the photo's sides. */
interface Shares {
  readonly edges: Window;
  readonly score: number;
}

function sizeTimesScore({ edges: [x0, y0, x1, y1], score }: Shares): number {
  return score * ((x1 - x0) * (y1 - y0));
}

/** What is found, as far as the photo shows it. */
function inShares(found: readonly Subject[], photo: Size): Shares[] {
  return found
    .map(({ window, score }): Shares => {
      const [x0, y0, x1, y1] = window;
      return {
        edges: [
          clamp(x0 / photo.width, 0, 1),
          clamp(y0 / photo.height, 0, 1),
          clamp(x1 / photo.width, 0, 1),
          clamp(y1 / photo.height, 0, 1),
        ],
        score,
      };
    })
    .filter(({ edges: [x0, y0, x1, y1] }) => Math.min(x1 - x0, y1 - y0) > LEAST_SIDE);
}

/** A box with a share of its sides added all round, within 0..1. */
function grown([x0, y0, x1, y1]: Window, room: number): Window {
  const [x, y] = [room * (x1 - x0), room * (y1 - y0)];
  return [clamp(x0 - x, 0, 1), clamp(y0 - y, 0, 1), clamp(x1 + x, 0, 1), clamp(y1 + y, 0, 1)];
}
