// Puts verdicts, sheets and contents on the page. Every word comes from the page itself (#words), in its language.
((papers) => {
  "use strict";

  const words = () => document.getElementById("words");

  const word = (name, values = {}) => {
    const text = words().querySelector(`[data-say="${CSS.escape(name)}"]`).textContent;
    return Object.entries(values).reduce((said, [key, value]) => said.replace(`{${key}}`, value), text);
  };

  const part = (selector) => words().querySelector(selector).content.firstElementChild.cloneNode(true);
  const place = (node, name) => node.querySelector(`[data-fill="${name}"]`);
  const pageWord = (page) => word("page", { page });

  const day = (text) => {
    const [year, month, date] = text.split("-").map(Number);
    const language = document.documentElement.lang;
    const style = language === "ja" ? { era: "long", year: "numeric", month: "long", day: "numeric" } : { dateStyle: "long" };
    const locale = { ja: "ja-JP-u-ca-japanese", en: "en-GB" }[language] ?? language;
    return new Intl.DateTimeFormat(locale, { ...style, timeZone: "UTC" }).format(new Date(Date.UTC(year, month - 1, date)));
  };

  // What has been found out about each of the four questions: yes, no, or still open.
  const findings = ({ verdict, reason, missing }, standing) => {
    const open = { signature: "open", set: "open", standing: "open", text: "open" };
    if (verdict === "unreadable") return open;
    if (verdict === "unknown_issuer") return { ...open, signature: "no" };
    if (verdict === "different_sets") return { ...open, signature: "yes", set: "mixed" };
    const altered = verdict === "altered";
    return {
      signature: "yes",
      set: missing.length > 0 ? "no" : "yes",
      standing: { current: "yes", withdrawn: "no", not_on_record: "absent" }[standing?.status] ?? "open",
      text: altered ? "no" : reason === "text_same" ? "yes" : "open",
    };
  };

  const extras = ({ verdict, missing, double }, standing) => {
    const said = [];
    if (missing.length > 0) said.push(word("missing_pages", { pages: missing.join("・") }));
    if (double.length > 0) said.push(word("double_pages", { pages: double.join("・") }));
    if (verdict === "withdrawn" && standing.at) said.push(word("withdrawn_on", { day: day(standing.at.slice(0, 10)) }));
    return said.join(" ");
  };

  const verdict = (judgement, standing) => {
    const id = judgement.reason === "text_same" ? "genuine_compared" : judgement.verdict;
    const panel = part(`[data-verdict="${id}"]`);
    panel.dataset.verdict = judgement.verdict;
    panel.dataset.reason = judgement.reason;
    place(panel, "reason").textContent = words().querySelector(`[data-reason="${judgement.reason}"]`).textContent;
    place(panel, "extra").textContent = extras(judgement, standing);
    place(panel, "number").textContent = judgement.number ?? "";
    place(panel, "day").textContent = judgement.day ? day(judgement.day) : "";
    for (const row of panel.querySelectorAll("[data-show]")) row.hidden = judgement[row.dataset.show] === null;
    for (const [question, answer] of Object.entries(findings(judgement, standing))) {
      const line = panel.querySelector(`[data-finding="${question}"]`);
      line.dataset.state = { mixed: "no", absent: "open" }[answer] ?? answer;
      for (const said of line.querySelectorAll("[data-answer]")) said.hidden = said.dataset.answer !== answer;
    }
    document.getElementById("verdict").replaceChildren(panel);
  };

  const sheets = ({ pages, present }) => {
    const tiles = Array.from({ length: pages > 1 ? pages : 0 }, (_, at) => {
      const tile = part(`[data-part="${present.includes(at + 1) ? "sheet-read" : "sheet-missing"}"]`);
      place(tile, "page").textContent = pageWord(at + 1);
      return tile;
    });
    document.getElementById("sheets").replaceChildren(...tiles);
  };

  const field = (label, ...shown) => {
    const row = document.createElement("div");
    const [name, value] = [document.createElement("dt"), document.createElement("dd")];
    name.textContent = label;
    value.append(...shown);
    value.className = "mj-name";
    row.append(name, value);
    return row;
  };

  const picture = (png) => {
    const image = document.createElement("img");
    image.src = `data:image/png;base64,${png}`;
    image.alt = word("picture");
    return field(image.alt, image);
  };

  const group = (path) => /^(?:.*\.)?\w+\.\d+(?=\.)/.exec(path)?.[0] ?? "";

  const contents = (content, present, tie) => {
    const shown = present.map((number) => {
      const section = part('[data-part="page"]');
      place(section, "page").textContent = pageWord(number);
      place(section, "tie").textContent = tie;
      let before = null;
      for (const [path, label, text] of content.pages[number - 1].texts) {
        if (text === "" || label === "") continue;
        const row = field(label, text);
        if (before !== null && group(path) !== before) row.className = "says-next";
        before = group(path);
        place(section, "texts").append(row);
      }
      place(section, "texts").append(...content.pages[number - 1].pictures.map(([, png]) => picture(png)));
      return section;
    });
    document.getElementById("says").replaceChildren(...shown);
  };

  papers.show = { word, verdict, sheets, contents, pageWord };
})((globalThis.papers ??= {}));
