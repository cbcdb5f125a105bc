/** Every error that marscrop raises on purpose, with its data; the names are Python's. */

/** Base of all errors of this package. */
export class MarscropError extends Error {
  override readonly name: string = "MarscropError";
  /** What it is about: a path or a name; null where that is not known, or nothing. */
  source: string | null;
  /** What is wrong, and what to do. */
  readonly reason: string;

  constructor(reason: string, source: string | null = null) {
    super(source === null ? reason : `${source}: ${reason}`);
    this.reason = reason;
    this.source = source;
  }

  /** This error, of `source` if nobody had said what it is about. */
  about(source: string): this {
    if (this.source === null) {
      this.source = source;
      this.message = `${source}: ${this.reason}`;
    }
    return this;
  }
}

/** An image that cannot be read. */
export class ImageError extends MarscropError {
  override readonly name: string = "ImageError";
}

/** An image that is beyond a limit. */
export class LimitError extends ImageError {
  override readonly name: string = "LimitError";
}

/** An option that cannot be understood, or is out of its range. */
export class OptionError extends MarscropError {
  override readonly name: string = "OptionError";
  /** Its name; null where it has none. */
  readonly option: string | null;
  /** What was given. */
  readonly got: unknown;

  constructor(reason: string, option: string | null = null, got: unknown = null) {
    super(reason);
    this.option = option;
    this.got = got;
  }
}

/** An aspect ratio that cannot be understood. */
export class RatioError extends OptionError {
  override readonly name: string = "RatioError";
}

/** A constraint on crops that is understood, and that a photo cannot meet. */
export class ConstraintError extends MarscropError {
  override readonly name: string = "ConstraintError";
}

/** A model that is missing, changed, truncated, or of an unknown format. */
export class ModelError extends MarscropError {
  override readonly name: string = "ModelError";
}

/** A part of marscrop that is not installed, or that only the Python package has. */
export class MissingExtraError extends MarscropError {
  override readonly name: string = "MissingExtraError";
  /** Its name, such as "sharp". */
  readonly extra: string;

  constructor(reason: string, extra: string) {
    super(reason);
    this.extra = extra;
  }
}
