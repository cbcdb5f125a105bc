// Who answers: the service that the page came from. The page as a site without one has another
// module in this one's place (js/site/answers.js), and the rest as it is.

import { SILENT, Service } from "./service.js";

/** Who finds crops, and cuts files.
 *
 *  findCrops(photo, ratios, asked, signal): {width, height, crops, photo: its key, if it has one},
 *    crops being as `marscrop crop --json` has them, with the photo's marks
 *  findMap(photo, ratio, signal): what the network sees, as a bitmap in greys
 *  cut(photo, box, written): a box of the photo as a file, {blob, losses: what is not kept, or ""}
 *  cutFound(photo, ratio, asked, written): likewise a crop that is found anew, as a padded one is
 *  can: {formats, metadata}: values of the page's settings that it can meet, each null for all
 *
 *  `asked` and `written` are parameters of the service's API, [name, value] each. Errors are
 *  `Refused`.
 */
export const answers = new Service("");

/** What to say where the page's own files cannot be had. */
export const silent = SILENT;

/** Calls `changed` when another answers than before: here none ever does. */
export const watchAnswers = () => {};
