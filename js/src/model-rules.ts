/** What a model's manifest says of placing crops and judging them. */

/** The prior from people's crops: what is known before a photo is looked at. */
export interface Prior {
  /** Widths of the window, as shares of the largest one's, at slacks evenly spaced from 0 to 1. */
  readonly scales: readonly number[];
  /** Of the distribution over places, 1 / (logit x share of the photo). */
  readonly sharpness: number;
}

/** From evidence to confidence: a logistic regression's bias and weights. */
export interface Calibration {
  readonly bias: number;
  readonly margin: number;
  readonly distance: number;
  readonly gaze: number;
  readonly kept: number;
  readonly pull: number;
  readonly subject: number;
  readonly coverage: number;
}

/** Both. */
export interface ModelRules {
  readonly prior: Prior;
  readonly calibration: Calibration;
}
