/** What a page and its worker say to each other. */

import * as errors from "./errors.js";

/** Methods of a cropper that are called across. */
export type Method =
  "load" | "crop" | "analyse" | "cropAnalysed" | "focalPoint" | "focalAnalysed" | "maps" | "close";

/** What is asked of a worker. */
export interface Question {
  readonly id: number;
  readonly method: Method;
  readonly args: readonly unknown[];
}

/** What it answers. */
export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: SentError };

/** An error as plain data. */
export interface SentError {
  readonly name: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** An error, to be sent. */
export function sent(error: unknown): SentError {
  if (!(error instanceof Error)) return { name: "Error", message: String(error), fields: {} };
  const fields = Object.entries(error).filter(([, value]) => typeof value !== "function");
  return { name: error.name, message: error.message, fields: Object.fromEntries(fields) };
}

/** The same error, of the same class. */
export function received({ name, message, fields }: SentError): Error {
  const known: Readonly<Record<string, unknown>> = { ...errors, TypeError };
  const kind = known[name];
  const error = new Error(message);
  if (typeof kind === "function") Object.setPrototypeOf(error, kind.prototype as object);
  return Object.assign(error, fields);
}
