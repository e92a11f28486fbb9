// Unpacks what scripts/pack.mjs packed, while it arrives: LZMA, a fifth smaller than gzip, which no browser unpacks by itself, and a checksum.
// Written from the "LZMA specification" by Igor Pavlov (7-zip.org/sdk.html, in the public domain), with its names.

const PIECE = 1 << 13; // bytes unpacked in one turn: a few milliseconds even where a processor is slow and the script still cold
const BEGINNING = 18; // bytes: properties, size of the dictionary, size of all, and what the range coder begins with
const LONGEST = 21; // bytes that one symbol may take, at most
const CHECKSUM = 4; // bytes behind the end: the CRC-32 of what is unpacked

// Where the chances of each kind of bit begin: 2048 would be a certain 0.
const [IS_MATCH, IS_REP, IS_REP_G0, IS_REP_G1, IS_REP_G2, IS_REP0_LONG] = [0, 192, 204, 216, 228, 240];
const [POS_SLOT, POS_DECODERS, ALIGN, LEN, REP_LEN, LITERAL] = [432, 688, 816, 832, 1346, 1860];

const CRC = Int32Array.from({ length: 256 }, (_, byte) => {
  for (let bits = 8; bits; bits -= 1) byte = (byte >>> 1) ^ (byte & 1 && 0xedb88320);
  return byte;
});

const fail = (why) => {
  throw new Error(`unpacking failed: ${why}`);
};

/** Lets frames and clicks have their turn: between promises alone they would not. */
const turn = () =>
  new Promise((go) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => go(port1.close());
    port2.postMessage(0);
  });

/** A stream from packed to unpacked bytes. Fails where they are damaged, cut off, or go on behind their end. */
export function unpacking() {
  let input = new Uint8Array();
  let at = 0; // in the input
  let out; // all that is unpacked: later parts refer to earlier ones
  let done = 0; // bytes of it
  let crc = -1;
  let ended = false;
  let chances, lc, posMask, literalMask;
  let [state, rep0, rep1, rep2, rep3] = [0, 0, 0, 0, 0];
  const coder = new Uint32Array(2); // range and code: numbers of 32 bits are slow anywhere else

  function begin() {
    if (input.length < BEGINNING) fail("cut off");
    const view = new DataView(input.buffer);
    const properties = input[0];
    if (properties >= 9 * 5 * 5 || input[BEGINNING - 5] || view.getUint32(9, true)) fail("no LZMA that says its size");
    lc = properties % 9;
    const lp = Math.floor(properties / 9) % 5;
    literalMask = (1 << lp) - 1;
    posMask = (1 << Math.floor(properties / 45)) - 1;
    chances = new Uint16Array(LITERAL + (768 << (lc + lp))).fill(1024);
    out = new Uint8Array(view.getUint32(5, true));
    coder[0] = 0xffffffff;
    coder[1] = view.getUint32(BEGINNING - 4);
    at = BEGINNING;
  }

  function normalize() {
    if (coder[0] < 0x1000000) {
      coder[0] <<= 8;
      coder[1] = (coder[1] << 8) | input[at++];
    }
  }

  /** The way down a tree of bits, from its root 1 to a node of `limit` or more. `alike` is 256 as long as the bits are those of `match`, else 0. */
  function path(base, limit, match, alike) {
    let [node, range, code] = [1, coder[0], coder[1]];
    while (node < limit) {
      match <<= 1;
      const expected = match & alike;
      const index = base + alike + expected + node;
      if (range < 0x1000000) {
        range = (range << 8) >>> 0;
        code = ((code << 8) | input[at++]) >>> 0;
      }
      const chance = chances[index];
      const bound = (range >>> 11) * chance;
      node *= 2;
      if (code < bound) {
        range = bound;
        chances[index] = chance + ((2048 - chance) >> 5);
        alike &= ~expected;
      } else {
        range -= bound;
        code -= bound;
        chances[index] = chance - (chance >> 5);
        node += 1;
        alike &= expected;
      }
    }
    coder[0] = range;
    coder[1] = code;
    return node;
  }

  const bit = (index) => path(index - 1, 2, 0, 0) - 2;
  const tree = (base, bits) => path(base, 1 << bits, 0, 0) - (1 << bits);

  function reverseTree(base, bits) {
    let value = 0;
    for (let node = path(base, 1 << bits, 0, 0); node > 1; node >>= 1) value = value * 2 + (node & 1);
    return value;
  }

  /** Bits of which none is likelier. */
  function direct(bits) {
    let value = 0;
    for (let left = bits; left; left -= 1) {
      normalize();
      coder[0] >>>= 1;
      const one = coder[1] >= coder[0];
      if (one) coder[1] -= coder[0];
      value = value * 2 + one;
    }
    return value;
  }

  function length(base, posState) {
    if (!bit(base)) return 2 + tree(base + 2 + posState * 8, 3);
    if (!bit(base + 1)) return 10 + tree(base + 130 + posState * 8, 3);
    return 18 + tree(base + 258, 8);
  }

  function distance(len) {
    const slot = tree(POS_SLOT + Math.min(len - 2, 3) * 64, 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const high = (2 + (slot & 1)) * 2 ** bits;
    return slot < 14 ? high + reverseTree(POS_DECODERS + high - slot, bits) : high + direct(bits - 4) * 16 + reverseTree(ALIGN, 4);
  }

  function literal() {
    if (done === out.length) fail("longer than it says");
    const before = done ? out[done - 1] : 0;
    const base = LITERAL + 768 * (((done & literalMask) << lc) + (before >> (8 - lc)));
    // After a match comes another byte than the one that would have continued it, often a similar one.
    out[done] = state < 7 ? path(base, 256, 0, 0) : path(base, 256, out[done - rep0 - 1], 256);
    done += 1;
    state = state < 4 ? 0 : state - (state < 10 ? 3 : 6);
  }

  function copy(len) {
    if (rep0 >= done) fail("refers to what never came");
    if (len > out.length - done) fail("longer than it says");
    for (const end = done + len; done < end; done += 1) out[done] = out[done - rep0 - 1];
  }

  /** One of the last four distances, which becomes the last. */
  function again() {
    let chosen = rep1;
    if (bit(IS_REP_G1 + state)) {
      chosen = rep2;
      if (bit(IS_REP_G2 + state)) {
        chosen = rep3;
        rep3 = rep2;
      }
      rep2 = rep1;
    }
    rep1 = rep0;
    rep0 = chosen;
  }

  function symbol() {
    const posState = done & posMask;
    const long = state * 16 + posState;
    const after = state < 7 ? 0 : 3; // 0: after a literal
    if (!bit(IS_MATCH + long)) return literal();
    if (!bit(IS_REP + state)) {
      const len = length(LEN, posState);
      rep3 = rep2;
      rep2 = rep1;
      rep1 = rep0;
      rep0 = distance(len);
      state = 7 + after;
      ended = rep0 === 0xffffffff;
      return ended ? normalize() : copy(len);
    }
    const isLast = !bit(IS_REP_G0 + state);
    if (isLast && !bit(IS_REP0_LONG + long)) {
      state = after ? 11 : 9;
      return copy(1);
    }
    if (!isLast) again();
    const len = length(REP_LEN, posState);
    state = after ? 11 : 8;
    return copy(len);
  }

  /** Unpacks while so many bytes are there. */
  async function unpack(to, spare) {
    if (!out) begin();
    while (!ended && at <= input.length - spare) {
      const told = done;
      while (!ended && at <= input.length - spare && done < told + PIECE) symbol();
      const piece = out.slice(told, done);
      for (const byte of piece) crc = (crc >>> 8) ^ CRC[(crc ^ byte) & 255];
      if (piece.length) to.enqueue(piece);
      await turn();
    }
  }

  return new TransformStream({
    transform(chunk, to) {
      const rest = input.subarray(at);
      input = new Uint8Array(rest.length + chunk.length);
      input.set(rest);
      input.set(chunk, rest.length);
      at = 0;
      return out || input.length > BEGINNING ? unpack(to, LONGEST) : undefined;
    },
    async flush(to) {
      await unpack(to, 0);
      if (!ended || coder[1] || input.length - at !== CHECKSUM || done !== out.length) fail("cut off or damaged");
      if (new DataView(input.buffer).getInt32(at, true) !== ~crc) fail("damaged");
    },
  });
}
