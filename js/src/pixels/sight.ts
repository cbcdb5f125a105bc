/** What of a photo is looked at, and as what: without borders, on a ground it stands out from. */

import type { Box, Size, Window } from "../geometry.js";
import { exactBorders } from "./border-edges.js";
import { findBorders } from "./borders.js";
import { groundOf, laidOver } from "./ground.js";
import type { Picture } from "./picture.js";
import { cutOut, type Pixels } from "./pixels.js";
import { resizeRgb } from "./resize.js";

/** By how much the values of a channel may differ in a photo that shows nothing, of 255. */
const FLAT = 4;
const EPSILON = 1e-6;

/** A photo as it is looked at. */
export interface Sight {
  /** What its borders leave of it [px of the upright photo]; null without borders. */
  readonly picture: Box | null;
  /** What is looked at: the picture, or null for all of the photo. */
  readonly part: Box | null;
  /** The box of all that is not transparent [px of the part]; null for all of it. */
  readonly opaque: Box | null;
  /** The part at the networks' size, RGB. */
  readonly rgb: Pixels;
}

interface Seen {
  readonly rgb: Pixels;
  readonly opaque: Box | null;
  readonly transparent: boolean;
}

/**
 * A photo as the networks are to see it.
 *
 * @param inputSize - of the networks, from the size of what they see [px].
 * @param partOf - from what the borders leave to the part that is wanted.
 */
export async function look(
  photo: Picture,
  inputSize: (size: Size) => Size,
  partOf: (picture: Box) => Box | null,
): Promise<Sight> {
  const size = inputSize(photo.size);
  const seen = await see(photo, size, null);
  const whole = { picture: null, part: null, opaque: null, rgb: seen.rgb };
  if (seen.transparent) return { ...whole, opaque: seen.opaque }; // no border surrounds a cut-out
  const found = findBorders(seen.rgb);
  if (!found) return whole;
  const picture = await exactBorders(photo, found, size);
  const part = partOf(picture);
  if (!part) return { ...whole, picture };
  const partSize = { width: part[2] - part[0], height: part[3] - part[1] };
  const { rgb } = await see(photo, inputSize(partSize), part);
  return { picture, part, opaque: null, rgb };
}

/** Whether a small picture is of one colour, so that nothing can be seen in it. */
export function isFlat({ data }: Pixels): boolean {
  return [0, 1, 2].every((channel) => {
    let low = 255;
    let high = 0;
    for (let i = channel; i < data.length && high - low <= FLAT; i += 3) {
      low = Math.min(low, data[i]);
      high = Math.max(high, data[i]);
    }
    return high - low <= FLAT;
  });
}

/** A photo, or a part of it, at exactly `size`. */
async function see(photo: Picture, size: Size, part: Box | null): Promise<Seen> {
  const shown = part ? sizeOfWhole(photo.size, size, part) : size;
  const { pixels, region } = await photo.reduced(shown);
  const ground = groundOf(pixels);
  const laid = ground ? laidOver(pixels, ground.grey) : pixels;
  const rgb = part
    ? resizeRgb(cutOut(laid, partOfReduced(laid, region, part, photo.size)), size)
    : resizeRgb(laid, size, region);
  return { rgb, opaque: ground?.opaque ?? null, transparent: ground !== null };
}

/** What the whole photo would have, so that a part of it has enough pixels. */
function sizeOfWhole(whole: Size, size: Size, [x0, y0, x1, y1]: Box): Size {
  return {
    width: Math.ceil(whole.width / ((x1 - x0) / size.width)),
    height: Math.ceil(whole.height / ((y1 - y0) / size.height)),
  };
}

/** A part of a photo in its picture at reduced size, without pixels partly outside of it. */
function partOfReduced(pixels: Pixels, region: Window | null, part: Box, whole: Size): Box {
  const [left, top, right, bottom] = region ?? [0, 0, pixels.width, pixels.height];
  const x = (right - left) / whole.width;
  const y = (bottom - top) / whole.height;
  const x0 = Math.ceil(left + part[0] * x - EPSILON);
  const y0 = Math.ceil(top + part[1] * y - EPSILON);
  const x1 = Math.max(x0 + 1, Math.floor(left + part[2] * x + EPSILON));
  const y1 = Math.max(y0 + 1, Math.floor(top + part[3] * y + EPSILON));
  return [x0, y0, x1, y1];
}
