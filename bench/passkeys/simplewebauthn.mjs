// How much CPU SimpleWebAuthn takes for an assertion: see verify.cpp, whose file it reads.
//
//     node simplewebauthn.mjs FILE ROUNDS
import { readFileSync } from "node:fs";
import { verifyAuthenticationResponse } from "@simplewebauthn/server";

const [file, rounds] = [process.argv[2], Number(process.argv[3])];
const [rpId, ...lines] = readFileSync(file, "utf8").trimEnd().split("\n");
const cases = [];
for (let i = 0; i < lines.length; i += 4) {
  const response = JSON.parse(lines[i + 3]);
  cases.push({
    text: lines[i + 3],
    expectedChallenge: lines[i + 1],
    expectedOrigin: lines[i + 2],
    expectedRPID: rpId,
    requireUserVerification: true,
    credential: { id: response.id, publicKey: new Uint8Array(Buffer.from(lines[i], "base64url")), counter: 0 },
  });
}

async function run(times) {
  let count = 0;
  for (let round = 0; round < times; ++round)
    for (const { text, ...one } of cases) {
      const { verified } = await verifyAuthenticationResponse({ response: JSON.parse(text), ...one });
      if (!verified) process.exit(1);
      ++count;
    }
  return count;
}

await run(1); // compiled by then
const before = process.cpuUsage(); // of all its threads: WebCrypto has some of its own
const count = await run(rounds);
const used = process.cpuUsage(before);
console.log((used.user + used.system) / 1e6 / count);
