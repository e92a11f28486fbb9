// The desk: answers questions about a run beside the page, so that the page need not carry it nor wait for it. Started by the app.
// A question is [number, kind, link, about], and for a
// file [number, format, link, wish, png]; its answer [number, whether there is one, the answer or why there is none].

import init, { answer, file } from "./desk.js";

const ready = init({ module_or_path: new URL("./desk_bg.wasm", import.meta.url) });

onmessage = async ({ data: [number, ...question] }) => {
  try {
    await ready;
    postMessage([number, true, question.length > 3 ? file(...question) : answer(...question)]);
  } catch (error) {
    postMessage([number, false, String(error)]);
  }
};
