// What is asked of all crops and files, as the controls in the panel say it.

const $ = (id) => document.getElementById(id);
const WHOLE = "0%,0%,100%,100%";

/** Parameters of every crop, without the photo's marks. */
export function cropParameters() {
  const parameters = [["zoom", $("zoom").value]];
  if ($("padding").value === "whole") parameters.push(["keep", WHOLE]);
  if (pads()) parameters.push(["fallback", "pad"], ["pad_fill", fill()]);
  return parameters;
}

/** Whether what does not fit is padded. */
export const pads = () => $("padding").value !== "never";

export function padWhereNeeded() {
  $("padding").value = "needed";
  $("padding").dispatchEvent(new Event("change"));
}

/** "blur", or a colour of CSS. */
export const fill = () =>
  $("fill").value === "own" ? $("fill-colour").value : $("fill").value;

/** Of every file that comes out. */
export const fileSettings = () =>
  ({ format: $("format").value, metadata: $("metadata").value, enlarge: $("enlarge").checked });

/** Calls `again` where crops have to be found anew, `files` where only the files change. */
export function watch(again, files) {
  for (const id of ["zoom", "padding", "fill", "fill-colour"])
    $(id).addEventListener("change", () => { show(); again(); });
  for (const id of ["format", "metadata", "enlarge"]) $(id).addEventListener("change", files);
  show();
}

/** Only what can be written: `can` of answers.js. */
export function offer(can) {
  for (const [id, values] of [["format", can.formats], ["metadata", can.metadata]]) {
    const options = [...$(id).options];
    for (const option of options)
      option.hidden = option.disabled = Boolean(values && !values.includes(option.value));
    if ($(id).selectedOptions[0].disabled) $(id).value = options.find((option) => !option.disabled).value;
  }
}

function show() {
  $("fill-field").hidden = !pads();
  $("fill-colour").hidden = $("fill").value !== "own";
}
