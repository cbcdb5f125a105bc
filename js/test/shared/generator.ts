/** Numbers, maps and subjects from a seed: twin of `tests/shared_cases/generator.py`. */

import type { Grid } from "../../dist/grid.js";
import type { SubjectOutputs } from "../../dist/subjects/subject-map.js";

const UNIT = 64;
const FINE = 1024;

/** What a case says of subjects. */
export interface Scene {
  readonly seed: number;
  readonly rows: number;
  readonly columns: number;
  readonly gaze?: readonly number[];
  readonly heads: readonly (readonly number[])[];
  readonly subjects: readonly (readonly number[])[];
}

/** Whole numbers that look random: mulberry32. */
export class Numbers {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** The next number, 0 to limit - 1. */
  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1) >>> 0;
    t = (t ^ (t + (Math.imul(t ^ (t >>> 7), t | 61) >>> 0))) >>> 0;
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  }

  /** The next number, both ends included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }
}

/** The sum of some hills, each up to 512 high and round in cells. */
export function hills(
  numbers: Numbers,
  rows: number,
  columns: number,
  count: number,
): Float64Array {
  const total = new Float64Array(rows * columns);
  for (let hill = 0; hill < count; hill++) {
    const [x, y] = [numbers.below(columns), numbers.below(rows)];
    const reach = numbers.between(2, Math.max(3, Math.floor(Math.max(rows, columns) / 2))) ** 2;
    const height = numbers.between(64, 512);
    for (let j = 0; j < rows; j++) {
      for (let i = 0; i < columns; i++) {
        const away = (i - x) ** 2 + (j - y) ** 2;
        total[j * columns + i] += Math.floor((Math.max(reach - away, 0) * height) / reach);
      }
    }
  }
  return total;
}

/** A map of logits: hills in a plain, of some seeds with noise, or a plain. */
export function logitsOf(seed: number, rows: number, columns: number): Grid {
  const numbers = new Numbers(seed);
  const kind = numbers.below(8);
  const depth = numbers.between(0, 384);
  const values =
    kind === 0
      ? new Float64Array(rows * columns)
      : hills(numbers, rows, columns, numbers.between(1, 5));
  const isNoisy = kind === 1 || kind === 2;
  const data = Float32Array.from(values, (value) => {
    const noise = isNoisy ? numbers.below(129) - 64 : 0;
    return (value - depth + noise) / UNIT;
  });
  return { data, rows, columns };
}

/** What the network would answer: gaze of a seed, and the peaks that a scene lists. */
export function subjectsOf(scene: Scene): SubjectOutputs {
  const { rows, columns, seed } = scene;
  const gaze = scene.gaze ?? hills(new Numbers(seed), rows, columns, 3).map((value) => value + 1);
  const total = Array.from(gaze).reduce((a, b) => a + b, 0);
  const data = Float32Array.from(gaze, (value) => value / total);
  const peaks = (listed: Scene["heads"]): SubjectOutputs["heads"] => {
    const maps = new Float32Array(5 * rows * columns);
    for (const [row, column, ...values] of listed) {
      values.forEach((value, channel) => {
        maps[(channel * rows + row) * columns + column] = value / FINE;
      });
    }
    return { data: maps, rows, columns };
  };
  return {
    gaze: { data, rows, columns },
    heads: peaks(scene.heads),
    subjects: peaks(scene.subjects),
  };
}
