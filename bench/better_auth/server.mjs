// better-auth with its two-factor plugin, as fast as it goes in one process: no request limits, no log, and passwords that
// cost nothing, since they are not what is measured. `server.mjs PORT` keeps everything in its memory, which no second
// instance could share; `server.mjs PORT SOCKET` keeps sessions and challenges in the Redis there, by its own adapter, and
// the users still in memory. `GET /prepare?count=N` signs N times in, which leaves N challenges open, and answers with the
// cookie and the TOTP secret of each.
import { createServer } from "node:http";
import { redisStorage } from "@better-auth/redis-storage";
import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { toNodeHandler } from "better-auth/node";
import { twoFactor } from "better-auth/plugins";
import { Redis } from "ioredis";

// A code is taken again and again here, so a few users do; its store looks through all of them each time.
const USERS = 50;
const password = "correct horse battery staple";
const port = Number(process.argv[2]);
const redis = process.argv[3] && new Redis({ path: process.argv[3], db: 1 });
const store = { user: [], session: [], account: [], verification: [], twoFactor: [] };
// Its transactions copy the whole store each time, which is no work of verifying: they are left out.
function fastAdapter(options) {
  const adapter = memoryAdapter(store)(options);
  adapter.transaction = (work) => work(adapter);
  return adapter;
}

const auth = betterAuth({
  baseURL: `http://127.0.0.1:${port}`,
  secret: "a secret of the benchmark that guards nothing",
  database: fastAdapter,
  ...(redis && { secondaryStorage: redisStorage({ client: redis }) }),
  logger: { disabled: true },
  telemetry: { enabled: false },
  rateLimit: { enabled: false },
  advanced: { disableCSRFCheck: true },
  emailAndPassword: {
    enabled: true,
    password: { hash: async (text) => text, verify: async ({ hash, password: text }) => hash === text },
  },
  plugins: [twoFactor({ skipVerificationOnEnable: true })],
});

const cookiesOf = (response) => response.headers.getSetCookie().map((cookie) => cookie.split(";")[0]).join("; ");
const users = [];

for (let i = 0; i < USERS; ++i) {
  const email = `u${i}@bench.example`;
  const signedUp = await auth.api.signUpEmail({ body: { email, password, name: email }, asResponse: true });
  const headers = new Headers({ cookie: cookiesOf(signedUp) });
  const { totpURI } = await auth.api.enableTwoFactor({ body: { password }, headers });
  users.push({ email, secret: new URL(totpURI).searchParams.get("secret") });
}

async function prepare(count) {
  store.session.length = 0;
  store.verification.length = 0;
  if (redis) await redis.flushdb();
  const open = [];
  for (let i = 0; i < count; ++i) {
    const { email, secret } = users[i % USERS];
    const response = await auth.api.signInEmail({ body: { email, password }, asResponse: true });
    open.push({ cookie: cookiesOf(response), secret });
  }
  return JSON.stringify(open);
}

const handle = toNodeHandler(auth);
createServer(async (request, response) => {
  if (!request.url.startsWith("/prepare")) return handle(request, response);
  response.end(await prepare(Number(new URL(request.url, "http://x").searchParams.get("count"))));
}).listen(port, "127.0.0.1");
