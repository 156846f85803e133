import { describe, expect, it } from 'vitest';
import { ESP_CASES } from '../../bench/esp-cases.ts';
import { engineRun, openRun, pathRun, rawRun } from '../../bench/esp-runs.ts';
import { EspTraffic } from '../../bench/esp-traffic.ts';
import { loadRules } from '../../cli/rules-directory.ts';
import { createEspResult, EspScratch, isOpen, openEsp } from '../../engine/crypto/esp.ts';

const rules = await loadRules();

describe.each(ESP_CASES)('measured packets of $name', (espCase) => {
  const traffic = new EspTraffic(espCase);
  const batches = [84, 512, 1400].map((size) => ({ size, batch: traffic.batch(24, size) }));
  const openers = traffic.rawOpeners();

  it.each(batches)('are opened by node:crypto and the engine: $size octets', ({ size, batch }) => {
    const associations = traffic.associations();
    const scratch = new EspScratch();
    const result = createEspResult();
    for (const { association, esp, end, parts } of batch.frames) {
      const used = associations[association];
      if (used === undefined) throw new Error(`no association ${association}`);
      openEsp(used, batch.bytes, esp, end, scratch, result);
      expect(isOpen(result) && result.integrityVerified).toBe(true);
      expect(result.payloadEnd - result.payloadOffset).toBe(size);
      // Padding, pad length and next header come with it.
      expect(openers[association]?.(parts)).toBe(size + result.padLength + 2);
    }
  });

  it('go through every side of the measurement, which a wrong octet stops', () => {
    const own = new EspTraffic(espCase);
    const runs = [rawRun(own), openRun(own), pathRun(own), engineRun(own, rules)];
    const batch = own.batch(24, 84);
    for (const run of runs) run(batch);
    const next = own.batch(24, 84);
    const text = next.frames[7]?.parts.text ?? next.bytes;
    text[0] = (text[0] ?? 0) ^ 1;
    for (const run of runs) {
      expect(() => {
        run(next);
      }).toThrow('23 of 24 packets opened');
    }
  });

  it('are refused by node:crypto when an octet is wrong', () => {
    const [first] = traffic.batch(1, 84).frames;
    if (first === undefined) throw new Error('no packet');
    const { text } = first.parts;
    text[0] = (text[0] ?? 0) ^ 1;
    expect(openers[first.association]?.(first.parts)).toBe(-1);
  });

  it('belong to every association in turn, with numbers that go on', () => {
    const { frames, bytes } = traffic.batch(24, 84);
    expect(new Set(frames.map(({ association }) => association)).size).toBe(12);
    const [first, other] = [frames[0], frames[12]].map((frame) =>
      new DataView(bytes.buffer).getUint32((frame?.esp ?? 0) + 4),
    );
    expect((other ?? 0) - (first ?? 0)).toBe(1);
  });
});
