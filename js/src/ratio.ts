/** An aspect ratio, parsed once. */

/** Width / height, as it was asked. */
export interface AspectRatio {
  /** Width / height. */
  readonly value: number;
  /** As it was written, tidied: "16:9". */
  readonly label: string;
}
