/**
 * Live capture with the engine and all rules behind it: packets a second without a loss, and CPU time of the capturing process.
 * A second process sends mixed traffic (or its signalling alone) into the other end of a pair of interfaces:
 *
 *     sudo unshare --net sh -c 'ip link add in type veth peer name out &&
 *       sysctl -qw net.ipv6.conf.in.disable_ipv6=1 net.ipv6.conf.out.disable_ipv6=1 &&
 *       ip link set in up && ip link set out up && node dist/bench/live.js'
 *
 * Options: `--rate N` packets a second (50000; 0 = as fast as it goes), `--packets N` (500000), `--share N` (of 100 packets so
 * many are signalling: 18), `--signalling` (no payload at all), `--capture-only` (without the engine), `--no-rules`,
 * `--classes` (payload and signalling each: how many were sent, judged, left out, and what the kernel lost of both; for rates
 * above what can be judged), `--kernel-buffer N` and `--ring N` (MiB, as those of the sensor).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadRules } from '../cli/rules-directory.ts';
import { parseKeyText } from '../engine/keys/key-text.ts';
import { Engine } from '../engine/pipeline.ts';
import { UNKNOWN_SITE } from '../engine/site.ts';
import { keyFile } from '../fixtures/scenario/security.ts';
import { openLive } from '../io/capture/live/index.ts';
import { isPayload } from '../io/capture/live/payload.ts';
import { MixedTraffic, mixedTrafficAssociations } from './mixed-traffic.ts';
import { frameSender } from './one-link.ts';

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '50000' },
    packets: { type: 'string', default: '500000' },
    share: { type: 'string', default: '18' },
    signalling: { type: 'boolean', default: false },
    'capture-only': { type: 'boolean', default: false },
    'no-rules': { type: 'boolean', default: false },
    classes: { type: 'boolean', default: false },
    'kernel-buffer': { type: 'string', default: '32' },
    ring: { type: 'string', default: '64' },
    send: { type: 'boolean', default: false },
  },
});
const packets = Number(values.packets);
const rate = Number(values.rate);

function isPayloadFrame(frame: Uint8Array): boolean {
  return isPayload(frame, 0, frame.length, 1);
}

/** Sends the traffic, once a line comes on standard input. */
async function send(): Promise<void> {
  const traffic = new MixedTraffic({ signalling: Number(values.share) });
  const frames: Buffer[] = [];
  while (frames.length < packets) {
    const frame = traffic.next();
    if (values.signalling && isPayloadFrame(frame)) continue;
    frames.push(Buffer.from(frame));
  }
  const payload = values.classes ? frames.filter((frame) => isPayloadFrame(frame)).length : 0;
  const inject = frameSender();
  console.log('ready');
  await once(process.stdin, 'data');
  const start = performance.now();
  for (const [sent, frame] of frames.entries()) {
    inject(frame);
    if (rate === 0 || sent % 25 !== 24) continue;
    const due = start + ((sent + 1) * 1000) / rate;
    while (performance.now() < due);
  }
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `sent ${packets} in ${seconds.toFixed(2)} s: ${Math.round(packets / seconds)} a second` +
      (values.classes ? `; ${payload} payload, ${packets - payload} signalling` : ''),
  );
  process.exit(0);
}

async function receive(): Promise<void> {
  const args = [fileURLToPath(import.meta.url), ...process.argv.slice(2), '--send'];
  const sender = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: sender.stdout });
  await once(lines, 'line');
  const source = await openLive({
    interfaces: ['in'],
    kernelBuffer: Number(values['kernel-buffer']),
    buffer: Number(values.ring),
  });
  const { associations } = parseKeyText(keyFile(mixedTrafficAssociations()), 'keys');
  const rules = values['no-rules'] ? [] : await loadRules();
  const { inputs, interfaces } = source;
  const engine = new Engine({
    site: UNKNOWN_SITE,
    rules,
    associations,
    inputs,
    interfaces,
    seed: 1,
  });
  const isJudged = !values['capture-only'];
  const controller = new AbortController();
  let report = '';
  lines.on('line', (line) => {
    report = line;
  });
  sender.on('close', () => {
    setTimeout(() => {
      controller.abort();
    }, 500);
  });
  let mostLag = 0;
  let mostFill = 0;
  let tick = performance.now();
  let latest = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    latest = Math.max(latest, now - tick - 10);
    tick = now;
    mostLag = Math.max(mostLag, source.lag);
    mostFill = Math.max(mostFill, source.fill.octets / source.fill.size);
  }, 10);
  const before = process.cpuUsage();
  sender.stdin.write('go\n');
  let delivered = 0;
  let payload = 0;
  await source.run(
    (record) => {
      delivered++;
      if (values.classes && isPayload(record.bytes, record.offset, record.end, record.linkType)) {
        payload++;
      }
      if (isJudged) engine.feed(record);
    },
    { signal: controller.signal },
  );
  clearInterval(timer);
  const { user, system } = process.cpuUsage(before);
  const [counts] = source.counts;
  const cpu = (user + system) / 1e6;
  console.log(report);
  console.log(
    `delivered ${delivered}, dropped by the kernel ${counts?.dropped ?? 0}, left out ${counts?.shedPayload ?? 0} payload ${counts?.shedSignalling ?? 0} signalling`,
  );
  if (values.classes) {
    const signalling = delivered - payload;
    console.log(`judged: ${payload} payload, ${signalling} signalling`);
    // Every packet is in one of these, or the counts are wrong.
    const left = (counts?.shedPayload ?? 0) + (counts?.shedSignalling ?? 0);
    const known = delivered + left + (counts?.dropped ?? 0);
    console.log(`judged, left out and lost: ${known} of ${packets}`);
  }
  console.log(
    `CPU ${cpu.toFixed(2)} s, ${((cpu * 1e6) / Math.max(1, delivered)).toFixed(2)} us a packet; ` +
      `lag at most ${Math.round(mostLag)} ms, ring at most ${Math.round(100 * mostFill)} %, a timer at most ${Math.round(latest)} ms late`,
  );
  if (isJudged) console.log(`${engine.finish().alerts.length} alerts, ${rules.length} rules`);
  process.exit(0);
}

await (values.send ? send() : receive());
