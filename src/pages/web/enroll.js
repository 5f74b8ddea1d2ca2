// Follows an enrollment link. The token stays in the fragment, which no server sees, and goes out in bodies alone.
"use strict";

const byId = (id) => document.getElementById(id);
const token = location.hash.slice(1);

let link = null; // what the server says of the link
let texts = TEXTS.en;

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

async function ask(what, message) {
  const response = await fetch(`/enroll/api/${what}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token, ...message }),
  });
  return { ok: response.ok, status: response.status, ...(await response.json()) };
}

function choose(locale) {
  const wanted = [locale, ...navigator.languages].map((tag) => (tag || "").split(/[-_]/)[0]);
  const language = wanted.find((tag) => tag in TEXTS) || "en";
  texts = TEXTS[language];
  document.documentElement.lang = language;
}

function show(title, lead) {
  byId("title").textContent = title;
  byId("lead").textContent = lead;
  document.title = title;
  byId("failure").textContent = "";
}

// Says how it ended. There is nothing more to do, so everything else goes.
function end([title, lead]) {
  byId("send").hidden = true;
  byId("verify").hidden = true;
  show(title, lead);
  byId("title").focus();
}

// A state of the link that ends the visit; false for one that does not.
function ended(answer) {
  const text = texts.state[answer.state];
  if (text) end(text);
  return Boolean(text);
}

function showStart() {
  choose(link.locale);
  byId("tenant").textContent = link.tenant;
  byId("tenant").hidden = false;
  show(texts.title[link.kind], fill(texts.lead[link.kind], link));
  byId("send-button").textContent = texts.send;
  byId("send").hidden = false;
}

function showCodeForm(expires) {
  const time = new Date(expires).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  byId("lead").textContent = fill(texts.sent, link);
  byId("code-label").textContent = texts.code;
  byId("code-hint").textContent = fill(texts.hint, { length: link.code_length, time });
  byId("code-error").textContent = "";
  byId("verify-button").textContent = texts.verify;
  byId("send").hidden = true;
  byId("verify").hidden = false;
  byId("code").value = "";
  byId("code").focus();
}

let timer = 0;

// Another code can be had after a pause; the button says how long it is.
function countDown(seconds) {
  clearTimeout(timer);
  const button = byId("again-button");
  button.disabled = seconds > 0;
  button.textContent = seconds > 0 ? fill(texts.againIn, { seconds }) : texts.again;
  if (seconds > 0) timer = setTimeout(countDown, 1000, seconds - 1);
}

async function sendCode(event) {
  event.preventDefault();
  const buttons = [byId("send-button"), byId("again-button")];
  buttons.forEach((button) => (button.disabled = true));
  byId("failure").textContent = "";
  try {
    const answer = await ask("code", {});
    if (answer.state === "open") {
      showCodeForm(answer.expires_at);
      countDown(30);
    } else if (answer.state === "over_budget") {
      byId("failure").textContent = fill(texts.overBudget, { seconds: answer.retry_after });
      countDown(answer.retry_after);
    } else if (!ended(answer)) {
      byId("failure").textContent = texts.offline;
      countDown(0);
    }
  } catch {
    byId("failure").textContent = texts.offline;
    countDown(0);
  }
  byId("send-button").disabled = false;
}

function showWrongCode(left) {
  const text = left === 1 ? texts.wrongCodeLast : fill(texts.wrongCode, { left });
  byId("code-error").textContent = left > 0 ? text : "";
  byId("code").select();
  if (left === 0) end(texts.state.exhausted);
}

async function verifyCode(event) {
  event.preventDefault();
  const code = byId("code").value.replace(/[\s-]/g, "");
  byId("code-error").textContent = "";
  if (!new RegExp(`^\\d{${link.code_length}}$`).test(code)) {
    byId("code-error").textContent = fill(texts.wrongLength, { length: link.code_length });
    byId("code").focus();
    return;
  }
  byId("verify-button").disabled = true;
  try {
    const answer = await ask("verify", { code });
    if (answer.verified) end(texts.done[link.kind]);
    else if (answer.state === "wrong_code") showWrongCode(answer.attempts_left);
    else if (!ended(answer)) byId("code-error").textContent = texts.offline;
  } catch {
    byId("code-error").textContent = texts.offline;
  }
  byId("verify-button").disabled = false;
}

async function begin() {
  choose("");
  byId("lead").textContent = texts.loading;
  byId("send").addEventListener("submit", sendCode);
  byId("again-button").addEventListener("click", sendCode);
  byId("verify").addEventListener("submit", verifyCode);
  try {
    link = await ask("link", {});
    if (link.state === "open") showStart();
    else if (!ended(link)) byId("failure").textContent = texts.offline;
  } catch {
    byId("lead").textContent = "";
    byId("failure").textContent = texts.offline;
  }
}

begin();
