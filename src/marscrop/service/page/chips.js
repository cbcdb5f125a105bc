// Ratios to tick.

import { nameOf, PRESETS, ratioValue } from "./ratios.js";
import { state } from "./state.js";

/** A small rectangle of a ratio. */
function shape(ratio) {
  const node = document.createElement("i"), value = Math.min(3, Math.max(1 / 3, ratioValue(ratio)));
  node.style.width = `${13 * Math.sqrt(value)}px`;
  node.style.height = `${13 / Math.sqrt(value)}px`;
  return node;
}

/** Draw them; choose(ratio, wanted) hears what is ticked. */
export function showChips(choose) {
  document.getElementById("ratios").replaceChildren(...state.offered.map((ratio) => {
    const item = document.createElement("li");
    const label = document.createElement("label");
    const box = document.createElement("input");
    const number = document.createElement("small");
    box.type = "checkbox";
    box.value = ratio;
    box.checked = state.chosen.has(ratio);
    box.addEventListener("change", () => choose(ratio, box.checked));
    number.textContent = PRESETS.has(ratio) ? ratio : "";
    label.append(box, shape(ratio), PRESETS.get(ratio) ?? nameOf(ratio), number);
    item.append(label);
    return item;
  }));
}
