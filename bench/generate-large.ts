/**
 * Writes a large capture of mixed traffic and the keys that belong to it:
 *
 *     node dist/bench/generate-large.js FILE [PACKETS]
 *
 * PACKETS: 1000000 unless given. The keys go to FILE.esp_sa. Memory does not depend on the number of packets.
 */
import { closeSync, existsSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PcapWriter } from '../dissectors/capture-file/capture-writer.ts';
import { keyFile } from '../fixtures/scenario/security.ts';
import { START_SECONDS } from '../fixtures/scenario/world.ts';
import { MixedTraffic, mixedTrafficAssociations } from './mixed-traffic.ts';

const LINKTYPE_ETHERNET = 1;
/** Octets gathered before they are written. */
const CHUNK = 1 << 20;
/** Nanoseconds from packet to packet: 5000 packets a second. */
const INTERVAL = 200_000;

/** What was written. */
export interface LargeCapture {
  readonly capture: string;
  /** `esp_sa` file with 12 associations. */
  readonly keys: string;
  /** The same keys for tshark: `-o uat:esp_sa:...` and the switch that makes it decrypt. */
  readonly tsharkOptions: readonly string[];
}

/**
 * Writes a capture and its key file; a capture that is there already is kept.
 * @param file path of the capture
 * @param packets how many
 */
export function generateLarge(file: string, packets: number): LargeCapture {
  const associations = mixedTrafficAssociations();
  const keys = `${file}.esp_sa`;
  writeFileSync(keys, keyFile(associations));
  if (!existsSync(file)) {
    const part = `${file}.part`;
    writeCapture(part, packets);
    renameSync(part, file);
  }
  return {
    capture: file,
    keys,
    tsharkOptions: [
      '-o',
      'esp.enable_encryption_decode:TRUE',
      ...associations.flatMap(({ keyLine }) => ['-o', `uat:esp_sa:${keyLine}`]),
    ],
  };
}

function writeCapture(file: string, packets: number): void {
  const descriptor = openSync(file, 'w');
  try {
    const traffic = new MixedTraffic();
    const writer = new PcapWriter({ linkType: LINKTYPE_ETHERNET, resolution: 'microseconds' });
    for (let i = 0; i < packets; i++) {
      const time = i * INTERVAL;
      writer.write({
        bytes: traffic.next(),
        seconds: START_SECONDS + Math.floor(time / 1e9),
        nanoseconds: time % 1e9,
      });
      if (writer.pending >= CHUNK) writeSync(descriptor, writer.take());
    }
    writeSync(descriptor, writer.take());
  } finally {
    closeSync(descriptor);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [file, count = '1000000'] = process.argv.slice(2);
  const packets = Number(count);
  if (file === undefined || !Number.isInteger(packets) || packets < 0) {
    process.stderr.write('usage: node dist/bench/generate-large.js FILE [PACKETS]\n');
    process.exitCode = 2;
  } else {
    const { keys } = generateLarge(file, packets);
    process.stdout.write(`${file}\n${keys}\n`);
  }
}
