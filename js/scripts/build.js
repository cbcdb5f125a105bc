// Builds the package into dist/: ES modules with their types, the model, and what a page without a
// bundler loads (standalone/).
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = fileURLToPath(new URL("..", import.meta.url));
const model = fileURLToPath(new URL("../../src/marscrop/models/default", import.meta.url));
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");

rmSync(`${here}/dist`, { recursive: true, force: true });
execFileSync(process.execPath, [tsc, "-p", `${here}/tsconfig.json`], { stdio: "inherit" });
mkdirSync(`${here}/dist/model`, { recursive: true });
for (const file of readdirSync(model)) {
  if (/\.(onnx|json)$/.test(file)) cpSync(`${model}/${file}`, `${here}/dist/model/${file}`);
}

// ONNX Runtime's WebAssembly lies beside what loads it.
const runtime = dirname(createRequire(import.meta.url).resolve("onnxruntime-web"));
await build({
  entryPoints: {
    marscrop: `${here}/dist/index.js`,
    smartcrop: `${here}/dist/smartcrop.js`,
    worker: `${here}/dist/worker.js`,
    "worker-main": `${here}/dist/worker-main.js`,
  },
  outdir: `${here}/dist/standalone`,
  bundle: true,
  splitting: true,
  chunkNames: "chunk-[hash]",
  format: "esm",
  platform: "browser",
  target: "es2022",
  minify: true,
  legalComments: "none",
  logLevel: "warning",
});
const wasm = "ort-wasm-simd-threaded.wasm";
cpSync(`${runtime}/${wasm}`, `${here}/dist/standalone/${wasm}`);
cpSync(`${here}/../LICENSE`, `${here}/LICENSE`);
cpSync(`${model}/../LICENSES.md`, `${here}/dist/model/LICENSES.md`);
