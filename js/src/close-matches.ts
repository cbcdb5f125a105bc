/** The word that is meant, as Python's `difflib.get_close_matches` finds it. */

const CUTOFF = 0.7;

/** The end of a message on a word that is not known: "", or the known one that is like it. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const asked = word.toLowerCase();
  let best: { near: number; name: string } | null = null;
  for (const name of known) {
    const near = similarity(name, asked);
    if (near < CUTOFF) continue;
    if (!best || near > best.near || (near === best.near && name > best.name)) {
      best = { near, name };
    }
  }
  return best ? `; did you mean ${best.name}?` : "";
}

/** Twice the characters in common, in order, as a share of all. */
function similarity(a: string, b: string): number {
  const length = a.length + b.length;
  return length ? (2 * matching(a, 0, a.length, b, 0, b.length)) / length : 1;
}

/** Characters of the longest block in common, and of those to its left and to its right. */
function matching(
  a: string,
  aFirst: number,
  aLast: number,
  b: string,
  bFirst: number,
  bLast: number,
): number {
  let [start, other, size] = [aFirst, bFirst, 0];
  for (let i = aFirst; i < aLast; i++) {
    for (let j = bFirst; j < bLast; j++) {
      let k = 0;
      while (i + k < aLast && j + k < bLast && a[i + k] === b[j + k]) k++;
      if (k > size) [start, other, size] = [i, j, k];
    }
  }
  if (size === 0) return 0;
  return (
    size +
    matching(a, aFirst, start, b, bFirst, other) +
    matching(a, start + size, aLast, b, other + size, bLast)
  );
}
