#!/usr/bin/env node
// A small agent in another language: it connects, reports its health and answers `echo`. Written from docs/protocol.md alone, with nothing but Node (18 or newer).
// usage: BRIDGE=ws://127.0.0.1:8082/agent/ws AGENT_ID=node-gateway SECRET_FILE=secret node agent.mjs
// It keeps no journal, so it offers none: a command is never sent to it twice.
import { createHash, createHmac, randomBytes, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import os from "node:os";

const url = new URL(process.env.BRIDGE ?? "ws://127.0.0.1:8082/agent/ws");
const id = process.env.AGENT_ID ?? os.hostname();
const secret = readFileSync(process.env.SECRET_FILE ?? "secret", "utf8").trim();
const collectMs = Number(process.env.COLLECT_MS ?? 30_000);
const say = (event, more = {}) => console.log(JSON.stringify({ ts: new Date().toISOString(), event, agent_id: id, ...more }));

let offset = 0; // the bridge's clock minus ours, in ms
const now = () => new Date(Date.now() + offset).toISOString();
const seen = new Map(); // correlation_id → { nonce, until, result?, confirmed? }: what was taken is never run again

/** One connection, from the handshake to its end; resolves with { close, stable, retryAfterMs }. */
function connect() {
  return new Promise((resolve) => {
    const timestamp = now(), nonce = randomUUID(), key = randomBytes(16).toString("base64"), started = Date.now();
    const mac = createHmac("sha256", secret).update(`GET|${url.pathname}|${timestamp}|${nonce}|${id}`).digest("hex");
    const request = (url.protocol === "wss:" ? https : http).request({
      hostname: url.hostname, port: url.port, path: url.pathname, timeout: 10_000,
      headers: { Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": 13, "Sec-WebSocket-Key": key, "Sec-WebSocket-Protocol": "viworks-agent-v1",
        "X-Agent-Id": id, "X-Timestamp": timestamp, "X-Nonce": nonce, "X-Agent-Auth": mac },
    });
    const end = (how) => resolve({ stable: Date.now() - started > 60_000, ...how });
    request.on("timeout", () => request.destroy(new Error("no answer in 10 s")));
    request.on("error", (error) => end({ reason: error.message }));
    request.on("response", (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part)).on("end", () => {
        let problem = {};
        try { problem = JSON.parse(Buffer.concat(parts)); } catch { /* not a problem document */ }
        if (problem.code === "clock_skew") offset = Date.parse(problem.server_time) - Date.now();
        end({ refused: response.statusCode, reason: problem.code, retryAfterMs: 1000 * Number(response.headers["retry-after"] ?? 0) });
      });
    });
    request.on("upgrade", (response, socket, head) => {
      const expected = createHash("sha1").update(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest("base64"); // RFC 6455, 4.2.2
      if (response.headers["sec-websocket-accept"] !== expected) return socket.destroy(), end({ reason: "not a WebSocket server" });
      session(socket, head, end);
    });
    request.end();
  });
}

function session(socket, head, end) {
  let buffer = Buffer.alloc(0), message = [], live, close, silenceMs = 45_000;
  const send = (opcode, payload) => { // RFC 6455, 5.2: one masked frame
    const mask = randomBytes(4), size = payload.length, masked = Buffer.from(payload, "utf8");
    const length = size < 126 ? Buffer.of(0x80 | size) : size < 65_536 ? Buffer.of(0xfe, size >> 8, size & 255) : Buffer.concat([Buffer.of(0xff), long(size)]);
    masked.forEach((byte, i) => (masked[i] = byte ^ mask[i & 3]));
    socket.write(Buffer.concat([Buffer.of(0x80 | opcode), length, mask, masked]));
  };
  const long = (size) => { const bytes = Buffer.alloc(8); bytes.writeBigUInt64BE(BigInt(size)); return bytes; };
  const frame = (type, fields = {}) => send(1, Buffer.from(JSON.stringify({ type, agent_id: id, ...fields })));
  const result = (correlation_id, fields) => frame("RESULT", { correlation_id, ...fields });

  const on = {
    HELLO_ACK: (ack) => {
      offset = Date.parse(ack.server_time) - Date.now();
      frame("HELLO", { version: "0.1-node", capabilities: ["echo"], features: ["ack"], protocol_version: 1, max_concurrency: 1, hostname: os.hostname() });
    },
    WELCOME: (welcome) => {
      say("connected", { session_id: welcome.session_id });
      silenceMs = 1000 * (2 * welcome.heartbeat_s + 5);
      for (const [correlation_id, kept] of seen) if (kept.result && !kept.confirmed) result(correlation_id, kept.result); // also from an earlier session
      const report = () => frame("TELEMETRY", { ts: now(), metrics: {
        load1: os.loadavg()[0], mem_pct: 100 * (1 - os.freemem() / os.totalmem()), cpu_pct: Math.min(100, (100 * os.loadavg()[0]) / os.cpus().length) } });
      report(), (live = setInterval(report, collectMs));
    },
    COMMAND: (command) => {
      const { correlation_id, attempt } = command, known = seen.get(correlation_id);
      if (known) return known.result && result(correlation_id, known.result);
      const wrong = refusal(command);
      seen.set(correlation_id, { nonce: command.nonce, until: Date.parse(command.expires_at) + 120_000 });
      if (wrong) return frame("ACK", { correlation_id, attempt, status: "rejected", error: wrong });
      frame("ACK", { correlation_id, attempt, status: "accepted" });
      const { message } = command.args, at = now();
      seen.get(correlation_id).result = { status: "success", rc: 0, execution_id: randomUUID(), stdout: message, data: { message }, started_at: at, finished_at: now() };
      result(correlation_id, seen.get(correlation_id).result);
    },
    RESULT_ACK: ({ correlation_id }) => { const known = seen.get(correlation_id); if (known) known.confirmed = true; },
    PING: () => frame("PONG"),
    ERROR: (error) => say("error", { code: error.code, msg: error.msg }),
  };
  const heard = (opcode, payload) => {
    if (opcode === 9) send(10, payload);
    else if (opcode === 8) close = payload.length > 1 ? payload.readUInt16BE() : 1005, send(8, payload.subarray(0, 2)), socket.end();
    else if (opcode === 1) { const said = JSON.parse(payload); on[said.type]?.(said); }
  };
  const read = (part) => {
    buffer = Buffer.concat([buffer, part]);
    while (buffer.length > 1) {
      const small = buffer[1] & 127, start = small === 127 ? 10 : small === 126 ? 4 : 2;
      if (buffer.length < start) return;
      const size = small === 127 ? Number(buffer.readBigUInt64BE(2)) : small === 126 ? buffer.readUInt16BE(2) : small;
      if (buffer.length < start + size) return;
      const [first, payload] = [buffer[0], buffer.subarray(start, start + size)];
      buffer = buffer.subarray(start + size);
      if (first & 8) { heard(first & 15, payload); continue; }
      message.push(payload);
      if (first & 0x80) heard(1, Buffer.concat(message)), (message = []);
    }
  };
  let lastHeard = Date.now();
  const watch = setInterval(() => Date.now() - lastHeard > silenceMs && socket.destroy(), 1000);
  socket.on("data", (part) => { lastHeard = Date.now(); read(part); });
  socket.on("error", (error) => say("socket_error", { error: error.message }));
  socket.on("close", () => { clearInterval(live), clearInterval(watch), end({ close }); });
  process.once("SIGTERM", () => { frame("BYE", { reason: "stopped" }), send(8, Buffer.of(3, 232)), socket.end(), process.exit(0); });
  read(head);
}

/** Why not to run it, or nothing. */
function refusal({ agent_id, verb, args, expires_at, nonce, jws }) {
  for (const [key, { until }] of seen) if (until < Date.now() + offset) seen.delete(key);
  for (const known of seen.values()) if (nonce !== undefined && known.nonce === nonce) return { code: "ReplayDetected", msg: "the nonce belongs to another command" };
  if (jws) return { code: "BadSignature", msg: "this agent verifies no signatures" };
  if (agent_id !== id) return { code: "ValidationFailed", msg: `agent_id must be ${id}` };
  if (verb !== "echo") return { code: "VerbNotAllowed", msg: "here is echo only" };
  if (Object.keys(args).join() !== "message" || typeof args.message !== "string" || args.message.length > 4096) return { code: "ValidationFailed", msg: "echo takes message, a string of at most 4096 characters" };
  if (Date.parse(expires_at) + 60_000 < Date.now() + offset) return { code: "Expired", msg: "expires_at is over" };
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
for (let attempt = 0; ; attempt++) {
  const ended = await connect();
  say("disconnected", ended);
  if (ended.stable) attempt = 0;
  const slow = [400, 401, 403].includes(ended.refused) && ended.reason !== "clock_skew" ? 60_000 * 2 ** Math.min(attempt, 6) : [4401, 4403, 4426].includes(ended.close) ? 900_000 * (1 + 3 * Math.random()) : ended.close === 4409 ? 60_000 : 0;
  await pause(Math.max(slow, ended.retryAfterMs ?? 0, ended.stable ? 5000 * Math.random() : Math.min(60_000, 1000 * 2 ** attempt) * Math.random()));
}
