// The pages of a link: enroll, verify, manage, recover. The token stays in the fragment, which no server sees, and goes
// out in bodies alone; the session that the button yields is kept here alone.
"use strict";

const byId = (id) => document.getElementById(id);
const token = location.hash.slice(1);
const root = document.documentElement;

let texts = {};
let link = {}; // what the server says of the link
let session = ""; // of this visit; empty before the button
let redraw = null; // shows the present view once more, in another language

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

// An element. Attributes named on… are listeners; what is false or missing is left out.
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value || value === 0) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child));
  return element;
}

// A text, in which the address stands out and may break behind its @.
function withAddress(text) {
  const [before, after] = text.split("{address}");
  if (after === undefined) return [before];
  const at = link.address.indexOf("@") + 1;
  return [before, make("strong", {}, link.address.slice(0, at), make("wbr"), link.address.slice(at)), after];
}

// ---- the server ----------------------------------------------------------------------------------------------------

// What it answers; `offline` where that is nothing of ours.
async function ask(call, message) {
  try {
    const response = await fetch(`/enroll/api/${call}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(message || { session }),
    });
    const answer = await response.json();
    if (answer.session) session = answer.session;
    if (answer.attempts_left === 0) answer.state = "exhausted";
    return answer.state ? answer : { state: "offline" };
  } catch {
    return { state: "offline" };
  }
}

const askAs = (call, message) => ask(call, { session, ...message });

// ---- languages -----------------------------------------------------------------------------------------------------

const assets = document.querySelector("meta[name=texts]").content.split(" ");
const languages = assets.map((name) => name.slice(0, 2));
const NAMES = { en: "English", de: "Deutsch", es: "Español", ru: "Русский", zh: "中文" };

async function speak(language) {
  texts = await (await fetch(`/enroll/assets/${assets[languages.indexOf(language)]}`)).json();
  root.lang = language;
  const choice = byId("language");
  choice.replaceChildren(...languages.map((tag) => make("option", { value: tag, lang: tag, selected: tag === language }, NAMES[tag])));
  choice.setAttribute("aria-label", texts.language);
  choice.hidden = false;
}

// The user's language, or else the first of the browser's that there are texts in.
function preferred(locale) {
  const wanted = [locale, ...navigator.languages].map((tag) => (tag || "").split(/[-_]/)[0].toLowerCase());
  return wanted.find((tag) => languages.includes(tag)) || "en";
}

// Views that most visits do without come when they are wanted.
let more = null;
const wanted = (work) => async (...values) => {
  const src = `/enroll/assets/${document.querySelector("meta[name=more]").content}`;
  more ||= new Promise((onload, onerror) => document.head.append(make("script", { src, onload, onerror })));
  try {
    await more;
  } catch {
    more = null;
    return fail(texts.why.offline);
  }
  return work(...values);
};

const clock = (time) => new Date(time).toLocaleTimeString(root.lang, { hour: "2-digit", minute: "2-digit" });
const day = (time) => new Date(time).toLocaleDateString(root.lang, { dateStyle: "medium" });
const moment = (time) => new Date(time).toLocaleString(root.lang, { dateStyle: "medium", timeStyle: "short" });
const duration = (seconds) =>
  seconds > 90 ? fill(texts.minutes, { n: Math.ceil(seconds / 60) }) : fill(texts.seconds, { n: Math.max(1, seconds) });

// ---- views ---------------------------------------------------------------------------------------------------------

let timer = 0;

// Shows a view: a title, what it is about, and what there is to do. The focus goes to what it names, or to the title.
function show(view, title, lead, nodes, focus) {
  clearTimeout(timer);
  redraw = view;
  byId("mark").setAttribute("hidden", ""); // SVG has no property of this name
  byId("title").textContent = document.title = title;
  byId("lead").replaceChildren(...withAddress(lead || ""));
  byId("failure").textContent = "";
  byId("view").replaceChildren(...nodes.filter((node) => node));
  byId(focus || "title").focus();
}

function mark(kind) {
  byId("mark").removeAttribute("hidden");
  byId("mark").setAttribute("class", `mark ${kind}`);
}

const fail = (text) => (byId("failure").textContent = text);

const button = (id, text, onclick, kind) => make("button", { type: "button", id, class: kind, onclick }, text);

// A way to choose, with a line on what it is.
const way = (id, text, hint, onclick) =>
  make("button", { type: "button", id, class: "way", onclick }, text, make("span", {}, hint));

// Does something that asks the server, once at a time.
async function busy(element, work) {
  if (element) element.disabled = true;
  fail("");
  const answer = await work();
  if (element) element.disabled = false;
  return answer;
}

// Says how it ended: in title and text, which `said` has in the language of the moment.
function end(said, kind) {
  const view = () => {
    show(view, ...said(), []);
    mark(kind);
  };
  view();
}

// Says what an answer means wherever it comes; true for one that is more than a failure of what was tried.
function settle(answer) {
  if (Object.hasOwn(texts.state, answer.state)) end(() => texts.state[answer.state], answer.state === "used" ? "good" : "bad");
  else if (answer.state === "proof_needed") prove();
  else if (answer.state === "challenge_over") retry(answer);
  else {
    fail(reason(answer));
    return false;
  }
  return true;
}

// Why a try came to nothing.
function reason(answer) {
  if (answer.state === "wrong_code") {
    if (answer.attempts_left === undefined) return texts.wrongPlain;
    return answer.attempts_left === 1 ? texts.wrongLast : fill(texts.wrong, { left: answer.attempts_left });
  }
  const text = texts.why[answer.state] || texts.why.offline;
  return fill(text, { time: duration(answer.retry_after || 0) });
}

// ---- codes ---------------------------------------------------------------------------------------------------------

const digits = (length) => new RegExp(`^\\d{${length}}$`);

// A form for a code. `check` sends it, and `again`, when there is one, has another one sent.
function codeForm({ label, hint, pattern, malformed, long, action, check, extra = [], again }) {
  const error = make("p", { id: "code-error", class: "error", role: "alert" });
  const input = make("input", {
    id: "code", class: long ? "code long" : "code", type: "text", inputmode: long ? "text" : "numeric",
    autocomplete: long ? "off" : "one-time-code", autocapitalize: long ? "characters" : "off", spellcheck: "false",
    "aria-describedby": "code-error code-hint", required: true,
  });
  const say = (text) => {
    error.textContent = text;
    if (text) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  };
  const submit = make("button", { id: "verify-button", class: "primary" }, action);
  const onsubmit = async (event) => {
    event.preventDefault();
    say("");
    const code = long ? input.value.trim() : input.value.replace(/[\s-]/g, "");
    if (!pattern.test(code)) {
      say(malformed);
      return input.focus();
    }
    const answer = await busy(submit, () => check(code));
    if (!answer) return; // it went on
    if (["wrong_code", "already_used", "no_code"].includes(answer.state)) {
      say(answer.state === "no_code" ? malformed : reason(answer));
      input.focus();
      input.select();
    } else if (!settle(answer)) {
      submit.focus();
    }
  };
  return make("form", { novalidate: true, onsubmit },
    make("label", { for: "code" }, label), input, error, make("p", { id: "code-hint", class: "hint" }, hint),
    ...extra, submit, again);
}

// Another code can be had after a pause; the button says how long it is.
function countDown(element, seconds) {
  clearTimeout(timer);
  element.disabled = seconds > 0;
  element.textContent = seconds > 0 ? fill(texts.againIn, { time: duration(seconds) }) : texts.again;
  if (seconds > 0) timer = setTimeout(countDown, 1000, element, seconds - 1);
}

// Has a code mailed, and asks for it. `send` and `check` are the server's calls, `words` title and text before.
function mailedCode({ words, send, check, extra, others = [], until }) {
  const form = (expires, wait) => {
    const ready = Date.now() + wait * 1000;
    const view = () => {
      const again = button("again-button", "", (event) => request(event.target));
      show(view, words()[0], texts.sent, [
        codeForm({
          label: texts.mailedCode, hint: fill(texts.mailedHint, { length: link.code_length, time: clock(expires) }),
          pattern: digits(link.code_length), malformed: fill(texts.malformed, { length: link.code_length }),
          action: texts.confirm, check, extra: extra && extra(), again,
        }),
        ...others.map((other) => other()),
      ], "code");
      countDown(again, Math.max(0, Math.ceil((ready - Date.now()) / 1000)));
    };
    view();
  };
  const request = async (element) => {
    const answer = await busy(element, send);
    if (answer.state === "open") form(answer.expires_at, answer.resend_after);
    else if (!settle(answer)) {
      element.focus();
      if (answer.state === "over_budget" && element.id === "again-button") countDown(element, answer.retry_after);
    }
  };
  const offer = () => show(offer, ...words(), [
    button("send-button", texts.send, (event) => request(event.target), "primary"), ...others.map((other) => other()),
  ]);
  if (until) form(until, 0);
  else offer();
}
