// What the paper should say: asked for with a key that follows from the secret on the paper, opened here, and held
// against the stamps. Only the issue number and the access key leave this device.
((papers) => {
  "use strict";

  const ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
  const utf8 = (text) => new TextEncoder().encode(text);

  const derived = async (stamp, info, length) => {
    const secret = await crypto.subtle.importKey("raw", stamp.secret, "HKDF", false, ["deriveBits"]);
    const how = { name: "HKDF", hash: "SHA-256", salt: utf8(stamp.number), info: utf8(info) };
    return new Uint8Array(await crypto.subtle.deriveBits(how, secret, length * 8));
  };

  const accessKey = async (stamp) => papers.base64Url(await derived(stamp, "madoguchi access 1", 16));

  // The stored content, or null when it does not open with the secret of this paper.
  const open = async (stamp, stored) => {
    const raw = await derived(stamp, "madoguchi content 1", 32);
    const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["decrypt"]);
    const how = { name: "AES-GCM", iv: stored.slice(0, 12), additionalData: utf8(stamp.number) };
    try {
      return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(how, key, stored.slice(12))));
    } catch (error) {
      if (error instanceof DOMException || error instanceof SyntaxError) return null;
      throw error;
    }
  };

  const sha256 = async (...parts) =>
    new Uint8Array(await crypto.subtle.digest("SHA-256", await new Blob(parts).arrayBuffer()));

  // Root and links of the chain of sheets (契印) as they follow from the content.
  const chain = async (stamp, content) => {
    const digests = [];
    for (const [place, page] of content.pages.entries()) {
      const texts = page.texts.map(([path, , text]) => [path, text]);
      for (const [path, png] of page.pictures) {
        texts.push([path, papers.hex(await sha256(Uint8Array.from(atob(png), (character) => character.charCodeAt(0))))]);
      }
      digests.push(await sha256(utf8(JSON.stringify([place + 1, content.pages.length, texts]))));
    }
    const tied = [1, stamp.municipality, content.number, content.kind, content.day, digests.map(papers.hex)];
    const root = await sha256(stamp.secret, utf8(JSON.stringify(tied)));
    const links = [];
    let before = new Uint8Array(0);
    for (const digest of digests) {
      before = await sha256(root, before, digest);
      links.push(papers.hex(before.slice(0, 24)));
    }
    return { root, links };
  };

  // Whether these are the very words that were stamped on every one of these sheets.
  const agrees = async (stamps, content) => {
    const [first] = stamps;
    if (content.v !== 1 || content.number !== first.number || content.day !== first.day) return false;
    if (content.pages.length !== first.pages) return false;
    const { links } = await chain(first, content);
    return stamps.every((stamp) => links[stamp.page - 1] === stamp.link);
  };

  // 契印 as printed on every sheet of the set: the first 50 bits of the root.
  const tie = async (stamp, content) => {
    const { root } = await chain(stamp, content);
    const bits = Array.from(root.slice(0, 7), (byte) => byte.toString(2).padStart(8, "0")).join("");
    const letters = Array.from({ length: 10 }, (_, place) => ALPHABET[parseInt(bits.slice(place * 5, place * 5 + 5), 2)]);
    return `${letters.slice(0, 5).join("")}-${letters.slice(5).join("")}`;
  };

  papers.content = { accessKey, open, agrees, tie };
})((globalThis.papers ??= {}));
