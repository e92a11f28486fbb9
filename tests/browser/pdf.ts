// A PDF as other programs read it.
import { readFileSync } from "node:fs";
import { run } from "./exports.ts";

/** Something typed that means something to nearly every format. */
export const HOSTILE = `Ada <script>alert(1)</script> &amp; "]]> \${7*7} $(reboot) [y](http://a.example/) \\href{http://b.example/}{x} /URI (z)`;
/** What in a PDF can be clicked, run, opened or fetched. */
const LIVE = ["Annots", "URI", "JavaScript", "JS", "Launch", "OpenAction", "AA", "AcroForm", "EmbeddedFile", "GoToR", "SubmitForm"];

/** A text without its spaces: where a line ends, a PDF has none. */
export const letters = (text: string) => text.replace(/\s+/g, "");

/** What it says of itself: title, language, whether it has tags, the words of its outline (without spaces), and what in it is more than paper. */
export async function insides(pdf: string) {
  const objects = readFileSync(pdf, "latin1").split("endstream").map((part) => part.split("stream")[0]).join("");
  const { stdout: info } = await run("pdfinfo", pdf);
  const { stdout: xml } = await run("pdftohtml", "-xml", "-i", "-stdout", pdf);
  const signs: Record<string, string> = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&" };
  const items = xml.slice(xml.indexOf("<outline>")).matchAll(/<item page="\d+">([^<]*)</g);
  return {
    title: /^Title: *(.*)$/m.exec(info)?.[1],
    tagged: /^Tagged: *(.*)$/m.exec(info)?.[1],
    lang: /\/ViewerPreferences <<[^>]*>>\s*\/Lang \((\w+)\)/.exec(objects)?.[1],
    outline: [...items].map(([, words]) => letters(words.replace(/&(?:lt|gt|quot|#39|amp);/g, (sign) => signs[sign]))),
    live: LIVE.filter((name) => new RegExp(`/${name}(?![A-Za-z0-9])`).test(objects)),
  };
}

/** All its words, without spaces. */
export async function words(pdf: string): Promise<string> {
  const { stdout } = await run("pdftotext", pdf, "-");
  return letters(stdout);
}

/** The size of the smallest letters on its only sheet that lies, in points, and how many words stand there. */
export async function smallest(pdf: string): Promise<{ points: number; sheets: number; count: number }> {
  const { stdout } = await run("pdftotext", "-bbox", pdf, "-");
  const landscape = stdout.split("<page ").filter((sheet) => /^width="84[12]/.test(sheet));
  // A word's box is as high as its font: 1.164 of its size, in DejaVu Sans.
  const heights = landscape.flatMap((sheet) =>
    [...sheet.matchAll(/yMin="([\d.]+)" xMax="[\d.]+" yMax="([\d.]+)">[^<]/g)].map(([, top, bottom]) => Number(bottom) - Number(top)));
  return { points: Math.min(...heights) / 1.164, sheets: landscape.length, count: heights.length };
}
