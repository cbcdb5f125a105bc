/**
 * The few functions of NumPy that the twins need, with its very order of operations, so that what
 * is computed cell by cell has the same bits in both languages.
 */

/** `numpy.linspace`: evenly spaced from `first` to `last`, both included. */
export function linspace(first: number, last: number, count: number): Float64Array {
  const values = new Float64Array(count);
  const room = last - first;
  const step = room / (count - 1);
  for (let i = 0; i < count; i++) {
    const away = count === 1 ? 0 : step === 0 ? (i / (count - 1)) * room : i * step;
    values[i] = away + first;
  }
  if (count > 1) values[count - 1] = last;
  return values;
}

/** `numpy.rint`: the nearest whole number, of two as near the even one. */
export function roundHalfEven(value: number): number {
  const low = Math.floor(value);
  const part = value - low;
  if (part !== 0.5) return part < 0.5 ? low : low + 1;
  return low % 2 === 0 ? low : low + 1;
}

/** Ascending, each value once. */
export function unique(values: Iterable<number>): Float64Array {
  const sorted = Float64Array.from(values).sort();
  return sorted.filter((value, i) => i === 0 || value !== sorted[i - 1]);
}

/**
 * `numpy.sum` of fewer than 129 numbers: in eight lanes from eight numbers on.
 *
 * @param lanes - of the precision in which is summed.
 */
export function sum(
  values: ArrayLike<number>,
  lanes: Float32Array | Float64Array = new Float64Array(8),
): number {
  const count = values.length;
  const total = lanes.subarray(0, 1);
  let i = 0;
  if (count >= 8) {
    for (; i < count - (count % 8); i++) lanes[i % 8] += values[i];
    for (const apart of [1, 2, 4]) {
      for (let lane = 0; lane < 8; lane += 2 * apart) lanes[lane] += lanes[lane + apart];
    }
  }
  for (; i < count; i++) total[0] += values[i];
  return total[0];
}

/** `value`, or the end of low..high that is nearest to it. */
export function clip(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

/** The place of the least value; of equals the first. */
export function argmin(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) {
    if (values[i] < values[best]) best = i;
  }
  return best;
}

/** Where each of some numbers would come in ascending order; equals stay as they were. */
export function argsort(values: ArrayLike<number>): number[] {
  const places = Array.from({ length: values.length }, (_, i) => i);
  return places.sort((a, b) => values[a] - values[b] || a - b);
}

/** A number as Python's `:g` writes it, with so many significant digits. */
export function general(value: number, digits = 6): string {
  if (value === 0 || !Number.isFinite(value)) {
    return Number.isNaN(value) ? "nan" : String(value).replace("Infinity", "inf");
  }
  const [mantissa, power] = value.toExponential(digits - 1).split("e");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= digits) {
    const sign = exponent < 0 ? "-" : "+";
    return `${trimmed(mantissa)}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  return trimmed(value.toFixed(Math.max(0, digits - 1 - exponent)));
}

function trimmed(decimal: string): string {
  return decimal.includes(".") ? decimal.replace(/\.?0+$/, "") : decimal;
}
