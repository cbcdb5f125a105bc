/** What smartcrop's options mean here. */

import type { Size } from "../geometry.js";

/** A region that smartcrop.js prefers; here it is kept whole where it fits. */
export interface CropBoost {
  x: number;
  y: number;
  width: number;
  height: number;
  /** Which go first where not all can be kept: the lightest. */
  weight: number;
}

/** Options of smartcrop.js. */
export interface CropOptions {
  /** Of the picture that is to come out; only their ratio counts. Without them: a square. */
  width?: number;
  height?: number;
  /** Width / height, in place of both. */
  aspect?: number;
  /**
   * The smallest crop allowed, as a share of the largest. 1, the default: the largest, of which
   * only the place is chosen. No crop is smaller than the picture that is to come out.
   */
  minScale?: number;
  /** Regions to keep [px of the image]. */
  boost?: CropBoost[];
  /** Others are smartcrop.js's own; `crop` warns of those that have no meaning here. */
  [other: string]: unknown;
}

/** The options, understood. */
export interface Wanted {
  /** Sides of the picture that is to come out [px], or a mere ratio: see `isSize`. */
  readonly width: number;
  readonly height: number;
  readonly isSize: boolean;
  readonly minScale: number;
  /** The heaviest first. */
  readonly boosts: readonly CropBoost[];
  /** Names of options that have no meaning here. */
  readonly ignored: readonly string[];
}

const HONOURED = new Set(["width", "height", "aspect", "minScale", "boost"]);

/** Of smartcrop.js; they change how it opens or shrinks an image, and nothing of what comes out. */
const WITHOUT_EFFECT = new Set(["prescale", "imageOperations", "canvasFactory", "input"]);

/**
 * @throws TypeError an option that cannot be understood.
 */
export function readOptions(options: CropOptions): Wanted {
  const { width = 0, height = 0, aspect = 0, minScale = 1, boost = [] } = options;
  for (const [name, value] of Object.entries({ width, height, aspect }))
    if (!(Number.isFinite(value) && value >= 0))
      throw new TypeError(`${name} must be a positive number; got ${String(value)}`);
  if (!(minScale > 0 && minScale <= 1))
    throw new TypeError(`minScale must be above 0 and at most 1; got ${String(minScale)}`);
  const isSize = !aspect && width > 0 && height > 0;
  const [across, down] = aspect ? [aspect, 1] : isSize ? [width, height] : [1, 1];
  return {
    width: across,
    height: down,
    isSize,
    minScale,
    boosts: boost.map(checked).sort((a, b) => b.weight - a.weight),
    ignored: Object.entries(options)
      .filter(([name, value]) => value !== undefined && !isMet(name, value))
      .map(([name]) => name),
  };
}

/**
 * The smallest crop allowed, as a share of the largest one.
 *
 * @param picture what is to come out [px], which no crop is smaller than where it can be.
 * @param largest the largest crop of its ratio [px].
 */
export function smallestShare(wanted: Wanted, picture: Size, largest: Size): number {
  if (!wanted.isSize) return wanted.minScale;
  const unscaled = Math.max(picture.width / largest.width, picture.height / largest.height);
  return Math.min(1, Math.max(wanted.minScale, unscaled));
}

/** Whether an option is heeded, or asks for nothing that is not so anyway. */
function isMet(name: string, value: unknown): boolean {
  if (name === "maxScale") return value === 1;
  if (name === "debug") return value === false;
  return HONOURED.has(name) || WITHOUT_EFFECT.has(name);
}

function checked(boost: CropBoost): CropBoost {
  const { x, y, width, height, weight } = boost;
  if (![x, y, width, height, weight].every(Number.isFinite) || width < 0 || height < 0)
    throw new TypeError(
      `boost must have x, y, width, height and weight, as numbers; got ${JSON.stringify(boost)}`,
    );
  return boost;
}
