// Widths that crops are written in [px]: those that Next.js asks for.
export const DEVICE_WIDTHS = [640, 750, 828, 1080, 1200, 1920];
export const IMAGE_WIDTHS = [256, 384];
export const WIDTHS = [...IMAGE_WIDTHS, ...DEVICE_WIDTHS];
