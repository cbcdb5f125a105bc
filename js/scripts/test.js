// Compiles the tests against the built package and runs those of a folder: `node scripts/test.js`
// runs all but the browser's, `node scripts/test.js browser` those.
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL("..", import.meta.url));
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const inBrowser = process.argv[2] === "browser";

rmSync(`${here}build`, { recursive: true, force: true });
execFileSync(process.execPath, [tsc, "-p", `${here}test/tsconfig.json`], { stdio: "inherit" });
const files = readdirSync(`${here}build`, { recursive: true })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".test.js") && file.startsWith("browser/") === inBrowser)
  .map((file) => `${here}build/${file}`);
process.exitCode = spawnSync(process.execPath, ["--test", ...files], { stdio: "inherit" }).status;
