/**
 * The audit engine with all rules. An input is packets one after another: two octets of length, one that says the
 * interface and the seconds since the packet before, then the frame.
 */
import { loadRules } from '../../../cli/rules-directory.ts';
import { Engine } from '../../../engine/index.ts';
import type { PacketRecord } from '../../../engine/ports.ts';
import type { RuleDefinition } from '../../../engine/rule-api.ts';
import { UNKNOWN_SITE } from '../../../engine/site.ts';
import { fixtureFrames } from '../seeds.ts';
import { must } from '../target.ts';
import type { FuzzTarget } from '../target.ts';

const HEADER = 3;
/** Frames in one seed. */
const FRAMES = 12;

let rules: readonly RuleDefinition[] | undefined;

const LINK_TYPES = [1, 101];

function seeds(): Uint8Array[] {
  const frames = fixtureFrames().filter(
    ({ linkType, bytes }) => linkType === 1 && bytes.length < 200,
  );
  const inputs: Uint8Array[] = [];
  for (let from = 0; from < frames.length; from += FRAMES) {
    const octets: number[] = [];
    for (const { bytes } of frames.slice(from, from + FRAMES)) {
      octets.push(bytes.length >>> 8, bytes.length & 0xff, 2, ...bytes);
    }
    inputs.push(Uint8Array.from(octets));
  }
  return inputs;
}

/** The engine and its rules. */
export const engine: FuzzTarget = {
  name: 'engine',
  words: [Uint8Array.of(59, 1, 5), Uint8Array.of(0xc9, 16), Uint8Array.of(43, 2, 2, 1)],
  seeds,
  async run(input) {
    rules ??= await loadRules();
    const interfaces = LINK_TYPES.map((linkType) => ({
      inputIndex: 0,
      name: undefined,
      description: undefined,
      linkType,
      snapLength: 0,
    }));
    const run = new Engine({
      site: UNKNOWN_SITE,
      rules,
      associations: [],
      inputs: [{ name: 'input', packets: 0 }],
      interfaces,
      seed: 1,
    });
    let seconds = 1_700_000_000;
    let number = 1;
    for (let at = 0; at + HEADER <= input.length; number++) {
      const length = ((input[at] ?? 0) << 8) | (input[at + 1] ?? 0);
      const how = input[at + 2] ?? 0;
      seconds += how >>> 1;
      const offset = at + HEADER;
      const end = Math.min(input.length, offset + length);
      const record: PacketRecord = {
        bytes: input,
        offset,
        end,
        originalLength: length,
        seconds,
        nanoseconds: 0,
        linkType: LINK_TYPES[how & 1] ?? 1,
        interfaceIndex: how & 1,
        inputIndex: 0,
        number,
        fileOffset: at,
      };
      run.feed(record);
      at = end;
    }
    const { internalErrors } = run.finish();
    must(internalErrors.length === 0, `a rule failed: ${internalErrors.join()}`);
  },
};
