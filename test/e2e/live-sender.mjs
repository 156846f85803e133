/**
 * Sends the packets of a capture into an interface: node live-sender.mjs DIST INTERFACE FILE TIMES [PACKETS_A_SECOND]
 */
import { createRequire } from 'node:module';

const [dist, name, file, times, rate = '0'] = process.argv.slice(2);
const { openCaptures } = await import(`${dist}/io/capture/file.js`);
const { PcapSession } = createRequire(`${dist}/io/capture/file.js`)(
  'pcap/build/Release/pcap_binding.node',
);

const frames = [];
const { source } = await openCaptures([file]);
await source.run(({ bytes, offset, end }) => {
  frames.push(Buffer.from(bytes.subarray(offset, end)));
});

const session = new PcapSession();
const ignore = () => {};
// Nothing comes in: what was asked for is not there.
session.open_live(name, 'less 1', 1 << 20, 65535, '', ignore, false, 10, ignore, false);
const total = frames.length * Number(times);
const start = performance.now();
let sent = 0;
for (; sent < total; sent++) {
  session.inject(frames[sent % frames.length]);
  if (Number(rate) === 0 || sent % 50 !== 49) continue;
  const due = ((sent + 1) * 1000) / Number(rate);
  while (performance.now() - start < due) {
    const left = due - (performance.now() - start);
    if (left > 2) await new Promise((resolve) => setTimeout(resolve, left - 1));
  }
}
const seconds = (performance.now() - start) / 1000;
process.stdout.write(`${sent} packets in ${seconds.toFixed(3)} s\n`);
process.exit(0);
