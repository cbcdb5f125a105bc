// How sure the network is, in words: a number would promise more than it can order.

// What each word is worth is in docs/service.md; the limits lie between tenths of the photos that
// the confidence was fitted on.
const LEVELS = [
  { least: 0.8, word: "Confident", bars: 3, meaning: "better than the centre crop for about 87 photos of 100" },
  { least: 0.62, word: "Fair", bars: 2, meaning: "better than the centre crop for about 70 photos of 100" },
  { least: 0, word: "Unsure, look at it", bars: 1, meaning: "about as good as the centre crop" },
];

/** {word, bars: 0 to 3, meaning} of a crop. */
export function sureness({ confidence, edited, padding, centred }) {
  if (edited) return { word: "Changed by you", bars: 0, meaning: "you moved or resized it" };
  if (padding) return { word: "Padded", bars: 0, meaning: "a part of the photo on a canvas of the ratio" };
  if (centred || confidence === 0) return { word: "Centre crop", bars: 0, meaning: "it is the centre crop" };
  return LEVELS.find(({ least }) => confidence >= least);
}
