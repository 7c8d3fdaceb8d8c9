// The card answers through the bridge on this computer. The PIN is typed into the bridge's own page and never comes
// near this one. The page says what is asked for: <section id="bridge" data-bridge="the bridge's origin"
// data-challenge="address that gives out challenges" data-purpose="login" data-form="id of the form to fill and send">.
// Words are in the page (#bridge-words), so that they can be in any language.
(() => {
  "use strict";

  const POLL_EVERY_MS = 700;
  const GIVE_UP_AFTER_MS = 115000; // the challenge lives 120 s
  const ANSWER_WITHIN_MS = 5000;
  const ALLOWED_WITHIN_MS = 60000; // the first time, the browser asks the person first
  const MISSED_POLLS = 4;

  const section = document.getElementById("bridge");
  const words = document.getElementById("bridge-words");
  if (!section || !words) return;
  const { bridge, purpose } = section.dataset;
  const form = document.getElementById(section.dataset.form);
  const status = document.getElementById("bridge-status");
  const start = document.getElementById("bridge-start");
  const pin = document.getElementById("bridge-pin");

  const say = (code) => {
    const known = words.querySelector(`[data-say="${CSS.escape(code)}"]`) || words.querySelector('[data-say="failed"]');
    status.replaceChildren(known.cloneNode(true));
  };

  class Failure extends Error {
    constructor(code) {
      super(code);
      this.code = code;
    }
  }

  const ask = async (url, options = {}, refusals = {}, within = ANSWER_WITHIN_MS) => {
    const response = await fetch(url, { ...options, signal: AbortSignal.timeout(within) });
    if (!response.ok) throw new Failure(refusals[response.status] || "failed");
    return response.json();
  };

  // "granted", "denied", "prompt", or "unknown" where the browser has no such permission. A page that comes from this
  // machine itself needs none. (Local Network Access; browsers name it differently.)
  const permission = async () => {
    if (/^(localhost|127\.[\d.]+|\[::1\])$/.test(window.location.hostname)) return "granted";
    for (const name of ["loopback-network", "local-network-access"]) {
      try {
        return (await navigator.permissions.query({ name })).state;
      } catch {
        continue;
      }
    }
    return "unknown";
  };

  // A refused permission and a bridge that is off look the same to fetch. Where the permission does not tell them
  // apart, the words name both.
  const whyUnreachable = async () => ({ granted: "bridge_off", denied: "permission" })[await permission()] || "unreachable";

  const beginChallenge = async () => {
    const body = new URLSearchParams({ csrf_token: form.elements.namedItem("csrf_token").value });
    try {
      return await ask(section.dataset.challenge, { method: "POST", body, credentials: "same-origin" }, { 400: "outdated" });
    } catch (error) {
      throw new Failure(error instanceof Failure && error.code === "outdated" ? "outdated" : "portal_away");
    }
  };

  const callBridge = async (challenge) => {
    let answer;
    // The person is shown what this page asks for; a challenge for anything else is not passed on.
    if (challenge.purpose !== purpose) throw new Failure("failed");
    try {
      const request = {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ nonce: challenge.nonce, purpose }),
      };
      const asksFirst = (await permission()) === "prompt";
      if (asksFirst) say("allow");
      answer = await ask(`${bridge}/requests`, request, { 409: "busy" }, asksFirst ? ALLOWED_WITHIN_MS : ANSWER_WITHIN_MS);
    } catch (error) {
      if (error instanceof Failure) throw error;
      throw new Failure(await whyUnreachable());
    }
    // The link may lead to the bridge and nowhere else.
    if (!String(answer.pin_page).startsWith(`${bridge}/`)) throw new Failure("failed");
    return answer;
  };

  const outcome = async (request) => {
    const over = Date.now() + GIVE_UP_AFTER_MS;
    let missed = 0;
    while (Date.now() < over) {
      try {
        const answer = await ask(`${bridge}/requests/${encodeURIComponent(request)}`, {}, { 404: "expired" });
        missed = 0;
        if (answer.state === "signed") return answer;
        if (answer.state !== "waiting") throw new Failure(answer.error || answer.state);
      } catch (error) {
        if (error instanceof Failure) throw error;
        missed += 1;
        if (missed >= MISSED_POLLS) throw new Failure("bridge_gone");
      }
      await new Promise((resume) => setTimeout(resume, POLL_EVERY_MS));
    }
    throw new Failure("expired");
  };

  const fill = (name, value) => {
    form.elements.namedItem(name).value = value;
  };

  const readCard = async () => {
    start.disabled = true;
    say("starting");
    try {
      const challenge = await beginChallenge();
      const called = await callBridge(challenge);
      pin.href = called.pin_page;
      pin.hidden = false;
      start.hidden = true;
      say("waiting");
      pin.focus();
      const card = await outcome(called.request);
      say("signed");
      fill("challenge", challenge.challenge);
      fill("certificate", card.certificate);
      fill("signature", card.signature);
      form.submit();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.code === "outdated") {
        // The page lay open longer than its session lives.
        window.location.reload();
        return;
      }
      say(error.code);
      start.hidden = false;
      start.focus();
    } finally {
      pin.hidden = true;
      start.disabled = false;
    }
  };

  start.hidden = false;
  start.addEventListener("click", readCard);
})();
