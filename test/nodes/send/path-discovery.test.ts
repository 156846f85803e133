import { describe, expect, test } from 'vitest';
import type { Icmpv6Message, NdOption } from '../../../dissectors/icmpv6/index.ts';
import { readCertificate } from '../../../engine/crypto/certificate.ts';
import { ip } from '../wire-peer.ts';
import { ALL_NODES, SendBench } from './bench.ts';
import { TestAuthorities, certificateOctets, testKey } from './certificates.ts';

const authorities = new TestAuthorities();
const strangers = new TestAuthorities();
const spare = testKey();
const REFUSED = 'send-certificate-refused';

/** A Certification Path Advertisement of somebody. */
function pathMessage(certificates: readonly Uint8Array[], identifier = 0): Icmpv6Message {
  return {
    kind: 'certification-path-advertisement',
    code: 0,
    identifier,
    allComponents: certificates.length,
    component: 0,
    options: certificates.map((octets): NdOption => {
      return { kind: 'certificate', certificateType: 1, certificate: octets };
    }),
  };
}

const solicitations = (bench: SendBench) =>
  bench
    .sent('certification-path-solicitation')
    .flatMap(({ message, ...seen }) =>
      message.kind === 'certification-path-solicitation' ? [{ ...seen, message }] : [],
    );

/** Solicits the router of the bench until it is accepted, or time is over. */
function meet(bench: SendBench, milliseconds = 30_000): void {
  bench.link.solicitRouters();
  bench.scheduler.advance(milliseconds);
}

describe('certification paths', () => {
  test('are asked for when a signed advertisement comes of a key that is not known, and the router is accepted then', () => {
    const bench = new SendBench(authorities);
    meet(bench);
    expect(bench.link.routers).toHaveLength(1);
    expect(bench.link.routers[0]?.address).toEqual(bench.signer?.linkLocal);
    const [asked, more] = solicitations(bench);
    expect(more).toBeUndefined();
    expect(asked).toMatchObject({ destination: 'ff02::2', hopLimit: 255 });
    expect(asked?.message.component).toBe(0xffff);
    expect(asked?.message.identifier).not.toBe(0);
    const [first, second] = asked?.message.options ?? [];
    expect(first).toMatchObject({ kind: 'trust-anchor', nameType: 1 });
    // RFC 6495: SHA-1 key identifier.
    expect(second).toMatchObject({ nameType: 3, keyIdentifier: new Uint8Array(20).fill(7) });
    expect(bench.log.filter(({ level }) => level === 'alarm')).toEqual([]);
    // A key that is known is not asked for again.
    bench.link.forgetRouters();
    meet(bench);
    expect(bench.link.routers).toHaveLength(1);
    expect(solicitations(bench)).toHaveLength(1);
  });

  test('are asked for after 1, 2, 4 and 8 s again, and given up after 15', () => {
    const bench = new SendBench(authorities, { path: 'none' });
    const start = bench.scheduler.now;
    expect(bench.judge(bench.packet())).toBe('later');
    bench.scheduler.advance(60_000);
    const times = solicitations(bench).map(({ at }) => (at - start) / 1000);
    expect(times).toEqual([0, 1, 3, 7]);
    expect(bench.verifier.discovery.running).toBe(0);
    expect(bench.reasons('send-path-not-found')).toEqual([
      'no router has answered with a path from a trust anchor',
    ]);
  });

  test('are not asked for when the signature is wrong', () => {
    const bench = new SendBench(authorities, { path: 'none' });
    const packet = bench.packet();
    expect(bench.judge(packet.with(46, 1))).toBe(false);
    expect(bench.verifier.discovery.running).toBe(0);
    expect(bench.judge(packet)).toBe('later');
    expect(bench.verifier.discovery.running).toBe(1);
  });

  test.each([
    ['expired', { until: '20231101000000Z' }, REFUSED, /expired/],
    ['for other prefixes', { prefixes: ['2001:db8:b::/64'] }, REFUSED, /does not have/],
    ['by another key', { issuerKey: spare }, REFUSED, /not that of the issuer/],
    ['from another anchor', { issuer: 'else' }, 'send-path-not-found', /no trust anchor leads/],
  ] as const)('a certificate %s leaves the router refused', (_, fields, event, reason) => {
    const path = [authorities.operator];
    const bad = readCertificate(
      certificateOctets({
        ...{ subject: 'router', key: authorities.routerKey },
        ...{ issuer: 'operator', issuerKey: authorities.operatorKey },
        ...fields,
      }),
    );
    if (bad === undefined) throw new Error('no certificate');
    // What the responder checks of its own path is of no interest here.
    const bench = new SendBench(authorities, { path: 'none' });
    expect(bench.judge(bench.packet())).toBe('later');
    bench.scheduler.advance(10);
    bench.send(pathMessage([...path.map(({ der }) => der), bad.der]));
    bench.scheduler.advance(20_000);
    expect(bench.reasons(event)[0]).toMatch(reason);
    expect(bench.judge(bench.packet())).toBe('later');
    // The control: the good one.
    bench.scheduler.advance(10);
    bench.send(pathMessage([authorities.router.der]));
    bench.scheduler.advance(10);
    expect(bench.judge(bench.packet())).toBe(true);
  });

  test('a router without a path says so, and is not accepted', () => {
    const bench = new SendBench(authorities, { path: strangers.path });
    const other = new SendBench(authorities, { path: [] });
    for (const each of [bench, other]) {
      meet(each);
      expect(each.link.routers).toEqual([]);
      expect(each.reasons('send-path-not-found').length).toBeGreaterThan(0);
    }
  });

  test('the good path among the certificates of an attacker is found', () => {
    const bench = new SendBench(authorities, { path: 'none' });
    bench.judge(bench.packet());
    bench.scheduler.advance(10);
    for (let i = 0; i < 30; i++) {
      bench.send(pathMessage(strangers.path.map(({ der }) => der)));
    }
    bench.scheduler.advance(10);
    expect(bench.verifier.paths.size).toBe(0);
    bench.send(pathMessage(authorities.path.map(({ der }) => der)));
    bench.scheduler.advance(10);
    expect(bench.verifier.paths.size).toBe(2);
    expect(bench.judge(bench.packet())).toBe(true);
  });

  test('advertisements that nobody has asked for are not looked at', () => {
    const bench = new SendBench(authorities, { path: 'none' });
    bench.send(pathMessage(authorities.path.map(({ der }) => der)));
    bench.scheduler.advance(10);
    expect(bench.verifier.paths.size).toBe(0);
  });

  test('answers with another identifier, from afar, or in a tunnel of addresses are not looked at', () => {
    const bench = new SendBench(authorities, { path: 'none' });
    bench.judge(bench.packet());
    bench.scheduler.advance(10);
    const identifier = solicitations(bench)[0]?.message.identifier ?? 0;
    const certificates = authorities.path.map(({ der }) => der);
    const mine = bench.link.linkLocal;
    // Zero is for everybody, another one for somebody else.
    bench.send(pathMessage(certificates, identifier), ALL_NODES);
    bench.send(pathMessage(certificates, identifier ^ 1), mine);
    bench.send(pathMessage(certificates), mine);
    bench.send(pathMessage(certificates), ALL_NODES, ip('2001:db8::1'));
    bench.scheduler.advance(10);
    expect(bench.verifier.paths.size).toBe(0);
    bench.send(pathMessage(certificates), ALL_NODES);
    bench.scheduler.advance(10);
    expect(bench.verifier.paths.size).toBe(2);
  });

  test('a flood of certificates costs a few signatures a second, and no memory', () => {
    const bench = new SendBench(authorities, { path: 'none' });
    bench.judge(bench.packet());
    bench.scheduler.advance(10);
    const octets = certificateOctets({
      ...{ subject: 'router', key: spare, issuer: 'anchor', issuerKey: spare },
    });
    for (let i = 0; i < 2000; i++) bench.send(pathMessage([octets]));
    bench.scheduler.advance(100);
    expect(bench.verifier.paths.size).toBe(0);
    expect(bench.verifier.discovery.suppressed).toBeGreaterThan(1800);
    // Alarms are few as well.
    expect(bench.reasons(REFUSED).length).toBeLessThan(20);
    // When it is over, the path is found.
    bench.scheduler.advance(2000);
    bench.send(pathMessage(authorities.path.map(({ der }) => der)));
    bench.scheduler.advance(10);
    expect(bench.judge(bench.packet())).toBe(true);
  });

  test('a flood of signed advertisements of attackers starts one retrieval', () => {
    const bench = new SendBench(authorities, { path: 'none' });
    for (const key of [spare, strangers.routerKey, strangers.operatorKey]) {
      const packet = bench.packet({ key });
      for (let i = 0; i < 500; i++) bench.judge(packet);
    }
    expect(bench.verifier.discovery.running).toBe(1);
    expect(bench.verifier.suppressed).toBeGreaterThan(1000);
    bench.scheduler.advance(15_000);
    expect(solicitations(bench)).toHaveLength(4);
    bench.know(...authorities.path);
    expect(bench.judge(bench.packet())).toBe(true);
  });
});

describe('a router that is asked for its path', () => {
  const responses = (
    bench: SendBench,
    options: readonly NdOption[],
    source: string,
    component = 0xffff,
  ) => {
    const heard: (Icmpv6Message & { readonly kind: 'certification-path-advertisement' })[] = [];
    bench.host.icmpv6.handle('certification-path-advertisement', (packet, message) => {
      heard.push({ ...message, kind: 'certification-path-advertisement' });
      expect(packet.hopLimit).toBe(255);
    });
    bench.link.join(ip('ff02::1:ff00:bad'));
    bench.send(
      { kind: 'certification-path-solicitation', code: 0, identifier: 77, component, options },
      ip('ff02::2'),
      ip(source),
    );
    bench.scheduler.advance(100);
    return heard;
  };
  const anchorName: NdOption = {
    kind: 'trust-anchor',
    nameType: 1,
    padLength: (8 - ((4 + authorities.anchor.subject.length) % 8)) % 8,
    x501Name: authorities.anchor.subject,
    padding: new Uint8Array((8 - ((4 + authorities.anchor.subject.length) % 8)) % 8),
  };

  test('sends the certificate below the anchor first, its own last, to the group of the asker', () => {
    const heard = responses(new SendBench(authorities), [anchorName], 'fe80::bad');
    expect(
      heard.map(({ identifier, component, allComponents }) => [
        identifier,
        component,
        allComponents,
      ]),
    ).toEqual([
      [77, 1, 2],
      [77, 0, 2],
    ]);
    expect(heard[0]?.options[0]).toMatchObject({ kind: 'trust-anchor', nameType: 1 });
    const sent = heard.map(({ options }) => {
      const option = options.find((each) => each.kind === 'certificate');
      return readCertificate(option?.certificate ?? new Uint8Array())?.der;
    });
    expect(sent).toEqual(authorities.path.map(({ der }) => der));
  });

  test('sends one component when asked for one, and to all nodes with identifier 0 when nobody asks', () => {
    const one = responses(new SendBench(authorities), [anchorName], 'fe80::bad', 0);
    expect(one.map(({ component }) => component)).toEqual([0]);
    const all = responses(new SendBench(authorities), [anchorName], '::');
    expect(all.map(({ identifier }) => identifier)).toEqual([0, 0]);
  });

  test('an anchor that is none of its own is answered without certificates', () => {
    const unknown: NdOption = {
      ...{ kind: 'trust-anchor', nameType: 3, padLength: 0 },
      keyIdentifier: new Uint8Array(20).fill(9),
      padding: new Uint8Array(),
    };
    const bench = new SendBench(authorities, { path: [authorities.anchor, ...authorities.path] });
    const [answer, more] = responses(bench, [unknown], 'fe80::bad');
    expect(more).toBeUndefined();
    expect(answer).toMatchObject({ allComponents: 0, component: 0 });
    expect(answer?.options.map(({ kind }) => kind)).toEqual(['trust-anchor']);
    // Its own one by key identifier (RFC 6495); the anchor's certificate is not sent.
    const own: NdOption = { ...unknown, keyIdentifier: new Uint8Array(20).fill(7) };
    expect(responses(bench, [own], 'fe80::bad')).toHaveLength(2);
  });

  test('more than ten askers a second are answered together', () => {
    const bench = new SendBench(authorities);
    const heard: number[] = [];
    bench.host.icmpv6.handle('certification-path-advertisement', (_, message) => {
      heard.push(message.identifier);
    });
    bench.link.join(ip('ff02::1:ff00:bad'));
    for (let i = 0; i < 500; i++) {
      bench.send(
        {
          ...{ kind: 'certification-path-solicitation', code: 0, identifier: 5, component: 0xffff },
          options: [anchorName],
        },
        ip('ff02::2'),
      );
    }
    bench.scheduler.advance(3000);
    // Ten answers to one, one to all, of two components each.
    expect(heard.filter((identifier) => identifier === 5)).toHaveLength(20);
    expect(heard.filter((identifier) => identifier === 0)).toHaveLength(2);
  });
});
