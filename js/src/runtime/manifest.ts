/** The manifest of a model: everything but its weights, with the SHA-256 of each of its files. */

import { ModelError } from "../errors.js";
import type { Calibration, Prior } from "../model-rules.js";

export const FORMAT = 3;
export const MANIFEST = "manifest.json";
/** What every model has. */
export const PARTS = ["features", "meta", "head"] as const;
/** What a model may have as well. */
export const SUBJECTS = "subjects";

export type PartName = (typeof PARTS)[number] | typeof SUBJECTS;

/** One ONNX file of a model. */
export interface ModelPart {
  /** Its name inside the model's folder. */
  readonly file: string;
  /** Of its bytes, hexadecimal. */
  readonly sha256: string;
  /** Its size. */
  readonly bytes: number;
}

/** The rule by which a photo becomes the network's input. */
export interface InputRule {
  /** Length of the longer side. */
  readonly longestEdge: number;
  /** The shorter side is rounded to a multiple of this [px]. */
  readonly multiple: number;
  /** Name of the resize filter. */
  readonly filter: string;
}

/** The manifest of a model, as far as crops need it. */
export interface Manifest {
  /** Of the model, for people. */
  readonly name: string;
  readonly parts: Readonly<Partial<Record<PartName, ModelPart>>>;
  readonly input: InputRule;
  /** Smallest and largest ratio that it was trained for. */
  readonly ratioRange: readonly [low: number, high: number];
  readonly prior: Prior;
  readonly calibration: Calibration;
}

/**
 * The manifest in a model's folder.
 *
 * @param content - of `manifest.json`; null where it cannot be read.
 * @param folder - for messages.
 * @throws ModelError it is missing, not JSON, of another format, or lacks something.
 */
export function parseManifest(content: Uint8Array | null, folder: string): Manifest {
  if (!content) throw new ModelError(`no model here (${MANIFEST} cannot be read)`, folder);
  let table: unknown;
  try {
    table = JSON.parse(new TextDecoder().decode(content));
  } catch (error) {
    throw new ModelError(`not valid JSON (${String(error)})`, folder);
  }
  const format = isTable(table) ? table.format : undefined;
  if (!isTable(table) || format !== FORMAT) {
    throw new ModelError(
      `expected model format ${FORMAT}; got ${String(format)}; export the model again with this ` +
        "version of marscrop",
      folder,
    );
  }
  try {
    return read(table);
  } catch (error) {
    throw new ModelError(`incomplete or malformed (${String(error)})`, folder);
  }
}

type Table = Record<string, unknown>;

function read(table: Table): Manifest {
  const parts = inside(table, "parts");
  const input = inside(table, "input");
  const prior = inside(table, "prior");
  const calibration = inside(table, "calibration");
  const [low, high] = numbers(table, "ratio_range");
  const names: PartName[] = SUBJECTS in parts ? [...PARTS, SUBJECTS] : [...PARTS];
  const weight = (name: keyof Calibration): number => number(calibration, name);
  return {
    name: text(table, "name"),
    parts: Object.fromEntries(names.map((name) => [name, partOf(inside(parts, name))])),
    input: {
      longestEdge: number(input, "longest_edge_px"),
      multiple: number(input, "multiple_px"),
      filter: text(input, "filter"),
    },
    ratioRange: [low, high],
    prior: { scales: numbers(prior, "scales"), sharpness: number(prior, "sharpness") },
    calibration: {
      bias: weight("bias"),
      margin: weight("margin"),
      distance: weight("distance"),
      gaze: weight("gaze"),
      kept: weight("kept"),
      pull: weight("pull"),
      subject: weight("subject"),
      coverage: weight("coverage"),
    },
  };
}

function partOf(part: Table): ModelPart {
  return { file: text(part, "file"), sha256: text(part, "sha256"), bytes: number(part, "bytes") };
}

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function inside(table: Table, name: string): Table {
  const value = table[name];
  if (!isTable(value)) throw new TypeError(`${name} is no table`);
  return value;
}

function number(table: Table, name: string): number {
  const value = table[name];
  if (typeof value !== "number") throw new TypeError(`${name} is no number`);
  return value;
}

function text(table: Table, name: string): string {
  const value = table[name];
  if (typeof value !== "string") throw new TypeError(`${name} is no text`);
  return value;
}

function numbers(table: Table, name: string): number[] {
  const value = table[name];
  const isList = Array.isArray(value) && value.every((one) => typeof one === "number");
  if (!isList) throw new TypeError(`${name} is no list of numbers`);
  return value;
}
