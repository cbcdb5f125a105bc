/** What the margins of a padded crop show. Twin of `fill.py`. */

import { wrongOption } from "./shown.js";

/** In place of a colour: a blurred copy of the picture, stretched over the canvas. */
const BLUR = "blur";
/** What a page or a sheet of paper shows beside a picture. */
export const DEFAULT_FILL = "white";

const EXPECTED = "must be 'blur' or a colour, such as 'white' or '#1e90ff'";
const NUMBER = String.raw`\s*\d+(?:\.\d*)?`;
const NOTATIONS = [
  /^#(?:[a-f0-9]{3}|[a-f0-9]{4}|[a-f0-9]{6}|[a-f0-9]{8})$/,
  /^rgb\(\s*\d+\s*,\s*\d+\s*,\s*\d+\s*\)$/,
  /^rgb\(\s*\d+%\s*,\s*\d+%\s*,\s*\d+%\s*\)$/,
  new RegExp(String.raw`^hsl\(${NUMBER}\s*,${NUMBER}%\s*,${NUMBER}%\s*\)$`),
];
/** The names of colours in CSS. */
const NAMES =
  "aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue " +
  "blueviolet brown burlywood cadetblue chartreuse chocolate coral cornflowerblue cornsilk " +
  "crimson cyan darkblue darkcyan darkgoldenrod darkgray darkgreen darkgrey darkkhaki " +
  "darkmagenta darkolivegreen darkorange darkorchid darkred darksalmon darkseagreen " +
  "darkslateblue darkslategray darkslategrey darkturquoise darkviolet deeppink deepskyblue " +
  "dimgray dimgrey dodgerblue firebrick floralwhite forestgreen fuchsia gainsboro ghostwhite " +
  "gold goldenrod gray green greenyellow grey honeydew hotpink indianred indigo ivory khaki " +
  "lavender lavenderblush lawngreen lemonchiffon lightblue lightcoral lightcyan " +
  "lightgoldenrodyellow lightgray lightgreen lightgrey lightpink lightsalmon lightseagreen " +
  "lightskyblue lightslategray lightslategrey lightsteelblue lightyellow lime limegreen linen " +
  "magenta maroon mediumaquamarine mediumblue mediumorchid mediumpurple mediumseagreen " +
  "mediumslateblue mediumspringgreen mediumturquoise mediumvioletred midnightblue mintcream " +
  "mistyrose moccasin navajowhite navy oldlace olive olivedrab orange orangered orchid " +
  "palegoldenrod palegreen paleturquoise palevioletred papayawhip peachpuff peru pink plum " +
  "powderblue purple rebeccapurple red rosybrown royalblue saddlebrown salmon sandybrown " +
  "seagreen seashell sienna silver skyblue slateblue slategray slategrey snow springgreen " +
  "steelblue tan teal thistle tomato turquoise violet wheat white whitesmoke yellow yellowgreen";
const KNOWN = new Set(NAMES.split(" "));

/**
 * A colour as CSS has it, or "blur", from what a caller wrote: "white", "#ffffff",
 * "rgb(255, 255, 255)".
 *
 * @throws OptionError anything else, with what was expected.
 */
export function parseFill(fill: string): string {
  if (typeof fill === "string") {
    const label = fill.trim().toLowerCase();
    const isColour = KNOWN.has(label) || NOTATIONS.some((notation) => notation.test(label));
    if (label === BLUR || isColour) return label;
  }
  throw wrongOption("padFill", EXPECTED, fill);
}
