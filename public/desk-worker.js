// The desk: answers questions about a run beside the page, so that the page need not carry it nor wait for it. Started by the app.
// A question is [number, kind, link, about], and for a
// file [number, format, link, wish, png]; its answer [number, whether there is one, the answer or why there is none]. While a file is made:
// [number, false, what is being done, how many steps are done].

import init, { answer, file } from "./desk.js";
import { unpacking } from "./unpack.js";

/** A picture comes as a data: address. */
const bytes = (address) => Uint8Array.from(atob(address.slice(address.indexOf(",") + 1)), (byte) => byte.charCodeAt(0));

async function start() {
  const packed = await fetch(new URL("./desk_bg.wasm.packed", import.meta.url));
  if (!packed.ok) throw new Error(`desk_bg.wasm.packed: HTTP ${packed.status}`);
  const wasm = new Response(packed.body.pipeThrough(unpacking()), { headers: { "Content-Type": "application/wasm" } });
  return init({ module_or_path: wasm });
}

/** The desk once it is there; what could not be fetched is fetched again for the next question. */
let ready;
const fetched = () =>
  (ready ??= start().catch((error) => {
    ready = undefined;
    throw error;
  }));

/** What the native program came to when it made this page. */
const natively = () => fetch(new URL("./self-check.txt", import.meta.url)).then((file) => (file.ok ? file.text() : ""), () => "");

onmessage = async ({ data: [number, ...question] }) => {
  try {
    await fetched();
    if (question[0] === "self-check") question[2] = await natively();
    const tell = (words, done) => postMessage([number, false, words, done]);
    postMessage([number, true, question.length > 3 ? file(...question.slice(0, 3), bytes(question[3]), tell) : answer(...question)]);
  } catch (error) {
    postMessage([number, false, String(error)]);
  }
};
