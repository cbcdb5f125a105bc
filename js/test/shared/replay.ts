/** Asks the cases that Python answered, and tells where the answers differ. */

import { cropAnalysed, focalAnalysed } from "../../dist/analysed.js";
import type { Analysis } from "../../dist/analysis.js";
import type { Crop } from "../../dist/crop.js";
import type { Cropper } from "../../dist/cropper.js";
import { MarscropError } from "../../dist/errors.js";
import type { Box, Size } from "../../dist/geometry.js";
import type { Grid } from "../../dist/grid.js";
import type { ModelRules } from "../../dist/model-rules.js";
import { parseOptions, type CropKeywords } from "../../dist/options.js";
import { parseRatios, type AspectRatio, type RatioLike } from "../../dist/ratio.js";
import { subjectMapOf } from "../../dist/subjects/subject-map.js";
import type { FocalPoint } from "../../dist/window/focal-point.js";
import { type Made, picture } from "../pictures.js";
import { logitsOf, subjectsOf, type Scene } from "./generator.js";

/** By how much confidences may differ: they pass through exponentials of other libraries. */
const CLOSE = 1e-6;
/** Likewise where networks are asked, which give other last bits on other processors. */
const CLOSE_OF_PHOTOS = 1e-4;

/** What Python says of a crop. */
interface Told {
  readonly ratio: string;
  readonly box: Box;
  readonly confidence: number;
  readonly candidate?: number;
  readonly centred?: boolean;
  readonly padding?: readonly (number | string)[];
  readonly within?: Box;
}

/** What Python says where there are no crops. */
interface Refused {
  readonly error: string;
  readonly text: string;
}

type Answer = readonly (Told | number | string)[] | Refused;

export interface Case {
  readonly seed: number;
  /** Pixels to make; the cases without have a size and a map's columns and rows. */
  readonly photo?: Made;
  readonly size: readonly [number, number];
  readonly cells: readonly [number, number];
  readonly ratios?: readonly RatioLike[];
  readonly options?: Readonly<Record<string, unknown>>;
  readonly scene?: Scene;
  readonly faces?: readonly (readonly number[])[];
  readonly picture?: Box;
  readonly part?: Box;
  readonly opaque?: Box;
  readonly flat?: boolean;
  readonly focal?: boolean;
  readonly inside?: Box;
  readonly max_pixels?: number;
  readonly answer: Answer;
}

export interface Table {
  readonly rules: ModelRules;
  readonly cases: readonly Case[];
}

/**
 * Each case whose answer is another than Python's, with both.
 *
 * @param cropper - with the packaged model, for the cases that are pixels.
 */
export async function differences(table: Table, cropper: Cropper): Promise<string[]> {
  const found: string[] = [];
  for (const one of table.cases) {
    const own = await answer(one, table.rules, cropper);
    if (!isSame(one.answer, own, one.photo ? CLOSE_OF_PHOTOS : CLOSE)) {
      found.push(`case ${one.seed}: ${JSON.stringify(one.answer)} != ${JSON.stringify(own)}`);
    }
  }
  return found;
}

async function answer(one: Case, rules: ModelRules, cropper: Cropper): Promise<Answer> {
  try {
    const options = parseOptions(inJavaScript(one.options ?? {}));
    const ratios = parseRatios(one.ratios ?? []);
    if (one.photo) return await answerOfPhoto(one, one.photo, cropper);
    const analysis = analysisOf(one);
    const mapsOf = (asked: readonly AspectRatio[]): Grid[] =>
      asked.map((_, i) => logitsOf(one.seed + i, one.cells[1], one.cells[0]));
    if (one.focal) {
      const inside = one.inside ?? null;
      return toldPoint(await focalAnalysed(analysis, options, mapsOf, rules, inside));
    }
    const limit = one.max_pixels;
    const crops = await cropAnalysed(analysis, ratios, options, mapsOf, rules, limit);
    return crops.map(told);
  } catch (error) {
    if (error instanceof MarscropError) return { error: error.name, text: error.reason };
    throw error;
  }
}

async function answerOfPhoto(one: Case, made: Made, cropper: Cropper): Promise<Answer> {
  const pixels = picture(made);
  const options = inJavaScript(one.options ?? {});
  if (one.focal) return toldPoint(await cropper.focalPoint(pixels, options));
  return (await cropper.crop(pixels, one.ratios ?? [], options)).map(told);
}

function toldPoint({ x, y, positionX, positionY, objectPosition }: FocalPoint): Answer {
  return [x, y, positionX, positionY, objectPosition];
}

function analysisOf(one: Case): Analysis {
  const size: Size = { width: one.size[0], height: one.size[1] };
  const seen = one.part
    ? { width: one.part[2] - one.part[0], height: one.part[3] - one.part[1] }
    : size;
  return {
    name: `case ${one.seed}`,
    size,
    features: { data: new Float32Array(1), channels: 1, rows: 1, columns: 1 },
    faces:
      one.faces?.map(([x0, y0, x1, y1, score]) => ({ window: [x0, y0, x1, y1], score })) ?? null,
    subjects: one.scene ? subjectMapOf(subjectsOf(one.scene), seen) : null,
    picture: one.picture ?? null,
    part: one.part ?? null,
    opaque: one.opaque ?? null,
    isFlat: one.flat ?? false,
  };
}

/** Options by their names in JavaScript: minSize for min_size. */
function inJavaScript(options: Readonly<Record<string, unknown>>): CropKeywords {
  const name = (python: string): string =>
    python.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(options).map(([key, value]) => [name(key), value]));
}

function told(crop: Crop): Told {
  return {
    ratio: crop.ratio.label,
    box: crop.box,
    confidence: crop.confidence,
    ...(crop.candidate > 1 && { candidate: crop.candidate }),
    ...(crop.centred && { centred: true }),
    ...(crop.padding && { padding: [...crop.padding.margins, crop.padding.fill] }),
    ...(crop.within && { within: crop.within }),
  };
}

/** Whether two answers are equal, but for the last digits of confidences. */
function isSame(a: Answer, b: Answer, close: number): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return JSON.stringify(a) === JSON.stringify(b);
  return a.length === b.length && a.every((one: Told, i) => isSameCrop(one, b[i] as Told, close));
}

function isSameCrop(a: Told | number | string, b: Told | number | string, close: number): boolean {
  if (typeof a !== "object" || typeof b !== "object") return a === b;
  const blind = (crop: Told): string => JSON.stringify({ ...crop, confidence: 0 });
  return blind(a) === blind(b) && Math.abs(a.confidence - b.confidence) <= close;
}
