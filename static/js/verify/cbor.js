// CBOR (RFC 8949), as much of it as a stamp needs and in its one canonical spelling: unsigned numbers, bytes, texts,
// arrays, and maps from numbers to bytes. Anything else, longer spellings and leftovers are refused.
((papers) => {
  "use strict";

  class NotCbor extends Error {}

  const refuse = () => {
    throw new NotCbor();
  };

  const decode = (bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;

    const take = (length) => {
      if (at + length > bytes.length) refuse();
      at += length;
      return at - length;
    };

    const count = (short) => {
      if (short < 24) return short;
      if (short > 26) refuse(); // 64 bit numbers, indefinite lengths
      const number = short === 24 ? view.getUint8(take(1)) : short === 25 ? view.getUint16(take(2)) : view.getUint32(take(4));
      const least = { 24: 24, 25: 0x100, 26: 0x10000 }[short];
      return number < least ? refuse() : number;
    };

    const item = () => {
      const head = view.getUint8(take(1));
      const number = count(head & 31);
      switch (head >> 5) {
        case 0:
          return number;
        case 2: {
          const start = take(number);
          return bytes.slice(start, start + number);
        }
        case 3: {
          const start = take(number);
          return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(start, start + number));
        }
        case 4:
          return number > 16 ? refuse() : Array.from({ length: number }, item);
        case 5: {
          if (number !== 1) refuse();
          return new Map([[item(), item()]]);
        }
        default:
          return refuse();
      }
    };

    try {
      const whole = item();
      return at === bytes.length ? whole : null;
    } catch (error) {
      if (error instanceof NotCbor || error instanceof RangeError || error instanceof TypeError) return null;
      throw error;
    }
  };

  const head = (major, number) =>
    number < 24 ? [(major << 5) | number] : number < 0x100 ? [(major << 5) | 24, number] : [(major << 5) | 25, number >> 8, number & 255];

  // What an ES256 signature of COSE is made over (RFC 9052, 4.4).
  const signedBytes = (protectedHeader, payload) =>
    new Uint8Array([
      ...head(4, 4),
      ...head(3, 10), ...new TextEncoder().encode("Signature1"),
      ...head(2, protectedHeader.length), ...protectedHeader,
      ...head(2, 0),
      ...head(2, payload.length), ...payload,
    ]);

  papers.cbor = { decode, signedBytes };
})((globalThis.papers ??= {}));
