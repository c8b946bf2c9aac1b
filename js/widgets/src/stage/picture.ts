import type { Stage } from "./ngl";

/** A PNG of what a stage shows before this background, twice as fine as on the screen. */
export async function pictureOf(stage: Stage, background: string): Promise<ArrayBuffer> {
  // NGL would convert the background's colour, which on the screen is the canvas's in CSS
  const seen = await stage.makeImage({ factor: 2, antialias: true, transparent: true });
  const image = await createImageBitmap(seen);
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
  context.fillStyle = background;
  context.fillRect(0, 0, image.width, image.height);
  context.drawImage(image, 0, 0);
  const png = await canvas.convertToBlob();
  return png.arrayBuffer();
}
