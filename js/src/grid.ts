/** A map: numbers in rows and columns. */

/** Cells that cover a whole photo, or its part that is looked at. */
export interface Grid {
  /** rows x columns numbers, row by row. */
  readonly data: Float32Array | Float64Array;
  readonly rows: number;
  readonly columns: number;
}
