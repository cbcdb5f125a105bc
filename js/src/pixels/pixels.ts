/** Pixels in memory. */

import { ImageError } from "../errors.js";
import type { Box } from "../geometry.js";

/** A picture's pixels, row by row, 8 bits a channel. */
export interface Pixels {
  /** width x height x channels numbers, 0..255. */
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  /** 1: grey, 2: grey and alpha, 3: RGB, 4: RGBA; alpha is not premultiplied. */
  readonly channels: 1 | 2 | 3 | 4;
}

const NAME = "<pixels>";

/**
 * Pixels that a caller gave, or an error that says what is wrong with them.
 *
 * @throws ImageError: sizes that do not fit each other, or numbers of another type.
 */
export function checkedPixels(given: {
  data: unknown;
  width: unknown;
  height: unknown;
  channels?: unknown;
}): Pixels {
  const { data, width, height } = given;
  const expected =
    "expected {data, width, height, channels} with 8-bit data (Uint8Array or Uint8ClampedArray) " +
    "of 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA) channels";
  if (!(data instanceof Uint8Array || data instanceof Uint8ClampedArray)) {
    throw new ImageError(`${expected}; got data of another type`, NAME);
  }
  if (!isCount(width) || !isCount(height)) {
    throw new ImageError(`has no pixels; its size is ${shown(width)} x ${shown(height)}`, NAME);
  }
  const channels = given.channels ?? data.length / (width * height);
  if (channels !== 1 && channels !== 2 && channels !== 3 && channels !== 4) {
    throw new ImageError(`${expected}; got ${shown(channels)} channels`, NAME);
  }
  if (data.length !== width * height * channels) {
    const numbers = `${width} x ${height} x ${channels}`;
    throw new ImageError(`${expected}; got ${data.length} numbers for ${numbers}`, NAME);
  }
  return { data, width, height, channels };
}

function shown(value: unknown): string {
  return typeof value === "number" ? String(value) : typeof value;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0;
}

/** Whether pixels have a channel of alpha. */
export function hasAlpha(pixels: Pixels): boolean {
  return pixels.channels === 2 || pixels.channels === 4;
}

/** The pixels of a box inside a picture, as new ones. */
export function cutOut(pixels: Pixels, [x0, y0, x1, y1]: Box): Pixels {
  const { width, channels } = pixels;
  const row = (x1 - x0) * channels;
  const data = new Uint8Array(row * (y1 - y0));
  for (let y = y0; y < y1; y++) {
    const from = (y * width + x0) * channels;
    data.set(pixels.data.subarray(from, from + row), (y - y0) * row);
  }
  return { data, width: x1 - x0, height: y1 - y0, channels };
}
