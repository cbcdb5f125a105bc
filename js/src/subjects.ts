/** The subject map of a photo: where people look, its heads and its main subjects. */

import type { Window } from "./geometry.js";
import type { Grid } from "./grid.js";

/** A head or a main subject of a photo. */
export interface Subject {
  /** Around it [px of what was looked at]; it may reach beyond the edge that cuts it. */
  readonly window: Window;
  /** How sure the network is, 0..1. */
  readonly score: number;
}

/** What a photo shows, as the network sees it. */
export interface SubjectMap {
  /** Share of people's gaze in each of the cells that cover what was looked at; the sum is 1. */
  readonly gaze: Grid;
  /** With hair and chin, surest first. */
  readonly heads: readonly Subject[];
  /** Surest first. */
  readonly subjects: readonly Subject[];
}
