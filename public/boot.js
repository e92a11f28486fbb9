// Starts the app: loads the glue and the wasm that trunk names in this script's own tag, and says how far it is.
// The page is readable before, during and without it. The wasm comes packed in a form of our own, a quarter smaller than the gzip of most hosts, and
// is unpacked and compiled while it arrives.

const { js, wasm, bytes } = document.querySelector("script[data-wasm]").dataset;
const status = document.getElementById("boot-status");
const text = status.querySelector("[role=status]");
const bar = status.querySelector("progress");
const kb = (n) => Math.round(n / 1000);

// The number is only for the eye: spoken, it would interrupt a hundred times.
const size = document.createElement("span");
size.ariaHidden = "true";
status.append(size);

// The style of what nobody sees at first comes after the app, unless the address may name such a thing.
const rest = document.querySelector("noscript");
const dress = () => {
  rest.outerHTML = rest.textContent;
};
if (location.hash) dress();

/** The body again, moving the bar as it is read. */
function counted(body) {
  const total = Number(bytes); // of the file, as counted here: a host that packs it once more sends another Content-Length
  let seen = 0;
  const count = new TransformStream({
    transform(chunk, out) {
      seen += chunk.byteLength;
      bar.value = total ? Math.min(seen / total, 1) : 0;
      size.textContent = total ? `${kb(seen)} of ${kb(total)} KB` : `${kb(seen)} KB`;
      out.enqueue(chunk);
    },
  });
  return body.pipeThrough(count);
}

// An error in the lab ends it without a word (its panics are built without texts): the page tells it.
for (const [kind, cause] of [["error", "error"], ["unhandledrejection", "reason"]]) {
  addEventListener(kind, (event) => {
    if (event[cause] instanceof WebAssembly.RuntimeError) document.getElementById("app-failure")?.removeAttribute("hidden");
  });
}

try {
  text.textContent = "Loading the live lab";
  status.hidden = false;
  const url = (path) => new URL(path, document.baseURI);
  const packed = fetch(url(wasm));
  const [glue, { unpacking }, response] = await Promise.all([import(url(js)), import("./unpack.js"), packed]);
  if (!response.ok) throw new Error(`${wasm}: HTTP ${response.status}`);
  const body = counted(response.body).pipeThrough(unpacking());
  await glue.default({ module_or_path: new Response(body, { headers: { "Content-Type": "application/wasm" } }) });
  status.remove();
} catch (error) {
  console.error(error);
  bar.remove();
  size.remove();
  status.hidden = false;
  text.textContent = "Still readable: live mode did not start.";
  const retry = document.createElement("button");
  retry.textContent = "Retry";
  retry.onclick = () => location.reload();
  status.append(" ", retry);
}
dress();

// What people type is kept on their device, if it lets us.
try {
  const kept = ["own-words", "author", "check-text"];
  for (const id of kept) document.getElementById(id).value = localStorage[`foobar-lab/${id}`] ?? "";
  addEventListener("input", ({ target: { id, value } }) => {
    if (kept.includes(id)) localStorage[`foobar-lab/${id}`] = value;
  });
} catch (error) {
  console.info(error);
}

if (location.protocol.startsWith("http") && "serviceWorker" in navigator) {
  // Working offline is an extra: without it nothing is lost.
  navigator.serviceWorker.register(new URL("sw.js", document.baseURI)).catch(() => {});
}
