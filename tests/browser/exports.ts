// What the native program writes, and the programs that people will open it with.
import { type Page } from "@playwright/test";
import { execFile } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import pixelmatch from "pixelmatch";
import { PNG } from "pngjs";
import { PROGRAM } from "./lab.ts";

const called = promisify(execFile);

export const PRESETS = ["simple", "distributed", "secured", "literal", "brief", "extended"];
/** Something dead and something slow, and the picture of it. */
const FAILURE: Record<string, string[]> = {
  simple: ["--kill", "server-1/app@2s"],
  distributed: ["--kill", "server-1@2s", "--slow", "server-2:12.5@2s"],
  secured: ["--kill", "server-1@2s", "--slow", "server-2:12.5@2s"],
  literal: ["--kill", "db-1@2s", "--slow", "app-1:12.5@2s"],
  brief: ["--kill", "lb-1@2s", "--kill", "db-1@2s", "--slow", "app-1:12.5@2s", "--command", "set server app/app-2 state drain@2s"],
  extended: ["--kill", "lb-1@2s", "--kill", "db-1@2s", "--slow", "app-1:12.5@2s", "--command", "set server web/web-2 state maint@2s"],
};
export const STATES: Record<string, (preset: string) => string[]> = {
  rest: () => [],
  failure: (preset) => [...FAILURE[preset], "--as-it-stands"],
};
/** Pixels per unit of the drawing where renderers are compared to the pixel. At one, Chromium fits letters to the grid of pixels. */
export const DENSITY = 2;

/** Runs a program to its end; what it wrote. */
export async function run(program: string, ...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return called(program, args, { maxBuffer: 1 << 28 });
}

/** Lets the program export into a folder, and returns the folder. */
export async function exported(folder: string, preset: string, formats: string, ...args: string[]): Promise<string> {
  await run(PROGRAM, "export", "--preset", preset, "--for", "8s", "--format", formats, "--out", folder, ...args);
  return folder;
}

/** What Nu (vnu) says of files, by the file's name. A file that is not there would pass in silence: it has to be there. */
export async function nu(files: string[], ...options: string[]): Promise<Map<string, { type: string; subType?: string; message: string }[]>> {
  const jar = fileURLToPath(new URL("node_modules/vnu-jar/build/dist/vnu.jar", import.meta.url));
  for (const file of [jar, ...files]) if (!existsSync(file)) throw new Error(`${file} is not there`);
  const wrong = (error: { stderr: string }) => error; // It exits with 1 where it finds an error.
  const { stderr } = await run("java", "-jar", jar, "--format", "json", ...options, ...files).catch(wrong);
  const said = new Map(files.map((file) => [pathToFileURL(file).href, [] as { type: string; message: string }[]]));
  for (const message of JSON.parse(stderr).messages) {
    const of = said.get(message.url.replace(/^file:\/*/, "file:///"));
    if (!of) throw new Error(`${message.url}: ${message.message}`);
    of.push(message);
  }
  return new Map([...said].map(([url, messages]) => [fileURLToPath(url), messages]));
}

/** A text of a drawing, and the room it takes, in the drawing's units from the sheet's corner. */
export interface Label {
  text: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A drawing as each renderer shows it. */
export interface Picture {
  name: string;
  file: string;
  svg: string;
  labels: Label[];
  /** Of each renderer: what it painted, and in how many pixels per unit. */
  painted: Record<string, { png: PNG; density: number }>;
}

/** The texts of a drawing and their rooms. */
export async function labels(page: Page, svg: string): Promise<Label[]> {
  await page.setContent(`<!DOCTYPE html><title>drawing</title><body style="margin:0">${svg}`);
  return page.locator("svg").evaluate((root) => {
    const sheet = root.getBoundingClientRect();
    return [...root.querySelectorAll("text")].map((text) => {
      const { x, y, width, height } = text.getBoundingClientRect();
      return { text: text.textContent!, x: x - sheet.x, y: y - sheet.y, width, height };
    });
  });
}

/** Renders drawings in Chromium, librsvg, Inkscape and LibreOffice: one start of each for all, except for librsvg, which starts at once. */
export async function rendered(page: Page, folder: string, drawings: { name: string; file: string }[]): Promise<Picture[]> {
  const into = (name: string) => {
    const path = join(folder, name);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const inkscape = into("inkscape");
  const copies = drawings.map(({ name, file }) => {
    copyFileSync(file, join(inkscape, `${name}.svg`));
    return join(inkscape, `${name}.svg`);
  });
  // Profiles of their own: what a person has set up there must not count, nor be touched.
  process.env.INKSCAPE_PROFILE_DIR = into("inkscape-profile");
  const profile = `-env:UserInstallation=${pathToFileURL(into("libreoffice-profile"))}`;
  const others = Promise.all([
    run("inkscape", "--export-type=png", `--export-dpi=${96 * DENSITY}`, ...copies),
    run("soffice", profile, "--headless", "--convert-to", "png", "--outdir", into("libreoffice"), ...copies),
    ...drawings.map(({ name, file }) => run("rsvg-convert", "--zoom", String(DENSITY), "--output", join(into("librsvg"), `${name}.png`), file)),
  ]);
  const pictures: Picture[] = [];
  for (const { name, file } of drawings) {
    const svg = readFileSync(file, "utf8");
    pictures.push({ name, file, svg, labels: await labels(page, svg), painted: {} });
    // As GitHub shows it, and as a person opens it: an image.
    const size = await shownAsImage(page, svg);
    const shot = await page.screenshot({ clip: { x: 0, y: 0, ...size } });
    writeFileSync(join(into("chromium"), `${name}.png`), shot);
  }
  await others;
  for (const { name, painted } of pictures) {
    for (const renderer of ["chromium", "librsvg", "inkscape", "libreoffice"]) {
      const png = PNG.sync.read(readFileSync(join(folder, renderer, `${name}.png`)));
      painted[renderer] = { png, density: renderer === "libreoffice" ? 1 : DENSITY };
    }
  }
  return pictures;
}

/** Shows a drawing as an image on a page of one colour; its size in whole pixels. */
export async function shownAsImage(page: Page, svg: string, ground = "#ffffff"): Promise<{ width: number; height: number }> {
  const source = `data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`;
  await page.setContent(`<!DOCTYPE html><title>drawing</title><body style="margin:0;background:${ground}"><img alt="" style="display:block" src="${source}">`);
  return page.locator("img").evaluate(async (image: HTMLImageElement) => {
    await image.decode();
    const { width, height } = image.getBoundingClientRect();
    return { width: Math.floor(width), height: Math.floor(height) };
  });
}

/** The upper left part of a picture. Where a sheet ends within a pixel, some renderers draw one more; LibreOffice always does. */
function cropped(png: PNG, width: number, height: number): Buffer {
  const part = new PNG({ width, height });
  PNG.bitblt(png, part, 0, 0, width, height, 0, 0);
  return part.data;
}

/** The share of pixels that two pictures of one drawing differ in; the soft edges of shapes do not count. */
export function difference(one: PNG, other: PNG): number {
  const [width, height] = [Math.min(one.width, other.width), Math.min(one.height, other.height)];
  if (Math.max(one.width, other.width) - width > 2 || Math.max(one.height, other.height) - height > 2) return 1;
  const differing = pixelmatch(cropped(one, width, height), cropped(other, width, height), undefined, width, height, { threshold: 0.1 });
  return differing / (width * height);
}

/** A rectangle in the drawing's units from the sheet's corner. */
type Room = Omit<Label, "text">;

/** What LibreOffice draws in a way of its own: letters, by a grid of its own; the dashes round a card, from another corner on. */
function excepted({ svg, labels }: Picture): Room[] {
  const [left, top] = / viewBox="([-\d.]+) ([-\d.]+) /.exec(svg)!.slice(1).map(Number);
  const letters = labels.map(({ x, y, width, height }) => ({ x: x - 6, y: y - 2, width: width + 12, height: height + 4 }));
  const cards = [...svg.matchAll(/<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"[^>]*stroke-dasharray/g)];
  const borders = cards.flatMap((card) => {
    const [x, y, width, height] = card.slice(1).map(Number);
    const at = { x: x - left - 4, y: y - top - 4, width: width + 8, height: height + 8 };
    return [{ ...at, width: 9 }, { ...at, height: 9 }, { ...at, x: at.x + width - 1, width: 9 }, { ...at, y: at.y + height - 1, height: 9 }];
  });
  return [...letters, ...borders];
}

/** A picture with one pixel per unit, of this size: red, green and blue of each. */
function reduced(png: PNG, density: number, width: number, height: number): Float32Array {
  const all = new Float32Array(width * height * 3);
  for (let y = 0; y < height * density; y += 1) {
    for (let x = 0; x < width * density; x += 1) {
      const to = (Math.floor(y / density) * width + Math.floor(x / density)) * 3;
      for (let channel = 0; channel < 3; channel += 1) all[to + channel] += png.data[(y * png.width + x) * 4 + channel] / density ** 2;
    }
  }
  return all;
}

/**
 * How many pixels (one per unit) of a drawing in Chromium have nothing like them in another picture within `reach` units, or the other way
 * round; like is what differs by `most` of 255 at most. Letters and dashed cards do not count. Half a unit aside is no difference, as LibreOffice
 * draws; a line that is missing, a card elsewhere or in another colour is one.
 */
export function unlike(drawn: Picture, other: Picture, renderer: string, reach: number, most: number): number {
  const [one, two] = [drawn.painted.chromium, other.painted[renderer]];
  const side = (name: "width" | "height") => Math.floor(Math.min(one.png[name] / one.density, two.png[name] / two.density));
  const [width, height] = [side("width"), side("height")];
  const [a, b] = [reduced(one.png, one.density, width, height), reduced(two.png, two.density, width, height)];
  const isExcepted = new Uint8Array(width * height);
  for (const room of excepted(drawn)) {
    for (let y = Math.max(0, Math.floor(room.y)); y < Math.min(height, room.y + room.height); y += 1) {
      isExcepted.fill(1, y * width + Math.max(0, Math.floor(room.x)), y * width + Math.max(0, Math.min(width, Math.ceil(room.x + room.width))));
    }
  }
  /** Whether a pixel of one picture lies outside what the other has around it. */
  const isAlone = (from: Float32Array, to: Float32Array, x: number, y: number, channel: number) => {
    let [least, greatest] = [255, 0];
    for (let row = Math.max(0, y - reach); row <= Math.min(height - 1, y + reach); row += 1) {
      for (let column = Math.max(0, x - reach); column <= Math.min(width - 1, x + reach); column += 1) {
        const value = to[(row * width + column) * 3 + channel];
        [least, greatest] = [Math.min(least, value), Math.max(greatest, value)];
      }
    }
    const value = from[(y * width + x) * 3 + channel];
    return value < least - most || value > greatest + most;
  };
  let count = 0;
  for (let at = 0; at < width * height; at += 1) {
    if (isExcepted[at]) continue;
    const [x, y] = [at % width, Math.floor(at / width)];
    const differs = [0, 1, 2].some((channel) =>
      Math.abs(a[at * 3 + channel] - b[at * 3 + channel]) > most && (isAlone(a, b, x, y, channel) || isAlone(b, a, x, y, channel)));
    if (differs) count += 1;
  }
  return count;
}

/** The share of a label's room that is not of the room's commonest colour: what is written there. */
export function ink(png: PNG, density: number, label: Label): number {
  const [left, top] = [label.x, label.y].map((side) => Math.max(0, Math.round(side * density)));
  const right = Math.min(png.width, Math.round((label.x + label.width) * density));
  const bottom = Math.min(png.height, Math.round((label.y + label.height) * density));
  const pixels: number[] = [];
  const count = new Map<number, number>();
  for (let y = top; y < bottom; y += 1) {
    for (let x = left; x < right; x += 1) {
      const pixel = png.data.readUInt32BE((y * png.width + x) * 4);
      pixels.push(pixel);
      count.set(pixel, (count.get(pixel) ?? 0) + 1);
    }
  }
  const [ground] = [...count].reduce((most, next) => (next[1] > most[1] ? next : most));
  const channels = (pixel: number) => [pixel >>> 24, (pixel >>> 16) & 255, (pixel >>> 8) & 255];
  const behind = channels(ground);
  const isInk = (pixel: number) => channels(pixel).some((value, at) => Math.abs(value - behind[at]) > 32);
  return pixels.filter(isInk).length / pixels.length;
}

/** The words of a drawing that can be searched for in a PDF of it, text by text. */
export async function searchable(file: string, pdf: string): Promise<string[]> {
  await run("rsvg-convert", "--format", "pdf", "--output", pdf, file);
  const { stdout } = await run("pdftotext", "-raw", pdf, "-");
  return stdout.split(/[\n\f]/);
}
