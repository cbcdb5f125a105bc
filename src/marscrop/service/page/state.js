// What the page knows: photos, ratios, and what is shown.

import { PRESETS, ratioValue } from "./ratios.js";

export const state = {
  photos: [], // see learn.js
  photo: null,
  awaited: [], // names of photos that are being looked at
  offered: [...PRESETS.keys()], // ratios that can be chosen
  chosen: new Set(["1:1", "4:5", "9:16", "16:9"]), // ratios to make
  active: "16:9", // on the stage; one of the chosen, or the slider's
  map: false,
  compare: false,
  learnt: false, // that the frame can be dragged
};

/** Those to make, the widest first. */
export const ratios = () => [...state.chosen].sort((a, b) => ratioValue(b) - ratioValue(a));

/** Those on the page: the slider's too. */
export const shown = () => state.chosen.has(state.active) ? ratios() : [state.active, ...ratios()];
