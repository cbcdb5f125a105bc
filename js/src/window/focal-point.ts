/**
 * One point of a photo from which style sheets and content management systems get our crops. Twin of
 * `focal_point.py`.
 *
 * Both cut the largest window of the ratio that they need, and take its place from two numbers,
 * which mean different things:
 *
 * - CSS's `object-position`: the share p of the room beside the window that lies before it, so that
 *   a window of side w (all in shares of the photo's side) begins at p (1 - w).
 * - A content management system's focal point f: the window is centred on it as far as the photo
 *   allows, and begins at f - w / 2, moved into [0, 1 - w].
 *
 * A largest window leaves room on one axis only, so that each of the four numbers is a problem of its
 * own in one dimension: the number with the least mean cost over common ratios, 1 - IoU with the
 * window that we would take, plus what is cut of boxes to keep and shown of boxes to avoid. It is
 * found on a grid.
 */

import { centreOf, isEmpty, largestWindow, sizeOf, type Box, type Size } from "../geometry.js";
import { argmin, clip, linspace, sum } from "../numeric.js";
import { aspectRatio, type AspectRatio } from "../ratio.js";
import type { Range } from "./constraints.js";

/** What a focal point is fitted to: each counts the same, whatever ratio the photo has. */
export const COMMON_RATIOS: readonly AspectRatio[] = [
  aspectRatio(1, 3),
  aspectRatio(9, 16),
  aspectRatio(2, 3),
  aspectRatio(3, 4),
  aspectRatio(4, 5),
  aspectRatio(1, 1),
  aspectRatio(5, 4),
  aspectRatio(4, 3),
  aspectRatio(3, 2),
  aspectRatio(16, 9),
  aspectRatio(1.91, 1),
  aspectRatio(3, 1),
];

const STEPS = 1000;
/** Cost of cutting all of what is kept, or showing all of what is avoided: more than any IoU. */
const BROKEN = 2;
/** Cost of lying away from the windows' own places: decides where nothing else does. */
const TIE = 1e-6;

/** The point from which others get nearly our crops, whatever ratio they need. */
export interface FocalPoint {
  /** 0..1 of the upright photo's width: where a content management system centres its crops. */
  readonly x: number;
  /** 0..1 of its height, likewise. */
  readonly y: number;
  /** 0..1, for CSS: see `objectPosition`. */
  readonly positionX: number;
  readonly positionY: number;
  /** The value of CSS's `object-position`, beside `object-fit: cover`: "42.3% 30%". */
  readonly objectPosition: string;
}

/**
 * The focal point of a picture that gives windows nearest to the crops.
 *
 * @param picture - all of the photo, or a part of it that stands alone [px of the photo].
 * @param crops - one for each of `COMMON_RATIOS` [px of the photo]. Only their middles count: what is
 * compared is the picture's largest window around each.
 * @param keep - boxes that windows hold where they can [px of the photo].
 * @param avoid - boxes that windows overlap as little as they can [px of the photo].
 */
export function fitFocalPoint(
  picture: Box,
  crops: readonly Box[],
  keep: readonly Box[] = [],
  avoid: readonly Box[] = [],
): FocalPoint {
  const size = sizeOf(picture);
  const shapes = COMMON_RATIOS.map((ratio) => largestWindow(size, ratio));
  const middles = crops.map(centreOf);
  const fitted = ([0, 1] as const).map((axis) => {
    const [start, name] = [picture[axis], axis === 0 ? "width" : "height"] as const;
    const side = size[name];
    const spans = (boxes: readonly Box[]): Range[] =>
      boxes.map((box): Range => [(box[axis] - start) / side, (box[axis + 2] - start) / side]);
    const windows = shapes.map((shape, i) => ({
      side: shape[name] / side,
      middle: (middles[i][axis] - start) / side,
    }));
    return fittedOn(windows, spans(keep), spans(avoid));
  });
  const [[x, positionX], [y, positionY]] = fitted;
  const objectPosition = `${percent(positionX)} ${percent(positionY)}`;
  return { x, y, positionX, positionY, objectPosition };
}

/** What an image has beside a part of it, as bars along its edges [px]. */
export function barsAround([x0, y0, x1, y1]: Box, { width, height }: Size): Box[] {
  const bars: Box[] = [
    [0, 0, x0, height],
    [x1, 0, width, height],
    [0, 0, width, y0],
    [0, y1, width, height],
  ];
  return bars.filter((bar) => !isEmpty(bar));
}

/** A window on one axis: its side, and where its middle is wanted; in shares of the photo's side. */
interface Wanted {
  readonly side: number;
  readonly middle: number;
}

/** The focal point and the position on one axis; 0.5 where no window leaves room on it. */
function fittedOn(
  windows: readonly Wanted[],
  keep: readonly Range[],
  avoid: readonly Range[],
): readonly [point: number, position: number] {
  const free = windows
    .filter(({ side }) => side < 1)
    .map(({ side, middle }) => ({ side, middle, start: centredStart(middle, side) }));
  if (free.length === 0) return [0.5, 0.5];
  const least = (
    startOf: (tried: number, side: number) => number,
    ownOf: (window: (typeof free)[number]) => number,
  ): number => {
    const tried = linspace(0, 1, STEPS + 1);
    const costs = tried.map((one) => {
      const each = free.map((window) => {
        const cost = costOf(startOf(one, window.side), window, keep, avoid);
        return cost + TIE * (one - ownOf(window)) ** 2;
      });
      return sum(each) / each.length;
    });
    return Number(tried[argmin(costs)].toFixed(3));
  };
  return [
    least(centredStart, ({ middle }) => middle),
    least(positionedStart, ({ start, side }) => start / (1 - side)),
  ];
}

/** Where a window begins that is centred on a focal point; all in shares of the photo's side. */
function centredStart(point: number, side: number): number {
  return clip(point - side / 2, 0, 1 - side);
}

/** Where a window begins that `object-position` places; all in shares of the photo's side. */
function positionedStart(position: number, side: number): number {
  return position * (1 - side);
}

/** What a window that begins at `start` costs, where another start was wanted. */
function costOf(
  start: number,
  wanted: { readonly side: number; readonly start: number },
  keep: readonly Range[],
  avoid: readonly Range[],
): number {
  const { side } = wanted;
  const away = Math.min(Math.abs(start - wanted.start), side);
  let cost = 1 - (side - away) / (side + away);
  for (const span of keep) cost += BROKEN * (1 - inside(start, side, span));
  for (const span of avoid) cost += BROKEN * inside(start, side, span);
  return cost;
}

/** The share of a span that lies in a window. */
function inside(start: number, side: number, [first, last]: Range): number {
  return Math.max(Math.min(start + side, last) - Math.max(start, first), 0) / (last - first);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1).replace(/\.0$/, "")}%`;
}
