// Unpacks what scripts/pack.mjs packs, while it arrives: LZMA as `xz --format=lzma --lzma1=lc=4,pb=0` writes it and no other. It follows the LZMA
// specification by Igor Pavlov, and calls things as that does.

// Where the probabilities of each part of the model begin.
const [IS_MATCH, IS_REP, IS_REP_G0, IS_REP_G1, IS_REP_G2, IS_REP_LONG] = [0, 12, 24, 36, 48, 60];
const [LENGTH, REP_LENGTH, SLOT, SPECIAL, ALIGN, LITERAL, ALL] = [72, 346, 620, 876, 991, 1007, 13295];

/** The bytes before the first literal: properties, dictionary, size, and the first of the range coder. */
const HEAD = 18;

/** A literal or match is written in at most so many bytes: with as many at hand it can be read whole. */
const LONGEST = 20;

/** The stream, unpacked. It fails where the packed one is damaged or ends too early. */
export function unpacked(body) {
  const probabilities = new Uint16Array(ALL).fill(1024);
  let [input, at, range, code] = [new Uint8Array(), 0, -1, 0];
  let [output, written] = [undefined, 0];
  let [state, rep0, rep1, rep2, rep3, ended] = [0, 0, 0, 0, 0, false];

  // Whole numbers of 32 bits with a sign are what a browser reckons fastest; `>>> 0` compares them as those without.
  function normalize() {
    if (range >>> 24 === 0) {
      range <<= 8;
      code = (code << 8) | input[at++];
    }
  }

  function bit(index) {
    const probability = probabilities[index];
    const bound = Math.imul(range >>> 11, probability);
    const is = code >>> 0 >= bound >>> 0;
    if (is) {
      range = (range - bound) | 0;
      code = (code - bound) | 0;
      probabilities[index] = probability - (probability >> 5);
    } else {
      range = bound;
      probabilities[index] = probability + ((2048 - probability) >> 5);
    }
    normalize();
    return is ? 1 : 0;
  }

  function tree(from, bits) {
    let symbol = 1;
    while (symbol >> bits === 0) symbol = (symbol << 1) | bit(from + symbol);
    return symbol - (1 << bits);
  }

  function reverse(from, bits) {
    let [symbol, value] = [1, 0];
    for (let i = 0; i < bits; i++) {
      const is = bit(from + symbol);
      symbol = (symbol << 1) | is;
      value |= is << i;
    }
    return value;
  }

  function direct(bits) {
    let value = 0;
    for (let i = 0; i < bits; i++) {
      range >>>= 1;
      const is = code >>> 0 >= range >>> 0;
      if (is) code = (code - range) | 0;
      value = (value << 1) | (is ? 1 : 0);
      normalize();
    }
    return value;
  }

  function length(from) {
    if (!bit(from)) return 2 + tree(from + 2, 3);
    return bit(from + 1) ? 18 + tree(from + 18, 8) : 10 + tree(from + 10, 3);
  }

  function literal() {
    const from = LITERAL + 768 * ((output[written - 1] ?? 0) >> 4);
    let symbol = 1;
    if (state >= 7) {
      let expected = output[written - rep0 - 1];
      let agrees = true;
      while (agrees && symbol < 256) {
        const wanted = (expected >> 7) & 1;
        expected <<= 1;
        const is = bit(from + ((1 + wanted) << 8) + symbol);
        symbol = (symbol << 1) | is;
        agrees = is === wanted;
      }
    }
    while (symbol < 256) symbol = (symbol << 1) | bit(from + symbol);
    output[written++] = symbol;
    state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
  }

  function distance(length) {
    const slot = tree(SLOT + 64 * Math.min(length - 2, 3), 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const from = (2 | (slot & 1)) << bits;
    return slot < 14 ? from + reverse(SPECIAL + from - slot, bits) : from + (direct(bits - 4) << 4) + reverse(ALIGN, 4);
  }

  /** How long the match is that comes; it is at the distance `rep0`. */
  function match() {
    if (!bit(IS_REP + state)) {
      [rep3, rep2, rep1] = [rep2, rep1, rep0];
      const long = length(LENGTH);
      state = state < 7 ? 7 : 10;
      rep0 = distance(long);
      return long;
    }
    if (bit(IS_REP_G0 + state)) {
      let other = rep1;
      if (bit(IS_REP_G1 + state)) {
        other = rep2;
        if (bit(IS_REP_G2 + state)) [other, rep3] = [rep3, rep2];
        rep2 = rep1;
      }
      [rep1, rep0] = [rep0, other];
    } else if (!bit(IS_REP_LONG + state)) {
      state = state < 7 ? 9 : 11;
      return 1;
    }
    const long = length(REP_LENGTH);
    state = state < 7 ? 8 : 11;
    return long;
  }

  function advance(end) {
    while (at < end && !ended) {
      if (!bit(IS_MATCH + state)) {
        literal();
        continue;
      }
      const long = match();
      ended = rep0 === -1;
      if (!ended) for (const to = written + long; written < to; written++) output[written] = output[written - rep0 - 1];
    }
  }

  return body.pipeThrough(
    new TransformStream({
      transform(chunk, out) {
        const joined = new Uint8Array(input.length - at + chunk.length);
        joined.set(input.subarray(at));
        joined.set(chunk, input.length - at);
        [input, at] = [joined, 0];
        if (!output) {
          if (input.length < HEAD) return;
          const head = new DataView(input.buffer);
          output = new Uint8Array(head.getUint32(5, true));
          [code, at] = [head.getUint32(14), HEAD];
        }
        const before = written;
        advance(input.length - LONGEST);
        out.enqueue(output.slice(before, written));
      },
      flush(out) {
        const before = written;
        if (output) advance(input.length);
        // The coder ends at nothing, and everything is there: else it is not what was packed.
        if (!ended || code || written !== output.length) throw new Error("the packed program is damaged");
        out.enqueue(output.slice(before));
      },
    }),
  );
}
