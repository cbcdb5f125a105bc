/** How near a crop comes to what it shows. Twin of `zoom.py`. */

export const ZOOMS = ["none", "natural", "tight"] as const;

/** The largest crop; a little smaller, as people cut; or the main subject, framed. */
export type Zoom = (typeof ZOOMS)[number];
