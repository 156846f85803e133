/**
 * One line for an IKE message: on every port it is one of IKE.
 */
import path from 'node:path';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dissect, summarize } from '../../../dissectors/index.ts';
import { collect } from '../capture-file/collect.ts';
import { octetsOf } from '../hex.ts';

const SESSIONS = path.join(import.meta.dirname, '../../engine/ike/strongswan');

/** Protocol and text of the first packets of a session. */
function linesOf(name: string, count: number): string[] {
  const { packets } = collect(new Uint8Array(readFileSync(path.join(SESSIONS, name))));
  return packets.slice(0, count).map(({ data, linkType }) => {
    const bytes = octetsOf(data);
    const { protocol, info } = summarize(dissect(bytes, 0, bytes.length, { linkType }));
    return `${protocol}: ${info}`;
  });
}

describe('the line of an IKE message', () => {
  it('names exchange, message and direction of IKEv2, on ports 500 and 4500', () => {
    expect(linesOf('rekeyed.pcap', 5)).toEqual([
      'ISAKMP: IKE_SA_INIT MID 0 request',
      'ISAKMP: IKE_SA_INIT MID 0 response',
      'ISAKMP: IKE_AUTH MID 1 request',
      'ISAKMP: IKE_AUTH MID 1 response',
      'ESP: SPI 0x30734c3d seq 1',
    ]);
  });

  it('names exchange and message of IKEv1', () => {
    const lines = linesOf('ikev1-aes.pcap', 9);
    expect(lines.slice(0, 6)).toEqual(
      Array.from({ length: 6 }, () => 'ISAKMP: Identity Protection (Main Mode)'),
    );
    const [first = ''] = lines.slice(6);
    expect(first).toMatch(/^ISAKMP: Quick Mode MID 0x[0-9a-f]{8}$/);
    expect(lines.slice(6)).toEqual([first, first, first]);
  });
});
