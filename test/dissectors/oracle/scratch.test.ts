import fc from 'fast-check';
import { expect, it } from 'vitest';
import { dissect } from '../../../dissectors/dissect.ts';
import { encodeIcmpv6 } from '../../../dissectors/icmpv6/index.ts';
import { destinationOptions, homeAddressOption, ipv6Packet, type2RoutingHeader } from '../../../dissectors/ipv6/build.ts';
import { encodeMobilityHeader } from '../../../dissectors/mobility/header.ts';
import { LINKTYPE } from '../../../dissectors/walk.ts';
import { anyAddress, icmpv6Values, mobilityOptionValues, mobilityValues } from '../arbitraries.ts';
import { comparePacket } from './compare.ts';
import type { Comparison, Scope } from './compare.ts';
import { dissectByOracle } from './tshark.ts';

const packets: Uint8Array[] = [];
for (const [, arb] of mobilityValues)
  for (const [a, b, h, m, o] of fc.sample(fc.tuple(anyAddress, anyAddress, anyAddress, arb, fc.array(fc.oneof(...mobilityOptionValues.values()), { maxLength: 3 })), { seed: 1, numRuns: 5 }))
    packets.push(ipv6Packet({ source: a, destination: b, protocol: 135, headers: [destinationOptions([homeAddressOption(h)])], payload: encodeMobilityHeader(m, o, { source: h, destination: b }) }));
for (const [, arb] of icmpv6Values)
  for (const [a, b, h, m] of fc.sample(fc.tuple(anyAddress, anyAddress, anyAddress, arb), { seed: 1, numRuns: 5 }))
    packets.push(ipv6Packet({ source: a, destination: b, hopLimit: 255, protocol: 58, headers: [type2RoutingHeader(h)], payload: encodeIcmpv6(m, { source: a, destination: h }) }));

it('x', () => {
  const theirs = dissectByOracle(packets);
  expect(theirs.length).toBe(packets.length);
  const c: Comparison = { packets: packets.length, agreed: 0, differences: [] };
  const scope: Scope = { isCompared: (n) => /^(mip6|icmpv6|ipv6|esp)\./.test(n), onlyHere: new Set(), onlyThere: new Set() };
  packets.forEach((bytes, i) => {
    comparePacket(c, i, dissect(bytes, 0, bytes.length, { linkType: LINKTYPE.raw }), theirs[i] ?? [], scope);
  });
  const counts = new Map<string, { n: number; first: unknown }>();
  for (const d of c.differences) {
    const k = `${d.kind} ${d.name}`;
    const e = counts.get(k) ?? { n: 0, first: d };
    e.n++;
    counts.set(k, e);
  }
  console.log(c.packets, c.agreed, c.differences.length);
  for (const [k, v] of counts) console.log(k, v.n, JSON.stringify(v.first));
});
