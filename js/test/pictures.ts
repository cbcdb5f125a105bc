/**
 * Pictures that Python and JavaScript make alike, from whole numbers: no file has to be shared.
 *
 * `tests/javascript/pictures.py` is the same in Python, and says what the kinds are.
 */

import type { Pixels } from "../dist/pixels/pixels.js";

const BLOCK = 32;
const FRAMES: Readonly<Record<string, readonly [across: number, down: number]>> = {
  letterbox: [0, 0.14],
  pillarbox: [0.17, 0],
  framed: [0.08, 0.1],
};

/** What to make. */
export interface Made {
  readonly kind: string;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  readonly seed: number;
}

/** A picture's pixels. */
export function picture({ kind, width, height, channels, seed }: Made): Pixels {
  const data = new Uint8Array(width * height * channels);
  const columns = Math.ceil(width / BLOCK);
  const colours = random(seed, columns * Math.ceil(height / BLOCK) * 3);
  const inBorder = border(kind, width, height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += channels) {
      const noise = ((Math.imul(x, 73856093) ^ Math.imul(y, 19349663)) >>> 0) >>> 5;
      const block = Math.floor(y / BLOCK) * columns + Math.floor(x / BLOCK);
      for (let c = 0; c < Math.min(channels, 3); c++) {
        const gradient = (x * (c + 2) + y * (3 - c) * 2) % 256;
        const plain = Math.floor((colours[block * 3 + c] * 3 + gradient) / 4);
        data[at + c] = inBorder(x, y)
          ? (seed % 2) * 250 + (noise % 4)
          : coloured(kind, plain, noise, seed);
      }
      if (channels === 4)
        data[at + 3] = kind.includes("cutout") ? cutOut(x, y, width, height) : 255;
    }
  }
  return { data, width, height, channels };
}

function coloured(kind: string, plain: number, noise: number, seed: number): number {
  if (kind === "flat") return Math.min(90 + seed + (noise % 3), 255);
  const value = Math.min(plain + (noise % 8), 255);
  if (kind === "dark cutout") return Math.floor(value / 16);
  return kind === "pale cutout" ? 240 + Math.floor(value / 17) : value;
}

function border(kind: string, width: number, height: number): (x: number, y: number) => boolean {
  if (!(kind in FRAMES)) return () => false;
  const [left, top] = [Math.floor(width * FRAMES[kind][0]), Math.floor(height * FRAMES[kind][1])];
  return (x, y) => x < left || x >= width - left || y < top || y >= height - top;
}

/** Alpha of an ellipse right of the middle, its edge in five steps. */
function cutOut(x: number, y: number, width: number, height: number): number {
  // Below 2^53, so that all of it is exact.
  const across = (2 * x - width - Math.floor(width / 4)) ** 2 * height ** 2;
  const down = (2 * y - height) ** 2 * width ** 2;
  const steps = Math.floor(((across + down) * 40) / (width * height) ** 2);
  return Math.max(0, Math.min((15 - steps) * 51, 255));
}

/** Numbers 0..255 of a linear congruential generator. */
function random(seed: number, count: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}
