// Follows an enrollment link. The token stays in the fragment, which no server sees, and goes out in bodies alone.
"use strict";

const byId = (id) => document.getElementById(id);
const token = location.hash.slice(1);

let link = null; // what the server says of the link
let texts = TEXTS.en;

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

// Puts a text into an element; the address stands out, and may break behind its @.
function fillIn(element, text) {
  const [before, after] = text.split("{address}");
  element.textContent = before;
  if (after === undefined) return;
  const address = document.createElement("strong");
  const at = link.address.indexOf("@") + 1;
  address.append(link.address.slice(0, at), document.createElement("wbr"), link.address.slice(at));
  element.append(address, after);
}

async function ask(what, message) {
  const response = await fetch(`/enroll/api/${what}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token, ...message }),
  });
  return response.json();
}

// The user's language, or else the first of the browser's that there are texts in.
function choose(locale) {
  const wanted = [locale, ...navigator.languages].map((tag) => (tag || "").split(/[-_]/)[0].toLowerCase());
  const language = wanted.find((tag) => Object.hasOwn(TEXTS, tag)) || "en";
  texts = TEXTS[language];
  document.documentElement.lang = language;
}

function show(title, lead) {
  byId("title").textContent = title;
  fillIn(byId("lead"), lead);
  document.title = title;
  byId("failure").textContent = "";
}

// Says how it ended. There is nothing more to do, so everything else goes.
function end([title, lead], mark) {
  clearTimeout(timer);
  byId("send").hidden = true;
  byId("verify").hidden = true;
  byId("mark").removeAttribute("hidden"); // SVG has no property of this name
  byId("mark").classList.add(mark);
  show(title, lead);
  byId("title").focus();
}

// A state of the link that ends the visit; false for one that does not.
function ended(answer) {
  const text = Object.hasOwn(texts.state, answer.state) && texts.state[answer.state];
  if (text) end(text, answer.state === "used" ? "good" : "bad");
  return Boolean(text);
}

function showLink() {
  choose(link.locale);
  byId("tenant").textContent = link.tenant;
  byId("tenant").hidden = false;
  show(texts.title[link.kind], texts.lead[link.kind]);
  byId("send-button").textContent = texts.send;
  // Who comes back while a code is on its way wants to type it in.
  if (link.code_expires_at) {
    showCodeForm(link.code_expires_at);
    countDown(0);
  } else {
    byId("send").hidden = false;
  }
}

function showCodeError(text) {
  byId("code-error").textContent = text;
  byId("code").toggleAttribute("aria-invalid", false);
  if (text) byId("code").setAttribute("aria-invalid", "true");
}

function showCodeForm(expires) {
  const format = { hour: "2-digit", minute: "2-digit" };
  const time = new Date(expires).toLocaleTimeString(document.documentElement.lang, format);
  fillIn(byId("lead"), texts.sent);
  byId("code-label").textContent = texts.code;
  byId("code-hint").textContent = fill(texts.hint, { length: link.code_length, time });
  showCodeError("");
  byId("verify-button").textContent = texts.verify;
  byId("send").hidden = true;
  byId("verify").hidden = false;
  byId("code").value = "";
  byId("code").focus();
}

const duration = (seconds) =>
  seconds > 90 ? fill(texts.minutes, { n: Math.ceil(seconds / 60) }) : fill(texts.seconds, { n: seconds });

let timer = 0;

// Another code can be had after a pause; the button says how long it is.
function countDown(seconds) {
  clearTimeout(timer);
  const button = byId("again-button");
  button.disabled = seconds > 0;
  button.textContent = seconds > 0 ? fill(texts.againIn, { time: duration(seconds) }) : texts.again;
  if (seconds > 0) timer = setTimeout(countDown, 1000, seconds - 1);
}

async function sendCode(event) {
  event.preventDefault();
  const button = event.type === "submit" ? byId("send-button") : byId("again-button");
  button.disabled = true;
  byId("failure").textContent = "";
  let answer = {};
  try {
    answer = await ask("code", {});
  } catch {
    // Said below, as any other answer that is none of ours.
  }
  button.disabled = false;
  if (answer.state === "open") {
    showCodeForm(answer.expires_at);
    countDown(answer.resend_after);
  } else if (answer.state === "over_budget") {
    byId("failure").textContent = fill(texts.overBudget, { time: duration(answer.retry_after) });
    button.focus();
    countDown(answer.retry_after);
  } else if (!ended(answer)) {
    byId("failure").textContent = texts.offline;
    button.focus();
  }
}

function showWrongCode(left) {
  if (left === 0) return end(texts.state.exhausted, "bad");
  showCodeError(left === 1 ? texts.wrongCodeLast : fill(texts.wrongCode, { left }));
  byId("code").focus();
  byId("code").select();
}

async function verifyCode(event) {
  event.preventDefault();
  const code = byId("code").value.replace(/[\s-]/g, "");
  showCodeError("");
  byId("failure").textContent = "";
  if (!new RegExp(`^\\d{${link.code_length}}$`).test(code)) {
    showCodeError(fill(texts.wrongLength, { length: link.code_length }));
    byId("code").focus();
    return;
  }
  byId("verify-button").disabled = true;
  let answer = {};
  try {
    answer = await ask("verify", { code });
  } catch {
    // Said below.
  }
  byId("verify-button").disabled = false;
  if (answer.verified) {
    end(texts.done[link.kind], "good");
  } else if (answer.state === "wrong_code") {
    showWrongCode(answer.attempts_left);
  } else if (!ended(answer)) {
    byId("failure").textContent = texts.offline;
    byId("verify-button").focus();
  }
}

function showOffline() {
  byId("lead").textContent = "";
  byId("failure").textContent = texts.offline;
  byId("reload-button").textContent = texts.reload;
  byId("reload-button").hidden = false;
}

async function begin() {
  choose("");
  byId("lead").textContent = texts.loading;
  byId("send").addEventListener("submit", sendCode);
  byId("again-button").addEventListener("click", sendCode);
  byId("verify").addEventListener("submit", verifyCode);
  byId("reload-button").addEventListener("click", () => location.reload());
  // Another link in the same tab differs in its fragment alone, which by itself loads nothing.
  addEventListener("hashchange", () => location.reload());
  try {
    link = await ask("link", {});
    if (link.state === "open") showLink();
    else if (!ended(link)) showOffline();
  } catch {
    showOffline();
  }
}

begin();
