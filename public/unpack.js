// Unpacks what scripts/pack.mjs packed, while it arrives: a quarter smaller than gzip, in a form of our own, with a checksum.
// The work is done by scripts/unpack.rs, which pack.mjs writes into here: a script would be slow until the browser has compiled it.

const PROGRAM = Uint8Array.from(atob("scripts/unpack.rs"), (letter) => letter.charCodeAt()); // deflated
const WINDOW = 1 << 20; // as there
const PART = 1 << 15; // bytes given to it at once
const BEGINNING = 20; // bytes that it begins with
const LONGEST = 64; // bytes that it may take for one step, at most

/** Lets frames and clicks have their turn: between promises alone they would not. */
const turn = () =>
  new Promise((go) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => go(port1.close());
    port2.postMessage(0);
  });

/** A stream from packed to unpacked bytes. Fails where they are damaged, cut off, or go on behind their end. */
export function unpacking() {
  let program, input, window;
  let length = 0; // of the input that is there
  let told = 0; // bytes
  let begun = false;

  const expect = (isRight) => {
    if (!isRight) throw new Error("unpacking failed: cut off or damaged");
  };

  async function unpack(to, end) {
    begun ||= length >= BEGINNING && !!program.begin();
    expect(begun);
    for (let size; (size = program.unpack(end)); await turn()) {
      expect(size > 0);
      const piece = new Uint8Array(size);
      const first = window.subarray(told % WINDOW).subarray(0, size);
      piece.set(first);
      piece.set(window.subarray(0, size - first.length), first.length);
      told += size;
      to.enqueue(piece);
    }
  }

  return new TransformStream({
    async start() {
      const bytes = new Response(new Blob([PROGRAM]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer();
      const { instance } = await WebAssembly.instantiate(await bytes);
      program = instance.exports;
      input = new Uint8Array(program.memory.buffer, program.input());
      window = new Uint8Array(program.memory.buffer, program.window(), WINDOW);
    },
    async transform(chunk, to) {
      for (let at = 0; at < chunk.length; at += PART) {
        const part = chunk.subarray(at, at + PART);
        length = program.rest(length);
        expect(length < LONGEST); // else it has ended
        input.set(part, length);
        length += part.length;
        if (length >= BEGINNING || begun) await unpack(to, length - LONGEST);
      }
    },
    async flush(to) {
      await unpack(to, length);
      expect(program.finish(length));
    },
  });
}
