/**
 * The table of crop options: what can be asked of crops beside their ratio. Twin of `options.py`,
 * which says what each means, for all interfaces.
 */

import { OptionError } from "./errors.js";
import { DEFAULT_FILL, parseFill } from "./fill.js";
import { shown, wrongOption } from "./shown.js";
import { FREE, parseAnchor, type Anchor, type AnchorLike } from "./window/anchor.js";
import { MIN_SCALE, type Constraints } from "./window/constraints.js";
import { parseRegions, type Region, type RegionLike } from "./window/regions.js";
import { ZOOMS, type Zoom } from "./window/zoom.js";

/** More are taken for a typing error: after a few the rest are no crops that anybody wants. */
const MOST_CANDIDATES = 20;

const FACE_RULES = ["auto", "keep", "ignore"] as const;

/** Crops keep heads whole: as the network sees them; as a detector of faces does; or not at all. */
export type FaceRule = (typeof FACE_RULES)[number];

/** What callers may write for each option; undefined and null stand for nothing. */
export interface CropKeywords {
  /**
   * Boxes that must lie inside each crop: pixels of the upright photo, [x0, y0, x1, y1], or percent,
   * "10%,20%,50%,80%".
   */
  readonly keep?: RegionLike | readonly RegionLike[] | null | undefined;
  /** Boxes that no crop may overlap, likewise. */
  readonly avoid?: RegionLike | readonly RegionLike[] | null | undefined;
  /** Smallest crop allowed, as a share of the largest one of its ratio; 1: no zoom. Default: 0.3. */
  readonly minSize?: number | null | undefined;
  /**
   * "none": the largest crop, of which only the place is chosen; "natural": a little smaller, as
   * people cut; "tight": the main subject with a little room around it. Default: "natural".
   */
  readonly zoom?: Zoom | null | undefined;
  /**
   * Crops for each ratio, at most, best first; each overlaps every better one by an IoU of 0.5 at
   * most. Default: 1.
   */
  readonly maxCandidates?: number | null | undefined;
  /**
   * Pin the crop, whose size is still chosen: "top", "bottom", "left", "right", "centre",
   * "top-left", ..., or a point [x, y] in 0..1, which is the share of the room beside the crop that
   * lies to its left, and above it.
   */
  readonly anchor?: AnchorLike | null | undefined;
  /** Below it the centre crop is taken, 0..1, unless that breaks a constraint. Default: 0. */
  readonly minConfidence?: number | null | undefined;
  /** "pad": where no crop meets the constraints, part of the photo on a canvas of the ratio. */
  readonly fallback?: "pad" | null | undefined;
  /** What the canvas shows around the photo: a colour, or "blur". Default: "white". */
  readonly padFill?: string | null | undefined;
  /**
   * "auto": do not cut heads that the model sees; "keep": keep faces whole that a detector found;
   * "ignore". Default: "auto".
   */
  readonly faces?: FaceRule | null | undefined;
  /** Crop as if bars and frames around a picture were part of it. Default: false. */
  readonly keepBorders?: boolean | null | undefined;
}

/** What is asked of every crop, of any photo and ratio. `parseOptions` reads what was written. */
export interface CropOptions extends Constraints {
  readonly keep: readonly Region[];
  readonly avoid: readonly Region[];
  readonly minSize: number;
  readonly zoom: Zoom;
  readonly maxCandidates: number;
  readonly anchor: Anchor;
  readonly minConfidence: number;
  readonly fallback: "pad" | null;
  readonly padFill: string | null;
  readonly faces: FaceRule;
  readonly keepBorders: boolean;
}

const DEFAULT_OPTIONS: CropOptions = {
  keep: [],
  avoid: [],
  minSize: MIN_SCALE,
  zoom: "natural",
  maxCandidates: 1,
  anchor: FREE,
  minConfidence: 0,
  fallback: null,
  padFill: null,
  faces: "auto",
  keepBorders: false,
};

type Readers = { readonly [Name in keyof CropOptions]: (value: never) => CropOptions[Name] };

/** How each option is read from what was written. */
const READERS: Readers = {
  keep: (value: RegionLike) => parseRegions(value, "keep"),
  avoid: (value: RegionLike) => parseRegions(value, "avoid"),
  minSize: checked(
    "minSize",
    "must be above 0 and at most 1, a share of the largest crop",
    (value) => isNumber(value) && value > 0 && value <= 1,
  ),
  zoom: oneOf("zoom", ZOOMS),
  maxCandidates: checked(
    "maxCandidates",
    `must be a whole number from 1 to ${MOST_CANDIDATES}`,
    (value) => Number.isInteger(value) && value >= 1 && value <= MOST_CANDIDATES,
  ),
  anchor: parseAnchor,
  minConfidence: checked(
    "minConfidence",
    "must be a probability, 0 to 1",
    (value) => isNumber(value) && value >= 0 && value <= 1,
  ),
  fallback: oneOf("fallback", ["pad"] as const, "must be 'pad', or left out"),
  padFill: parseFill,
  faces: oneOf("faces", FACE_RULES),
  keepBorders: checked("keepBorders", "must be true or false", (value: boolean) =>
    [true, false].includes(value),
  ),
};

/**
 * Understand what a caller wrote.
 *
 * @param written - by the names of the table.
 * @param base - what holds where nothing was written.
 * @throws OptionError one that cannot be understood, or is out of its range.
 * @throws TypeError a name that is not in the table.
 */
export function parseOptions(
  written: CropKeywords = {},
  base: CropOptions = DEFAULT_OPTIONS,
): CropOptions {
  const entries = Object.entries(written) as [keyof CropOptions, unknown][];
  for (const [name] of entries) {
    if (!Object.hasOwn(READERS, name)) {
      const known = Object.keys(READERS).join(", ");
      throw new TypeError(`unknown option ${shown(name)}; known are ${known}`);
    }
  }
  const given = entries
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => [name, READERS[name](value as never)]);
  const options = { ...base, ...(Object.fromEntries(given) as Partial<CropOptions>) };
  if (options.padFill !== null && options.fallback === null) {
    const reason = "padFill says how to pad, which needs fallback: 'pad'";
    throw new OptionError(reason, "padFill", options.padFill);
  }
  return options;
}

/** For photos without a crop that meets the constraints; null to refuse them. */
export function paddingFill(options: CropOptions): string | null {
  return options.fallback === null ? null : (options.padFill ?? DEFAULT_FILL);
}

function checked<Value>(
  name: string,
  expected: string,
  isValid: (value: Value) => boolean,
): (value: Value) => Value {
  return (value) => {
    if (!isValid(value)) throw wrongOption(name, expected, value);
    return value;
  };
}

function oneOf<Word extends string>(
  name: string,
  words: readonly Word[],
  expected = `must be one of ${words.join(", ")}`,
): (value: Word) => Word {
  return checked(name, expected, (value) => words.includes(value));
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}
