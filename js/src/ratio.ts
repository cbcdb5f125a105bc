/** Aspect ratios: always width / height, parsed once at the edge. Twin of `ratio.py`. */

import { didYouMean } from "./close-matches.js";
import { RatioError } from "./errors.js";
import { general } from "./numeric.js";
import { shown } from "./shown.js";

/** What people publish to, by name. */
export const PRESETS: Readonly<Record<string, string>> = {
  square: "1:1",
  portrait: "4:5",
  grid: "3:4",
  story: "9:16",
  wide: "16:9",
  classic: "4:3",
  print: "3:2",
  pin: "2:3",
  card: "5:7",
  cinema: "2.39:1",
  ultrawide: "21:9",
  og: "1200:630",
  "open-graph": "1200:630",
  banner: "3:1",
  "linkedin-banner": "4:1",
  "facebook-cover": "851:315",
  leaderboard: "728:90",
  a4: "210:297",
  "a4-landscape": "297:210",
  letter: "8.5:11",
  "letter-landscape": "11:8.5",
};

/** In place of a ratio: each photo's own. */
const ORIGINAL = "original";

/** 1200x630 is a size in pixels, 4x5 a ratio: the longer side of a size has so many at least. */
const SMALLEST_PIXELS = 100;
/** Ratios outside [1:100, 100:1] are taken for typing errors: no photo holds such a crop. */
const MOST_EXTREME = 100;

const NUMBER = String.raw`(\d+(?:\.\d*)?|\.\d+)`;
const PAIR = new RegExp(String.raw`^${NUMBER}\s*[:/xX×]\s*${NUMBER}$`);
const SINGLE = new RegExp(`^${NUMBER}$`);
const PIXELS = /^(\d{1,6})\s*[xX×]\s*(\d{1,6})\s*(px)?(?:@([1-9])x)?$/;
const EXPECTED = "aspect ratio must be W:H with both positive, such as 16:9";

/** A width and a height that only matter relative to each other. */
export interface AspectRatio {
  /** Positive, any unit. */
  readonly width: number;
  /** Positive, the same unit. */
  readonly height: number;
  /** Width / height. */
  readonly value: number;
  /** What the caller wrote; kept so that answers can be matched to questions. */
  readonly label: string;
  /** The size that crops are to come out at, where the caller wrote one such as 1200x630. */
  readonly pixels: readonly [number, number] | null;
}

/** All that `parseRatio` understands; a pair of numbers is a width and a height. */
export type RatioLike =
  | string
  | number
  | readonly [number, number]
  | { readonly width: number; readonly height: number; readonly label?: string };

/**
 * A ratio of these sides.
 *
 * @throws RatioError sides that are not positive, or too far apart.
 */
export function aspectRatio(
  width: number,
  height: number,
  label = "",
  pixels: readonly [number, number] | null = null,
): AspectRatio {
  const name = label || `${general(width)}:${general(height)}`;
  if (![width, height].every((side) => Number.isFinite(side) && side > 0)) {
    throw new RatioError(`${EXPECTED}; got ${shown(name)}`, "ratio", name);
  }
  const value = width / height;
  if (!(1 / MOST_EXTREME <= value && value <= MOST_EXTREME)) {
    throw new RatioError(
      `aspect ratio must lie between 1:${MOST_EXTREME} and ${MOST_EXTREME}:1; got ${shown(name)}`,
      "ratio",
      name,
    );
  }
  return { width, height, value, label: name, pixels };
}

/**
 * A ratio in any sensible notation: "16:9", "16/9", "4x5", "2.39:1", "1.5", a preset such as
 * "square", "original", a size in pixels such as "1200x630", "1200x630@2x" or "64x64px", a positive
 * number, or a pair [width, height].
 *
 * @throws RatioError anything else, with what was expected.
 */
export function parseRatio(ratio: RatioLike): AspectRatio {
  if (typeof ratio === "string") return parseText(ratio);
  if (typeof ratio === "number") return aspectRatio(ratio, 1, general(ratio));
  if (Array.isArray(ratio)) {
    const [width, height, ...more] = ratio as readonly unknown[];
    if (typeof width === "number" && typeof height === "number" && more.length === 0) {
      return aspectRatio(width, height);
    }
  } else {
    const { width, height, label, pixels } = (ratio as Partial<AspectRatio> | null) ?? {};
    if (typeof width === "number" && typeof height === "number") {
      return aspectRatio(width, height, label, pixels ?? null);
    }
  }
  throw new RatioError(`${EXPECTED}; got ${shown(ratio)}`, "ratio", ratio);
}

function parseText(text: string): AspectRatio {
  const label = text.trim();
  const name = label.toLowerCase();
  if (name === ORIGINAL) return aspectRatio(1, 1, ORIGINAL);
  const notation = Object.hasOwn(PRESETS, name) ? PRESETS[name] : label;
  const size = PIXELS.exec(notation);
  if (size) {
    const [width, height, times] = [Number(size[1]), Number(size[2]), Number(size[4] || 1)];
    if (size[3] || size[4] || Math.max(width, height) >= SMALLEST_PIXELS) {
      return aspectRatio(width, height, label, [width * times, height * times]);
    }
  }
  const pair = PAIR.exec(notation);
  if (pair) return aspectRatio(Number(pair[1]), Number(pair[2]), label);
  const single = SINGLE.exec(notation);
  if (single) return aspectRatio(Number(single[1]), 1, label);
  const hint = didYouMean(label, [...Object.keys(PRESETS), ORIGINAL]);
  throw new RatioError(
    `${EXPECTED}, pixels such as 1200x630, or a preset such as square; got ${shown(text)}${hint}`,
    "ratio",
    text,
  );
}

/**
 * One ratio, or an array of them, as an array. So `[16, 9]` is two ratios, 16:1 and 9:1; one ratio
 * of two numbers is `[[16, 9]]`, "16:9" or 16 / 9.
 *
 * @throws RatioError one that cannot be understood.
 */
export function parseRatios(ratios: RatioLike | readonly RatioLike[]): AspectRatio[] {
  if (!Array.isArray(ratios)) return [parseRatio(ratios as RatioLike)];
  return (ratios as readonly RatioLike[]).map(parseRatio);
}

/** Whether it stands for each photo's own ratio; until then it has a square's sides. */
function isOriginal(ratio: AspectRatio): boolean {
  return ratio.label === ORIGINAL;
}

/** This ratio, or of "original" that of a photo's sides [px]. */
export function inPhotoOf(
  ratio: AspectRatio,
  photo: { readonly width: number; readonly height: number },
): AspectRatio {
  return isOriginal(ratio)
    ? aspectRatio(photo.width, photo.height, ratio.label, ratio.pixels)
    : ratio;
}
