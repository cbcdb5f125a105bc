/**
 * Borders: bars of one colour that were put around a picture, as letterboxes and frames are.
 *
 * A border is an even band of one colour along two opposite sides, or all four, that ends in a
 * straight line, just inside which most pixels differ from it. Numbers and steps are Python's
 * (`imaging/borders.py`).
 */

import type { Box } from "../geometry.js";
import { away, colourOf, type Lines, linesFrom, shareAbove, shareUpTo } from "./lines.js";
import type { Pixels } from "./pixels.js";
import { quantile, sortedCopy } from "./statistics.js";

/** By how much an outermost line may differ from its own colour, of 255. */
const MOST_NOISE = 12;
/** By how much a border's pixels may differ from its colour, however even its outermost line. */
export const LEAST_NOISE = 10;
/** By how much more the picture's pixels differ. */
export const DIFFERENCE = 4;
/** Share of a border's line that keeps to its colour. */
export const EVEN_SHARE = 0.97;
/** Share of the pixels just inside that differ, from which a straight edge closes a border. */
const CLOSED = 0.55;
/** The same, from which a border is taken as closed for sure. */
const SURE = 0.9;
/** The same, where other sides have shown that there is a border. */
const WEAK = 0.25;
/** Width of a border, at most, as a share of the photo's side. */
const MOST = 0.42;
/** Share of a photo that the picture in a frame of four sides has. */
const LEAST_FRAMED = 0.4;
/** Range of values of a picture, at least, of 255. */
const LEAST_RANGE = 24;
/** In a picture with less, none is more than noise. */
const LEAST_LINES = 8;

type Span = readonly [from: number, to: number];

/** An even band along one side of a picture. */
class Band {
  constructor(
    /** Even lines, from the outside. */
    readonly width: number,
    /** How far the pixels of each line are from its colour, from the outside. */
    readonly away: readonly Float64Array[],
    /** How far its own may be. */
    readonly noise: number,
  ) {}

  /** Share of pixels that differ just inside; the line between may be mixed. */
  closed([from, to]: Span): number {
    return shareAbove(this.away[this.width + 1].subarray(from, to), this.noise + DIFFERENCE);
  }

  /** Its width as a border, where a frame of `width` shows on the two sides next to it. */
  beside(width: number, span: Span): number {
    if (this.width < width - 1) return 0;
    return this.closed(span) >= WEAK ? this.width : Math.min(this.width, width);
  }
}

type Bands = readonly [first: Band, last: Band];

/**
 * The part of a small RGB picture that its borders leave; null without borders.
 *
 * @returns a box [px of the picture], whose edges may lie a pixel further out.
 */
export function findBorders(rgb: Pixels): Box | null {
  const { width, height } = rgb;
  const across = bandsOf(linesFrom(rgb, 0), linesFrom(rgb, 2));
  const down = bandsOf(linesFrom(rgb, 1), linesFrom(rgb, 3));
  if (!across && !down) return null;
  const columns = between(across, width);
  const rows = between(down, height);
  let [left, right] = widths(across, rows);
  let [top, bottom] = widths(down, columns);
  if (across && top && !left) {
    [left, right] = across.map((band) => band.beside(Math.min(top, bottom), rows));
  }
  if (down && left && !top) {
    [top, bottom] = down.map((band) => band.beside(Math.min(left, right), columns));
  }
  if (!left && !top && !right && !bottom) return null;
  const found: Box = [left, top, width - right, height - bottom];
  return isPicture(rgb, found) ? found : null;
}

/** Whether what a border surrounds is a picture, not a thing with straight edges on a ground. */
function isPicture({ data, width, height }: Pixels, [x0, y0, x1, y1]: Box): boolean {
  const across = (x1 - x0) / width;
  const down = (y1 - y0) / height;
  if (across < 1 && down < 1 && across * down < LEAST_FRAMED) return false;
  return [0, 1, 2].some((channel) => {
    // Without the outermost lines, in which the border may have a share.
    const values: number[] = [];
    for (let y = y0 + 2; y < y1 - 2; y++) {
      for (let x = x0 + 2; x < x1 - 2; x++) values.push(data[(y * width + x) * 3 + channel]);
    }
    if (!values.length) return false;
    const sorted = sortedCopy(values);
    return quantile(sorted, 0.99) - quantile(sorted, 0.01) >= LEAST_RANGE;
  });
}

/** The even bands at two opposite sides, where these have one colour. */
function bandsOf(first: Lines, last: Lines): Bands | null {
  if (first.count < LEAST_LINES || !mayBeEven(first) || !mayBeEven(last)) return null;
  const colours = [colourOf(first, 0), colourOf(last, 0)];
  if (colours[0].some((value, c) => Math.abs(value - colours[1][c]) > MOST_NOISE)) return null;
  const one = bandOf(first, colours[0]);
  const other = bandOf(last, colours[1]);
  return one && other && [one, other];
}

function bandOf(lines: Lines, own: readonly number[]): Band | null {
  const outermost = quantile(sortedCopy(away(lines, 0, own)), EVEN_SHARE);
  if (outermost > MOST_NOISE) return null;
  const noise = Math.max(LEAST_NOISE, 1.5 * outermost);
  const count = Math.min(lines.count, Math.trunc(MOST * lines.count) + 2);
  const found = Array.from({ length: count }, (_, index) => away(lines, index, own));
  const uneven = found.findIndex(
    (line, index) => index >= count - 2 || shareUpTo(line, noise) < EVEN_SHARE,
  );
  return new Band(uneven, found, noise);
}

/** Whether the middle 94 % of some of the outermost line's pixels are near to each other. */
function mayBeEven(lines: Lines): boolean {
  return [0, 1, 2].every((channel) => {
    const some: number[] = [];
    for (let j = 0; j < lines.length; j += 4) {
      some.push(lines.data[lines.origin + j * lines.pixel + channel]);
    }
    some.sort((a, b) => a - b);
    const apart = Math.floor((some.length * 3) / 100);
    return some[some.length - 1 - apart] - some[apart] <= 2 * MOST_NOISE;
  });
}

/** Where on an axis the picture lies, if the bands on it are borders. */
function between(bands: Bands | null, length: number): Span {
  return bands ? [bands[0].width, length - bands[1].width] : [0, length];
}

/** The widths of two opposite borders; 0 where the bands are none. */
function widths(bands: Bands | null, span: Span): [number, number] {
  if (!bands) return [0, 0];
  const found: [number, number] = [bands[0].width, bands[1].width];
  const [less, more] = bands.map((band) => band.closed(span)).sort((a, b) => a - b);
  const even = Math.abs(found[0] - found[1]) <= 1;
  return less >= CLOSED || (even && less >= WEAK && more >= SURE) ? found : [0, 0];
}
