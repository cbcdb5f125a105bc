/** The edges of borders to the pixel, in the whole photo. */

import type { Box, Size } from "../geometry.js";
import { DIFFERENCE, EVEN_SHARE, LEAST_NOISE } from "./borders.js";
import { away, colourOf, linesFrom, shareAbove, type Side, SIDES } from "./lines.js";
import type { Picture } from "./picture.js";
import type { Pixels } from "./pixels.js";
import { quantile, sortedCopy } from "./statistics.js";

/** Where the edge of a border lies, counted from its side of the photo [px]. */
interface Range {
  /** Some lines of the border, then its edge, come from here on. */
  readonly first: number;
  /** The picture, for sure. */
  readonly last: number;
  /** End of what is read. */
  readonly stop: number;
}

/**
 * The edges of borders that were found in a smaller picture of a photo, to the pixel.
 *
 * @param found - in that picture.
 * @param size - of that picture [px].
 * @returns the part that the borders leave [px of the photo].
 */
export async function exactBorders(photo: Picture, found: Box, size: Size): Promise<Box> {
  const x = photo.size.width / size.width;
  const y = photo.size.height / size.height;
  const widths = [found[0], found[1], size.width - found[2], size.height - found[3]];
  const ranges = widths.map((width, side) => rangeAround(width, side % 2 ? y : x));
  const inner = within(
    photo.size,
    ranges.map((range) => range?.last ?? 0),
  );
  const edges: number[] = [];
  for (const side of SIDES) {
    const range = ranges[side];
    edges.push(range ? edgeIn(range, await read(photo, range, side, inner), side) : 0);
  }
  return within(photo.size, edges);
}

/** For a border of `width` lines in a picture made smaller by `scale`; null without one. */
function rangeAround(width: number, scale: number): Range | null {
  if (!width) return null;
  const last = Math.ceil((width + 2) * scale);
  const first = Math.max(0, Math.trunc((width - 1.5) * scale));
  return { first, last, stop: last + Math.max(2, Math.trunc(scale)) };
}

/** The pixels of a range beside the inner part. */
function read(photo: Picture, range: Range, side: Side, inner: Box): Promise<Pixels> {
  const { width, height } = photo.size;
  const { first, stop } = range;
  const boxes: readonly Box[] = [
    [first, inner[1], stop, inner[3]],
    [inner[0], first, inner[2], stop],
    [width - stop, inner[1], width - first, inner[3]],
    [inner[0], height - stop, inner[2], height - first],
  ];
  return photo.region(boxes[side]);
}

/** The first line that is no border [px], counted from the side. */
function edgeIn({ first, last }: Range, pixels: Pixels, side: Side): number {
  const lines = linesFrom(pixels, side);
  const own = colourOf(lines, 0);
  const outermost = quantile(sortedCopy(away(lines, 0, own)), EVEN_SHARE);
  const noise = Math.max(LEAST_NOISE, 1.5 * outermost);
  const different = Array.from({ length: lines.count }, (_, index) =>
    shareAbove(away(lines, index, own), noise + DIFFERENCE),
  );
  // Half of what the picture shows: JPEG's ringing beside an edge reaches fewer pixels.
  const shown = different.slice(last - first);
  const half = shown.reduce((sum, share) => sum + share, 0) / shown.length / 2;
  const index = different.findIndex((share) => share >= half);
  return index < 0 ? last : first + index;
}

function within(size: Size, [left, top, right, bottom]: readonly number[]): Box {
  return [left, top, size.width - right, size.height - bottom];
}
