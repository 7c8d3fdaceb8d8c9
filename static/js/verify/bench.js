// Leads a person through a check: read the sheets, judge them, ask the municipality, compare the words.
// One file serves the page and the offline page; the offline page holds key list and reader inside and asks nobody.
(async (papers) => {
  "use strict";

  const at = (id) => document.getElementById(id);
  const bench = at("bench");
  if (!bench) return;
  const { official, made, staleDays } = bench.dataset;
  const isOffline = made !== "";
  const { show } = papers;

  let sheets = []; // for each picture the bytes of every code in it
  let asked = {}; // standing, comparison and content, once there are any
  let stopCamera = null;
  let turn = 0; // rises with every new beginning: a late answer of an earlier one is dropped

  const say = (name, values) => {
    at("status").textContent = name ? show.word(name, values) : "";
  };

  const getReader = () => {
    if (!isOffline) return papers.readerInWorker("/reader.js");
    const text = at("reader-wasm").textContent;
    return papers.readerHere(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer);
  };

  const getKeys = async () => {
    if (isOffline) return JSON.parse(at("key-list").textContent);
    const answer = await fetch("/keys.json", { credentials: "omit" });
    if (!answer.ok) throw new TypeError("no key list");
    return answer.json();
  };

  let reader = null;
  let keys = null;
  const ready = async () => {
    reader ??= getReader();
    keys ??= await getKeys();
  };

  const stampsOf = (some) => papers.stampsIn(some.flat());

  const question = async (stamp, found) => {
    const answer = await fetch("/check", {
      method: "POST",
      credentials: "omit",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ number: stamp.number, access: await papers.content.accessKey(stamp), found }),
    });
    if (answer.status === 429) throw new RangeError("too many");
    if (!answer.ok) throw new TypeError("not asked");
    return answer.json();
  };

  const present = (judgement, focus = true) => {
    const complete = judgement.missing.length === 0;
    const isSet = judgement.pages > 0;
    show.verdict(judgement, asked.standing);
    show.sheets(judgement);
    at("result").hidden = false;
    at("next-sheet").hidden = !isSet || complete || judgement.verdict !== "incomplete_set";
    at("ask-now").hidden = isOffline || judgement.verdict !== "incomplete_set" || asked.standing !== undefined;
    at("ask-online").hidden = !isOffline || !["genuine_offline", "incomplete_set"].includes(judgement.verdict);
    at("ask-again").hidden = isOffline || judgement.reason !== "standing_not_asked" || !asked.failed;
    at("take").hidden = judgement.verdict === "genuine_current" || judgement.verdict === "altered";
    if (focus) at("result").focus();
    bench.dataset.verdict = judgement.verdict;
  };

  const judge = () => papers.judge(sheets, keys, asked);

  const compare = async () => {
    const { content } = asked;
    at("compare").hidden = !content || asked.comparison !== undefined || asked.standing.status !== "current";
    if (at("compare").hidden) return;
    const stamps = stampsOf(sheets);
    const pages = [...new Set(stamps.map((stamp) => stamp.page))].sort((one, other) => one - other);
    show.contents(content, pages, await papers.content.tie(stamps[0], content));
  };

  const ask = async () => {
    const mine = turn;
    const stamps = stampsOf(sheets);
    say("asking");
    asked = {};
    try {
      const answer = await question(stamps[0], "nothing");
      if (mine !== turn) return;
      asked.standing = { status: answer.status, reason: answer.reason, at: answer.at };
      if (answer.content) {
        const stored = Uint8Array.from(atob(answer.content), (character) => character.charCodeAt(0));
        const content = await papers.content.open(stamps[0], stored);
        if (content && (await papers.content.agrees(stamps, content))) asked.content = content;
        else asked.comparison = "record_contradicts";
      }
      say(null);
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
      asked = { failed: true };
      say(error instanceof RangeError ? "too_many" : "not_asked");
    }
    present(await judge());
    await compare();
  };

  const tellMixed = async () => {
    const told = new Map(stampsOf(sheets).map((stamp) => [stamp.number, stamp]));
    await Promise.allSettled([...told.values()].map((stamp) => question(stamp, "mixed")));
  };

  const add = async (codes) => {
    const fresh = papers.stampsIn(codes);
    const known = new Set(stampsOf(sheets).map((stamp) => papers.hex(stamp.signature)));
    if (fresh.length > 0 && fresh.every((stamp) => known.has(papers.hex(stamp.signature)))) {
      say("already");
      return;
    }
    asked = {};
    at("compare").hidden = true;
    const judgement = await papers.judge([...sheets, codes], keys);
    const isOurs = !["unreadable", "unknown_issuer"].includes(judgement.verdict);
    if (isOurs) sheets.push(codes);
    present(judgement);
    if (isOffline) return;
    if (judgement.verdict === "genuine_offline") await ask();
    if (judgement.verdict === "different_sets") await tellMixed();
  };

  const guarded = (work) => async (...given) => {
    if (!globalThis.crypto?.subtle) {
      say("no_crypto");
      return;
    }
    try {
      await ready();
      await work(...given);
    } catch (error) {
      say("failed");
      throw error;
    }
  };

  const readFiles = guarded(async (files) => {
    for (const file of files) {
      say("reading");
      const codes = await papers.pictures.codesInFile(file, reader);
      if (codes === null) {
        say("no_picture");
        return;
      }
      say(null);
      await add(codes);
    }
  });

  const closeCamera = () => {
    stopCamera?.();
    stopCamera = null;
    at("viewfinder").hidden = true;
    at("take").hidden = false;
  };

  const useCamera = guarded(async () => {
    at("viewfinder").hidden = false;
    at("take").hidden = true;
    at("stop-camera").focus();
    say("camera");
    try {
      stopCamera = await papers.pictures.watch(at("view"), reader, async (codes) => {
        closeCamera();
        navigator.vibrate?.(40);
        say(null);
        await add(codes);
      });
    } catch (error) {
      if (!(error instanceof DOMException || error instanceof TypeError)) throw error;
      closeCamera();
      say("no_camera");
      at("use-camera").focus();
    }
  });

  const startOver = () => {
    turn += 1;
    sheets = [];
    asked = {};
    delete bench.dataset.verdict;
    for (const id of ["result", "compare"]) at(id).hidden = true;
    at("take").hidden = false;
    say(null);
    at("choose-pictures").focus();
  };

  at("use-camera").addEventListener("click", useCamera);
  at("stop-camera").addEventListener("click", () => {
    closeCamera();
    say(null);
    at("use-camera").focus();
  });
  at("choose-pictures").addEventListener("click", () => at("pictures").click());
  at("pictures").addEventListener("change", async ({ target }) => {
    const files = [...target.files];
    target.value = "";
    await readFiles(files);
  });
  at("next-sheet").addEventListener("click", () => {
    at("take").scrollIntoView({ block: "center" });
    (navigator.mediaDevices && matchMedia("(pointer: coarse)").matches ? at("use-camera") : at("choose-pictures")).focus();
  });
  at("ask-now").addEventListener("click", guarded(ask));
  at("ask-again").addEventListener("click", guarded(ask));
  at("start-over").addEventListener("click", startOver);
  at("same").addEventListener("click", async () => {
    asked.comparison = "same";
    await compare();
    present(await judge());
  });
  at("differs").addEventListener("click", async () => {
    asked.comparison = "differs";
    await compare();
    present(await judge());
    await Promise.allSettled([question(stampsOf(sheets)[0], "differs")]);
  });

  for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
    bench.addEventListener(name, (event) => {
      event.preventDefault();
      bench.toggleAttribute("data-over", name === "dragenter" || name === "dragover");
      if (name === "drop") readFiles([...event.dataTransfer.files]);
    });
  }

  at("use-camera").hidden = !navigator.mediaDevices;
  at("wrong-host").hidden = isOffline || window.location.origin === official;
  if (isOffline) {
    const days = (Date.now() - Date.parse(made)) / 86400000;
    at("stale").hidden = days <= Number(staleDays);
  }
  bench.hidden = false;
})((globalThis.papers ??= {}));
