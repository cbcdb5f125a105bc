/**
 * The crop that frames the main subject, with a little room around it. Twin of `framing.py`.
 *
 * The *hull* is what has to be in: the largest subject, weighed by how sure the network is, with the
 * heads that it overlaps, or those heads alone where the ratio is too flat or too narrow for all of
 * it; without a subject, all heads; and where neither is seen, the smallest window of the ratio that
 * holds most of what people look at. It grows by a margin on each side, less of it where the photo or
 * the limits leave no room. The crop is the smallest that holds all that. In the room that is left
 * it lies where it cuts no other head, and where the map gathers most.
 */

import {
  boxAt,
  centreOf,
  hullOf,
  largestWindow,
  longerSide,
  overlaps,
  pixelsOf,
  roundHalfUp,
  scaled,
  sizeOf,
  sizeWithin,
  type Box,
  type Size,
  type Window,
} from "../geometry.js";
import type { Grid } from "../grid.js";
import { argmin, linspace, roundHalfEven, unique } from "../numeric.js";
import type { AspectRatio } from "../ratio.js";
import type { SubjectMap } from "../subjects.js";
import { sureHeads } from "../subjects/subject-map.js";
import type { Limits, Range } from "./constraints.js";
import { Keeping, mainSubject } from "./keeping.js";
import { checkMap, sumsInside } from "./likelihood.js";

/** Room on each side of the hull, as a share of its width and of its height. */
const MARGIN = 1 / 6;
/** Of gaze that a window must hold to stand for a subject. */
const GAZE_SHARE = 0.7;
/** Tried along each axis. */
const POSITIONS = 33;
/** Places of which one costs so much more in heads cut are as good, by `keeping`. */
const AS_SAFE = 0.1;
/** Of a margin, and of a window's scale, until it is known well enough. */
const HALVINGS = 8;
/** Of a share of a side: an edge's last bits would cost a pixel. */
const PARTS = 1e6;

/**
 * The smallest crop of `ratio` within limits that holds the main subject and a margin.
 *
 * @param logits - log odds that a cell lies in the crop; the map covers the whole photo.
 * @param subjects - of the photo.
 * @param limits - what the crop must meet; they go before the subject.
 * @param ratio - asked ratio.
 * @returns box [px of the photo], or null if no crop within the limits holds the whole subject.
 * @throws MarscropError logits that are not finite.
 */
export function framedCrop(
  logits: Grid,
  subjects: SubjectMap,
  limits: Limits,
  ratio: AspectRatio,
): Box | null {
  checkMap(logits);
  const heads = Keeping.ofHeads(subjects, limits.image);
  for (const hull of subjectHulls(subjects, limits.image, ratio)) {
    const box = framed(hull, logits, heads, limits, ratio);
    if (box !== null) return box;
  }
  return null;
}

/** The smallest crop around a hull and its margin, or as much margin as there is room for. */
function framed(
  hull: Box,
  logits: Grid,
  heads: Keeping,
  limits: Limits,
  ratio: AspectRatio,
): Box | null {
  const around = (margin: number): Box | null =>
    cropAround(grown(hull, margin, limits.image), logits, heads, limits, ratio);
  const roomy = around(MARGIN);
  if (roomy !== null) return roomy;
  let best = around(0);
  if (best === null) return null;
  let [fits, tooMuch] = [0, MARGIN];
  for (let i = 0; i < HALVINGS; i++) {
    const margin = (fits + tooMuch) / 2;
    const box = around(margin);
    if (box === null) tooMuch = margin;
    else [fits, best] = [margin, box];
  }
  return best;
}

/**
 * The boxes [px] that a crop of `photo` has to hold to show its main subject, best first.
 *
 * @returns the whole subject, and its heads alone for a ratio at which it does not fit; none where
 * neither a subject nor a head is seen and no window of `ratio` holds most of the gaze.
 */
function subjectHulls(subjects: SubjectMap, photo: Size, ratio: AspectRatio): Box[] {
  const heads = sureHeads(subjects, photo);
  const main = mainSubject(subjects, photo);
  if (main === null) {
    const hull = heads.length ? hullOf(heads) : gazedAt(subjects.gaze, photo, ratio);
    return hull ? [hull] : [];
  }
  const [x0, y0, x1, y1] = main.map((edge) => roundHalfEven(edge * PARTS) / PARTS);
  const subject = pixelsOf([x0, y0, x1, y1], photo);
  const own = heads.filter((head) => overlaps(head, subject));
  const whole = hullOf([subject, ...own]);
  return own.length ? [whole, hullOf(own)] : [whole];
}

/** The smallest window of `ratio` that holds most of the gaze; null if the largest does not. */
function gazedAt(gaze: Grid, photo: Size, ratio: AspectRatio): Box | null {
  // In shares of the photo's sides.
  const own = photo.width / photo.height;
  const [width, height] = [Math.min(1, ratio.value / own), Math.min(1, own / ratio.value)];
  let [share, best] = mostGaze(gaze, width, height);
  if (share < GAZE_SHARE) return null;
  let [tooSmall, holding] = [0, 1];
  for (let i = 0; i < HALVINGS; i++) {
    const scale = (tooSmall + holding) / 2;
    let window: Window;
    [share, window] = mostGaze(gaze, scale * width, scale * height);
    if (share < GAZE_SHARE) tooSmall = scale;
    else [holding, best] = [scale, window];
  }
  return pixelsOf(scaled(best, photo.width, photo.height), photo);
}

/** The most gaze that a window of this size holds, and that window; in shares of the sides. */
function mostGaze(gaze: Grid, width: number, height: number): [number, Window] {
  const [x, y] = [linspace(0, 1 - width, POSITIONS), linspace(0, 1 - height, POSITIONS)];
  const held = sumsInside(gaze, x, y, width, height);
  const middle = (start: number, side: number): number => start - (1 - side) / 2;
  const [row, column] = highest(
    held,
    x.map((start) => middle(start, width)),
    y.map((start) => middle(start, height)),
  );
  const [x0, y0] = [x[column], y[row]];
  return [held[row * x.length + column], [x0, y0, x0 + width, y0 + height]];
}

/** The box with a share of its sides added all round, as far as the photo goes. */
function grown(box: Box, margin: number, photo: Size): Box {
  const { width, height } = sizeOf(box);
  const [x, y] = [margin * width, margin * height];
  return pixelsOf([box[0] - x, box[1] - y, box[2] + x, box[3] + y], photo);
}

/** The smallest crop within limits that holds `hull`, where it cuts least of other heads. */
function cropAround(
  hull: Box,
  logits: Grid,
  heads: Keeping,
  limits: Limits,
  ratio: AspectRatio,
): Box | null {
  const { image, avoid } = limits;
  const at = smallestAround(hull, limits, ratio);
  if (at === null) return null;
  const size = sizeWithin(at, image, ratio);
  const [across, down] = roomFor(size, hull, limits);
  const spansX = avoid.map(([x0, , x1]): Range => [x0, x1]);
  const spansY = avoid.map(([, y0, , y1]): Range => [y0, y1]);
  const x = offsets(across, size.width, spansX);
  const y = offsets(down, size.height, spansY);
  const [lefts, tops] = [x.map((one) => one / image.width), y.map((one) => one / image.height)];
  const [width, height] = [size.width / image.width, size.height / image.height];
  const sums = sumsInside(logits, lefts, tops, width, height);
  const costs = heads.costs(lefts, tops, width, height);
  let least = Infinity;
  y.forEach((top, row) => {
    x.forEach((left, column) => {
      const i = row * x.length + column;
      const box = boxAt(left, top, size);
      if (avoid.some((other) => overlaps(box, other))) sums[i] = -Infinity;
      else least = Math.min(least, costs[i]);
    });
  });
  if (least === Infinity) return null;
  costs.forEach((cost, i) => {
    if (cost > least + AS_SAFE) sums[i] = -Infinity;
  });
  const [centreX, centreY] = centreOf(hull);
  const [row, column] = highest(
    sums,
    x.map((left) => left + size.width / 2 - centreX),
    y.map((top) => top + size.height / 2 - centreY),
  );
  return boxAt(roundHalfUp(x[column]), roundHalfUp(y[row]), size);
}

/**
 * The longer side of the smallest crop that holds `hull`; null if none does.
 *
 * Who holds the hull does so too when larger, pinned or not; who is clear of what is to be avoided is
 * so too when smaller. So only the smallest that holds the hull need be tried.
 */
function smallestAround(hull: Box, limits: Limits, ratio: AspectRatio): number | null {
  const longest = longerSide(largestWindow(limits.image, ratio), ratio);
  let low = Math.min(limits.smallest(ratio), longest);
  let high = longest + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const room = roomFor(sizeWithin(middle, limits.image, ratio), hull, limits);
    if (room.every(([first, last]) => first <= last)) high = middle;
    else low = middle + 1;
  }
  return low <= longest ? low : null;
}

/** First and last x0 and y0; the first is beyond the last where there is no room. */
function roomFor({ width, height }: Size, hull: Box, limits: Limits): [Range, Range] {
  const [left, right] = limits.xRange(width);
  const [top, bottom] = limits.yRange(height);
  return [
    [Math.max(left, hull[2] - width), Math.min(right, hull[0])],
    [Math.max(top, hull[3] - height), Math.min(bottom, hull[1])],
  ];
}

/** Whole offsets from the first to the last: evenly spread, and those beside what is avoided. */
function offsets([first, last]: Range, length: number, avoided: readonly Range[]): Float64Array {
  const spread = linspace(first, last, Math.min(last - first + 1, POSITIONS)).map(roundHalfEven);
  const ends = avoided.flatMap(([low, high]) => [low - length, high]);
  return unique([...spread, ...ends.filter((end) => first <= end && end <= last)]);
}

/** Row and column of the highest value; of equal ones the one that is the least away. */
function highest(
  values: Float64Array,
  awayX: Float64Array,
  awayY: Float64Array,
): [row: number, column: number] {
  const most = values.reduce((a, b) => Math.max(a, b));
  const least = most - 1e-9 * (1 + Math.abs(most));
  const columns = awayX.length;
  const away = values.map((value, i) =>
    value >= least ? awayY[Math.floor(i / columns)] ** 2 + awayX[i % columns] ** 2 : Infinity,
  );
  const at = argmin(away);
  return [Math.floor(at / columns), at % columns];
}
