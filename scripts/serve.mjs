// Serves dist/ at http://HOST:PORT (default 127.0.0.1:8080), with the right types, compressed, never cached by the browser.
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

// The node packages live with the browser tests.
const require = createRequire(new URL("../tests/browser/package.json", import.meta.url));
const { default: sirv } = await import(require.resolve("sirv"));
const compression = require("compression")();

const host = process.env.HOST || "127.0.0.1";
const port = Number(process.env.PORT || 8080);
const dist = fileURLToPath(new URL("../dist", import.meta.url));
if (!existsSync(`${dist}/index.html`)) {
  console.error("serve: there is no dist/index.html: run `make build` first");
  process.exit(1);
}

const files = sirv(dist, { dev: true, etag: true }); // dev: a rebuild is seen at once
const server = createServer((request, response) => compression(request, response, () => files(request, response)));
server.on("error", (error) => {
  const taken = error.code === "EADDRINUSE";
  console.error(taken ? `serve: port ${port} is taken. Stop what uses it, or choose another: make serve PORT=${port + 1}` : `serve: ${error.message}`);
  process.exit(1);
});
server.listen(port, host, () => console.log(`foobar-lab is at http://${host}:${port}   (Ctrl-C stops it)`));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
