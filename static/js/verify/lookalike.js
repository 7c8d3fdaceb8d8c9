// Web addresses that pretend to be the official page. The same rules as portal/certificates/papers/lookalike.py.
((papers) => {
  "use strict";

  const WITH_SCHEME = /^(https?):[/\\]*([^]*)$/i;
  const BARE = /^[^\s/\\?#@:]+\.[^\s/\\?#@:.]{2,}(?:[/\\?#:][^]*)?$/;
  const COMMON = new Set(["www", "verify", "city", "town", "village", "example", "localhost"]);
  const FEWEST_TELLING = 5;
  // Each pair: a character, and the plain letter that a hurried eye takes it for.
  const ALIKE = new Map("0o1lil|lılιlіlӏlαaаaеeοoоoρpрpсcνvυuуyχxхxѕsјjκkкkԁdɡgһhпn".match(/../gu).map((pair) => [...pair]));

  const skeleton = (text) =>
    Array.from(text.normalize("NFKC").toLowerCase(), (character) => ALIKE.get(character) ?? character)
      .join("")
      .replaceAll("rn", "m")
      .replaceAll("vv", "w");

  const mixesScripts = (label) => {
    const letters = label.match(/\p{L}/gu) ?? [];
    const plain = letters.filter((letter) => letter.codePointAt(0) < 128).length;
    return plain > 0 && plain < letters.length;
  };

  // Insertions, deletions and replacements that make one text of the other (Levenshtein).
  const distance = (one, other) => {
    const [from, to] = [[...one], [...other]];
    let row = Array.from({ length: to.length + 1 }, (_, place) => place);
    from.forEach((character, number) => {
      const next = [number + 1];
      to.forEach((wanted, place) => {
        next.push(Math.min(row[place + 1] + 1, next[place] + 1, row[place] + (character === wanted ? 0 : 1)));
      });
      row = next;
    });
    return row[to.length];
  };

  const addressIn = (text) => {
    const stripped = text.trim();
    const known = WITH_SCHEME.exec(stripped);
    if (!known && !BARE.test(stripped)) return null;
    const after = known ? known[2] : stripped;
    const [authority] = /^[^/\\?#]*/.exec(after);
    const cut = authority.lastIndexOf("@");
    const [host, ...port] = authority.slice(cut + 1).split(":");
    return {
      scheme: known ? known[1].toLowerCase() : "",
      beforeHost: cut < 0 ? "" : authority.slice(0, cut),
      host: host.toLowerCase().replace(/\.+$/, ""),
      port: port.join(":"),
      rest: after.slice(authority.length),
    };
  };

  const resembles = (address, official) => {
    if (address.host.split(".").some((label) => label.startsWith("xn--") || mixesScripts(label))) return true;
    const [ours, host] = [skeleton(official), skeleton(address.host)];
    if (skeleton(`${address.beforeHost}@${address.host}${address.rest}`).includes(ours)) return true;
    const telling = official.split(".").filter((label) => !COMMON.has(label)).map(skeleton);
    if (telling.some((label) => [...label].length >= FEWEST_TELLING && host.includes(label))) return true;
    return distance(host, ours) <= Math.max(1, Math.floor(ours.length / 8));
  };

  // "none", "official", "lookalike" or "other": what `text` is beside the one official origin.
  papers.addressKind = (text, official) => {
    const address = addressIn(text);
    if (!address) return "none";
    const ours = new URL(official);
    const same = `${address.scheme}:` === ours.protocol && !address.beforeHost && address.host === ours.hostname;
    if (same && [ours.port, ours.port || "443"].includes(address.port)) return "official";
    return resembles(address, ours.hostname) ? "lookalike" : "other";
  };
})((globalThis.papers ??= {}));
