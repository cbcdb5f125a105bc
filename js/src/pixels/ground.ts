/**
 * What is laid under transparency for the networks: a ground from which the picture stands out.
 *
 * What people see of a cut-out is its shape, on whatever page: on white a white logo would be gone,
 * where its black twin is seen.
 */

import type { Box } from "../geometry.js";
import { hasAlpha, type Pixels } from "./pixels.js";

const WHITE = 255;
/** From which a pixel is seen, of 255: cut-outs leave fainter dust behind. */
const LEAST_ALPHA = 8;
/** Greys that are tried beside white. */
const DARKER = [0, 128] as const;
/** White is taken where the picture stands out from it so nearly as well as from any other. */
const ENOUGH = 0.75;
/** Difference of a channel that is as good as any larger one, of 255. */
const FULL = 96;
/** Longest side of the picture for which the ground is chosen. */
const SAMPLED_PX = 256;

/** What is laid under a picture's transparency. */
export interface Ground {
  /** 0..255. */
  readonly grey: number;
  /** The box of all that is seen [px]; null where that is nothing. */
  readonly opaque: Box | null;
}

/** The ground for a picture; null where no pixel of it is transparent. */
export function groundOf(pixels: Pixels): Ground | null {
  if (!hasAlpha(pixels) || isSolid(pixels)) return null;
  return { grey: contrastingGrey(pixels), opaque: boxOfSeen(pixels) };
}

/** Whether no pixel is transparent. */
export function isSolid({ data, channels }: Pixels): boolean {
  for (let i = channels - 1; i < data.length; i += channels) {
    if (data[i] !== 255) return false;
  }
  return true;
}

/** The picture laid over a grey, as RGB. */
export function laidOver(pixels: Pixels, grey: number): Pixels {
  const { data, width, height, channels } = pixels;
  const rgb = new Uint8Array(width * height * 3);
  const [green, blue, alpha] = channels === 2 ? [0, 0, 1] : [1, 2, 3];
  for (let from = 0, to = 0; from < data.length; from += channels, to += 3) {
    const opacity = data[from + alpha];
    rgb[to] = blended(data[from], grey, opacity);
    rgb[to + 1] = blended(data[from + green], grey, opacity);
    rgb[to + 2] = blended(data[from + blue], grey, opacity);
  }
  return { data: rgb, width, height, channels: 3 };
}

/** Pillow's mean of two values, exactly. */
function blended(value: number, below: number, opacity: number): number {
  const sum = below * (255 - opacity) + value * opacity + 128;
  return ((sum >> 8) + sum) >> 8;
}

function boxOfSeen({ data, width, height, channels }: Pixels): Box | null {
  let [x0, y0, x1, y1] = [width, height, 0, 0];
  for (let y = 0, at = channels - 1; y < height; y++) {
    for (let x = 0; x < width; x++, at += channels) {
      if (data[at] < LEAST_ALPHA) continue;
      if (x < x0) x0 = x;
      if (x >= x1) x1 = x + 1;
      if (y < y0) y0 = y;
      y1 = y + 1;
    }
  }
  return x1 > 0 ? [x0, y0, x1, y1] : null;
}

/** White, or the grey from which what is seen stands out most. */
function contrastingGrey(pixels: Pixels): number {
  const seen = sample(pixels);
  if (seen.length === 0) return WHITE;
  const contrasts = DARKER.map((grey) => contrast(seen, grey));
  const best = contrasts[1] > contrasts[0] ? 1 : 0;
  return contrast(seen, WHITE) >= ENOUGH * contrasts[best] ? WHITE : DARKER[best];
}

/** Red, green, blue and alpha of the pixels that are seen, of a picture made small. */
function sample({ data, width, height, channels }: Pixels): number[][] {
  const scale = Math.min(1, SAMPLED_PX / Math.max(width, height));
  const columns = nearest(width, Math.max(1, Math.trunc(width * scale)));
  const rows = nearest(height, Math.max(1, Math.trunc(height * scale)));
  const seen: number[][] = [];
  for (const y of rows) {
    for (const x of columns) {
      const at = (y * width + x) * channels;
      const alpha = data[at + channels - 1];
      if (alpha < LEAST_ALPHA) continue;
      const [g, b] = channels === 2 ? [at, at] : [at + 1, at + 2];
      seen.push([data[at], data[g], data[b], alpha]);
    }
  }
  return seen;
}

/** The columns or rows that Pillow takes for `count` of `length`; it adds up steps. */
function nearest(length: number, count: number): number[] {
  const step = length / count;
  const found: number[] = [];
  for (let i = 0, at = step * 0.5; i < count; i++, at += step) {
    if (at < length) found.push(Math.trunc(at));
  }
  return found;
}

/** How much pixels stand out from a grey, 0..`FULL`, by their opacity. */
function contrast(seen: readonly number[][], grey: number): number {
  let sum = 0;
  let weight = 0;
  for (const [r, g, b, alpha] of seen) {
    const away = Math.max(Math.abs(r - grey), Math.abs(g - grey), Math.abs(b - grey));
    sum += Math.min(away, FULL) * alpha;
    weight += alpha;
  }
  return sum / weight;
}
