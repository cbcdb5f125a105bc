// Builds the package into dist/: ES modules with their types, the model, and what a page without a
// bundler loads (standalone/).
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL("..", import.meta.url));
const model = fileURLToPath(new URL("../../src/marscrop/models/default", import.meta.url));
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");

rmSync(`${here}/dist`, { recursive: true, force: true });
execFileSync(process.execPath, [tsc, "-p", `${here}/tsconfig.json`], { stdio: "inherit" });
mkdirSync(`${here}/dist/model`, { recursive: true });
for (const file of readdirSync(model)) {
  if (/\.(onnx|json)$/.test(file)) cpSync(`${model}/${file}`, `${here}/dist/model/${file}`);
}
