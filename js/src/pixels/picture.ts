/** A photo that is open: its size, and its pixels when they are asked for. */

import type { Box, Size, Window } from "../geometry.js";
import { cutOut, type Pixels } from "./pixels.js";
import { laidOver } from "./ground.js";
import { hasAlpha } from "./pixels.js";

/** The pixels of a whole photo, as they are or reduced. */
export interface Reduced {
  readonly pixels: Pixels;
  /** What of them shows the photo [px]; null for all: a last column may be a part of a pixel. */
  readonly region: Window | null;
}

/** A photo, upright. */
export interface Picture {
  /** For messages. */
  readonly name: string;
  readonly size: Size;
  /**
   * All of it, at least twice as large as `wanted` on each side where the photo is.
   *
   * Pixels are as they are, not reduced, where some may be transparent.
   */
  reduced(wanted: Size): Promise<Reduced>;
  /** The pixels of a box inside it, RGB or RGBA, without transparency. */
  region(box: Box): Promise<Pixels>;
  /** Frees what is held in memory. */
  close(): void;
}

/** A photo that is in memory as pixels. */
export class PixelPicture implements Picture {
  readonly size: Size;

  constructor(
    private readonly pixels: Pixels,
    readonly name = "<pixels>",
  ) {
    this.size = { width: pixels.width, height: pixels.height };
  }

  reduced(): Promise<Reduced> {
    return Promise.resolve({ pixels: this.pixels, region: null });
  }

  region(box: Box): Promise<Pixels> {
    return Promise.resolve(asRgb(cutOut(this.pixels, box)));
  }

  close(): void {
    // Pixels are the caller's.
  }
}

/** Pixels of any kind as RGB, over white; RGB itself as it is. */
export function asRgb(pixels: Pixels, ground = 255): Pixels {
  if (pixels.channels === 3) return pixels;
  if (hasAlpha(pixels)) return laidOver(pixels, ground);
  const { data: grey, width, height } = pixels;
  const data = new Uint8Array(grey.length * 3);
  for (let i = 0, at = 0; i < grey.length; i++) {
    data[at++] = grey[i];
    data[at++] = grey[i];
    data[at++] = grey[i];
  }
  return { data, width, height, channels: 3 };
}
