/** Values as messages show them. */

import { OptionError } from "./errors.js";

/** A value as a message shows it: 'text' in quotes, [1, 2]; all else as it prints. */
export function shown(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  if (Array.isArray(value)) return `[${value.map(shown).join(", ")}]`;
  if (value !== null && typeof value === "object" && !(value instanceof Date)) {
    const pairs = Object.entries(value).map(([name, one]) => `${name}: ${shown(one)}`);
    return `{${pairs.join(", ")}}`;
  }
  return String(value);
}

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text
    .replaceAll("\\", "\\\\")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t");
  return quote + (quote === "'" ? escaped.replaceAll("'", "\\'") : escaped) + quote;
}

/** The error that `option` must be `expected`, and is `got`. */
export function wrongOption(option: string, expected: string, got: unknown): OptionError {
  return new OptionError(`${option} ${expected}; got ${shown(got)}`, option, got);
}
