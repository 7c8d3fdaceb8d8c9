// What may be said about sheets of paper. The same rules, in the same order, as portal/certificates/papers/judging.py;
// tests hold both against the same cases.
((papers) => {
  "use strict";

  const foreign = (codes, keys) => {
    const kinds = codes.map((code) => papers.addressKind(new TextDecoder().decode(code), keys.origin));
    if (kinds.includes("lookalike")) return "lookalike_address";
    return kinds.some((kind) => kind !== "none") ? "web_address" : "not_a_stamp";
  };

  const doubt = async (stamp, keys) => {
    if (stamp.municipality !== keys.municipality) return "other_municipality";
    const named = keys.keys.filter((key) => key.purpose === "page-stamp" && key.id.startsWith(stamp.keyId));
    if (named.length === 0) return "unknown_key";
    const made = await named.reduce(
      async (found, key) => (await found) ?? ((await papers.signedBy(stamp, key)) ? key : null),
      Promise.resolve(null),
    );
    if (!made) return "signature_wrong";
    if (made.revoked !== null) return "key_revoked";
    const inUse = made.from <= stamp.day && (made.retired === null || stamp.day <= made.retired);
    return inUse ? null : "outside_key_time";
  };

  const mixed = (stamps) => {
    const [first] = stamps;
    const links = new Map();
    for (const stamp of stamps) {
      if (stamp.number !== first.number) return "other_number";
      if (stamp.pages !== first.pages) return "other_count";
      if (stamp.day !== first.day) return "other_day";
      if (papers.hex(stamp.secret) !== papers.hex(first.secret)) return "other_rendering";
      if ((links.get(stamp.page) ?? stamp.link) !== stamp.link) return "page_contradicts";
      links.set(stamp.page, stamp.link);
    }
    return null;
  };

  const judgeSet = (stamps, standing, comparison) => {
    const [first] = stamps;
    const times = (page) => stamps.filter((stamp) => stamp.page === page).length;
    const all = Array.from({ length: first.pages }, (_, place) => place + 1);
    const missing = all.filter((page) => times(page) === 0);
    const judged = (verdict, reason) => ({
      verdict,
      reason,
      number: first.number,
      day: first.day,
      pages: first.pages,
      present: all.filter((page) => times(page) > 0),
      missing,
      double: all.filter((page) => times(page) > 1),
    });
    if (comparison === "differs") return judged("altered", "text_differs");
    if (comparison === "record_contradicts") return judged("altered", "record_contradicts");
    if (standing?.status === "withdrawn") return judged("withdrawn", standing.reason);
    if (missing.length > 0) return judged("incomplete_set", "pages_missing");
    if (!standing) return judged("genuine_offline", "standing_not_asked");
    if (standing.status === "not_on_record") return judged("genuine_offline", "not_on_record");
    return judged("genuine_current", comparison === "same" ? "text_same" : "text_not_compared");
  };

  const empty = (verdict, reason) => ({
    verdict, reason, number: null, day: null, pages: 0, present: [], missing: [], double: [],
  });

  const stampsIn = (codes) => codes.map(papers.readStamp).filter((stamp) => stamp !== null);

  // `sheets`: for each picture the bytes of every code in it. `standing` undefined: not asked. `comparison` undefined:
  // nobody has compared the words. The gravest finding wins.
  const judge = async (sheets, keys, { standing, comparison } = {}) => {
    if (sheets.length === 0 || sheets.some((codes) => codes.length === 0)) return empty("unreadable", "no_code");
    for (const codes of sheets) {
      if (stampsIn(codes).length === 0) return empty("unknown_issuer", foreign(codes, keys));
    }
    const stamps = sheets.flatMap(stampsIn);
    for (const stamp of stamps) {
      const reason = await doubt(stamp, keys);
      if (reason) return empty("unknown_issuer", reason);
    }
    const reason = mixed(stamps);
    return reason ? empty("different_sets", reason) : judgeSet(stamps, standing, comparison);
  };

  Object.assign(papers, { judge, stampsIn });
})((globalThis.papers ??= {}));
