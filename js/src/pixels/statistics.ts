/** Medians and quantiles as NumPy has them. */

/** The median of values; of an even number of them the mean of the two in the middle. */
export function median(values: ArrayLike<number>): number {
  const sorted = sortedCopy(values);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** A quantile of sorted values, linear between them. */
export function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.min(low + 1, sorted.length - 1);
  const [part, step] = [at - low, sorted[high] - sorted[low]];
  return part < 0.5 ? sorted[low] + step * part : sorted[high] - step * (1 - part);
}

/** The values in ascending order. */
export function sortedCopy(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values).sort();
}
