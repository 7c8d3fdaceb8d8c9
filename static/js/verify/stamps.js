// Reads a stamp (COSE_Sign1) in exactly the one shape that is issued, and checks its signature with WebCrypto.
// The same rules as portal/certificates/papers/stamps.py.
((papers) => {
  "use strict";

  const LONGEST = 150;
  const PROTECTED = [0xa1, 0x01, 0x26]; // {1: -7}: ES256 and nothing else
  const DAY = 86400000; // milliseconds
  const LAST_DAY = 0xffff; // days since 1970-01-01
  const NUMBER = /^[2-9A-HJ-NP-Z]{5}-[2-9A-HJ-NP-Z]{5}$/;

  const isBytes = (value, length) => value instanceof Uint8Array && (length === undefined || value.length === length);
  const isBetween = (value, least, most) => Number.isInteger(value) && value >= least && value <= most;
  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const fromBase64Url = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (character) => character.charCodeAt(0));
  const base64Url = (bytes) =>
    btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");

  const members = (bytes, length) => {
    const found = bytes.length > LONGEST ? null : papers.cbor.decode(bytes);
    return Array.isArray(found) && found.length === length ? found : null;
  };

  // The stamp in the bytes of a QR code, or null. Its signature is not judged here.
  const readStamp = (code) => {
    const outer = members(code, 4);
    if (!outer) return null;
    const [protectedHeader, unprotected, payload, signature] = outer;
    if (!isBytes(protectedHeader, 3) || PROTECTED.some((byte, place) => byte !== protectedHeader[place])) return null;
    if (!(unprotected instanceof Map) || !isBytes(unprotected.get(4), 4)) return null;
    if (!isBytes(payload) || !isBytes(signature, 64)) return null;
    const inner = members(payload, 8);
    if (!inner) return null;
    const [version, municipality, number, page, pages, day, link, secret] = inner;
    if (version !== 1 || !isBetween(municipality, 1, 999999)) return null;
    if (typeof number !== "string" || !NUMBER.test(number)) return null;
    if (!isBetween(pages, 1, 99) || !isBetween(page, 1, pages) || !isBetween(day, 0, LAST_DAY)) return null;
    if (!isBytes(link, 24) || !isBytes(secret, 16)) return null;
    const code6 = String(municipality).padStart(6, "0");
    return {
      municipality: code6,
      number: `${code6}-${number}`,
      page,
      pages,
      day: new Date(day * DAY).toISOString().slice(0, 10),
      link: hex(link),
      secret,
      keyId: hex(unprotected.get(4)),
      signed: papers.cbor.signedBytes(protectedHeader, payload),
      signature,
    };
  };

  const signedBy = async (stamp, { x, y }) => {
    const curve = { name: "ECDSA", namedCurve: "P-256" };
    const key = await crypto.subtle.importKey("jwk", { kty: "EC", crv: "P-256", x, y }, curve, false, ["verify"]);
    return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, stamp.signature, stamp.signed);
  };

  Object.assign(papers, { readStamp, signedBy, hex, base64Url, fromBase64Url });
})((globalThis.papers ??= {}));
