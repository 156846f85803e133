import { describe, expect, it } from 'vitest';
import { auditDocument } from '../../../cli/report/document.ts';
import { RunFollower } from '../../../cli/report/run-follower.ts';
import { ROUTER_ADVERTISEMENT_FLAGS } from '../../../dissectors/icmpv6/index.ts';
import type { EngineEvent } from '../../../engine/events.ts';
import { EveWriter } from '../../../io/export/eve.ts';
import { MemorySink } from '../../io/export/memory-sink.ts';
import {
  CARE_OF_ADDRESS,
  HOME_ADDRESS,
  OTHER_CARE_OF_ADDRESS,
  START_TIME,
  alternateCareOfAddress,
  bindingAcknowledgementEvent,
  bindingEvent,
  bindingUpdateEvent,
  diagnostic,
  espEvent,
  icmpv6Event,
  makeLink,
  malformedEvent,
  mobilityEvent,
  packetAt,
  packetContext,
  relayEvent,
  tickEvent,
} from '../../rules/event-builders.ts';
import { badValues, schemaCheck } from '../../schema-check.ts';
import { INPUTS, makeAlert, makeRun, makeSummary } from './audit-builders.ts';

const check = schemaCheck('eve.schema.json');

interface Line {
  readonly event_type: string;
  readonly [name: string]: unknown;
}

function parse(text: string): Line {
  const value: unknown = JSON.parse(text);
  expect(check(value), text).toEqual([]);
  expect(badValues(value), text).toEqual([]);
  if (typeof value !== 'object' || value === null || !('event_type' in value)) {
    throw new Error(`no event: ${text}`);
  }
  return { ...value, event_type: String(value.event_type) };
}

/** Lines that the events give; each is checked against the schema. */
function linesOf(...events: readonly EngineEvent[]): Line[] {
  const sink = new MemorySink();
  const follower = new RunFollower(INPUTS, { eve: new EveWriter(sink), store: undefined });
  for (const event of events) follower.onEvent(event);
  return sink.lines.map(parse);
}

const routerAdvertisement = icmpv6Event(
  {
    kind: 'router-advertisement',
    code: 0,
    currentHopLimit: 64,
    flags: ROUTER_ADVERTISEMENT_FLAGS.homeAgent.mask,
    routerLifetime: 1800,
    reachableTime: 0,
    retransTimer: 0,
    options: [],
  },
  { checksum: 'wrong', diagnostics: [diagnostic('ICMPV6_CHECKSUM')] },
);

describe('lines of signalling', () => {
  it('say what a Binding Update asks for, with the fields Suricata has', () => {
    const [line] = linesOf(
      bindingUpdateEvent({ options: [alternateCareOfAddress(OTHER_CARE_OF_ADDRESS)] }),
    );
    expect(line).toMatchObject({
      timestamp: '2023-11-14T22:13:21.000000+0000',
      event_type: 'mip6',
      pcap_cnt: 1,
      pcap_filename: 'captures/site.pcapng',
      in_iface: 'foreign',
      src_ip: '2001:db8:3::99',
      dest_ip: '2001:db8:1::1',
      proto: 'Mobility Header',
      mip6: {
        message: 'binding-update',
        mh_type: 5,
        checksum: 'right',
        home_address: '2001:db8:1::10',
        care_of_address: '2001:db8:4::99',
        home_agent: '2001:db8:1::1',
        sequence: 1,
        lifetime: 60,
        flags: ['acknowledge', 'home_registration'],
        layout: 'home-address-option',
        protection: 'none',
        is_tunnelled: false,
        options: ['alternate-care-of-address'],
      },
    });
  });

  it('take the source for the home address when there is no Home Address option', () => {
    const context = { source: HOME_ADDRESS, homeAddressOption: undefined };
    const [line] = linesOf(bindingUpdateEvent({ lifetime: 0 }, { context }));
    expect(line?.['mip6']).toMatchObject({
      home_address: '2001:db8:1::10',
      care_of_address: '2001:db8:1::10',
      lifetime: 0,
      layout: 'plain',
    });
  });

  it('say what a Binding Acknowledgement answers, and how it was protected', () => {
    const [line] = linesOf(
      bindingAcknowledgementEvent(
        { status: 135, lifetime: 0 },
        {
          context: {
            protection: 'esp-transport',
            esp: { spi: 0xfffffffe, sequence: 3, integrityVerified: true },
            encapsulation: ['6in4'],
          },
        },
      ),
    );
    expect(line?.['mip6']).toMatchObject({
      message: 'binding-acknowledgement',
      status: 135,
      home_address: '2001:db8:1::10',
      care_of_address: '2001:db8:3::99',
      layout: 'type-2-routing-header',
      protection: 'esp-transport',
      spi: 0xfffffffe,
      esp_sequence: 3,
      integrity_verified: true,
      encapsulation: ['6in4'],
    });
  });

  it.each([
    ['home-test-init', { kind: 'home-test-init', homeInitCookie: new Uint8Array(8) }],
    ['care-of-test-init', { kind: 'care-of-test-init', careOfInitCookie: new Uint8Array(8) }],
    ['binding-refresh-request', { kind: 'binding-refresh-request' }],
    ['binding-error', { kind: 'binding-error', status: 1, homeAddress: HOME_ADDRESS }],
    ['unknown-message', { kind: 'unknown-message', mhType: 77, data: new Uint8Array(2) }],
  ] as const)('exist for %s', (name, message) => {
    const [line] = linesOf(mobilityEvent(message));
    expect(line?.['mip6']).toMatchObject({ message: name });
  });

  it('say what ICMPv6 messages are, with type and code as Suricata has them', () => {
    const [line] = linesOf(routerAdvertisement);
    expect(line).toMatchObject({
      event_type: 'mip6',
      icmp_type: 134,
      icmp_code: 0,
      proto: 'IPv6-ICMP',
      mip6: { message: 'router-advertisement', flags: ['home_agent'], lifetime: 1800 },
    });
  });
});

describe('lines of anomalies', () => {
  it('exist for faults and not for oddities', () => {
    const lines = linesOf(
      routerAdvertisement,
      malformedEvent([diagnostic('HAO_LENGTH', 'length 15'), diagnostic('OPTION_ALIGNMENT')]),
    );
    expect(lines.map((line) => line.event_type)).toEqual(['mip6', 'anomaly', 'anomaly']);
    expect(lines[2]?.['anomaly']).toEqual({
      type: 'decode',
      event: 'HAO_LENGTH',
      severity: 'error',
      group: 'malformed',
      text: 'Home Address option length is not 16',
      detail: 'length 15',
    });
  });
});

describe('lines of bindings', () => {
  it('have the addresses of the packet that changed them', () => {
    const [, line] = linesOf(
      bindingUpdateEvent(),
      bindingEvent('moved', { previousCareOfAddress: OTHER_CARE_OF_ADDRESS }),
    );
    expect(line).toMatchObject({
      event_type: 'binding',
      src_ip: '2001:db8:3::99',
      binding: {
        change: 'moved',
        home_address: '2001:db8:1::10',
        peer: '2001:db8:1::1',
        role: 'home',
        care_of_address: '2001:db8:3::99',
        previous_care_of_address: '2001:db8:4::99',
        sequence: 1,
        lifetime: 60,
        known_by: 'clear',
      },
    });
  });

  it('have none when the change was noticed at another packet', () => {
    const [, line] = linesOf(
      bindingUpdateEvent(),
      bindingEvent('expired', { packet: packetAt(99) }),
    );
    expect(line).toMatchObject({ event_type: 'binding', pcap_cnt: 99 });
    expect(line).not.toHaveProperty('src_ip');
  });
});

describe('lines of alerts', () => {
  function alertLine(...before: readonly EngineEvent[]): Line | undefined {
    const sink = new MemorySink();
    const follower = new RunFollower(INPUTS, { eve: new EveWriter(sink), store: undefined });
    for (const event of before) follower.onEvent(event);
    follower.onAlert(makeAlert({ incidentId: undefined }));
    expect(follower.alerts).toBe(1);
    return sink.lines.map(parse).at(-1);
  }

  it('are those of Suricata, with the rule and its evidence in an object of their own', () => {
    const context = packetContext({ packet: packetAt(12), link: makeLink('transit') });
    const line = alertLine(relayEvent({ context }));
    expect(line).toMatchObject({
      event_type: 'alert',
      pcap_cnt: 12,
      in_iface: 'transit',
      dest_ip: '2001:db8:1::1',
      proto: 'ESP',
      alert: {
        action: 'allowed',
        gid: 1,
        signature_id: 1106,
        rev: 1,
        category: 'home-link',
        severity: 1,
      },
      mip6: {
        rule: 'MIP6-1106',
        severity_name: 'critical',
        stage: 'binding-update-relayed',
        home_prefix: '2001:db8:1::/64',
        evidence: [{ pcap_cnt: 11, in_iface: 'foreign' }, { pcap_cnt: 12 }],
      },
    });
  });

  it('leave the addresses out when the deciding packet is not the one at hand', () => {
    expect(alertLine(espEvent())).not.toHaveProperty('src_ip');
    expect(alertLine()).not.toHaveProperty('src_ip');
  });
});

describe('the end of the stream', () => {
  it('is incidents that link their alerts, faults of inputs, and the numbers', () => {
    const sink = new MemorySink();
    const follower = new RunFollower(INPUTS, { eve: new EveWriter(sink), store: undefined });
    const fault = {
      pcap_filename: 'captures/site.pcapng',
      code: 'CAPTURE_TRUNCATED',
      message: 'ends in the middle of a packet',
      offset: 1234,
      packets_before: 42,
    };
    follower.onEvent(tickEvent(192, true));
    follower.end(auditDocument(makeSummary(), makeRun({ faults: [fault] })), START_TIME + 192e6);
    const lines = sink.lines.map(parse);
    expect(lines.map((line) => line.event_type)).toEqual(['anomaly', 'incident', 'stats']);
    expect(lines[0]?.['anomaly']).toMatchObject({ type: 'capture', event: 'CAPTURE_TRUNCATED' });
    expect(lines[1]).toMatchObject({
      pcap_cnt: 14,
      incident: {
        severity: 1,
        assessment: 'succeeded on the home agent',
        alerts: [{ alert_id: 1, signature_id: 1106, pcap_cnt: 12 }],
        stages: [{ stage: 'binding-update-relayed', alert_ids: [1] }],
      },
    });
    expect(lines[2]).toMatchObject({
      timestamp: '2023-11-14T22:16:32.000000+0000',
      stats: { uptime: 192, decoder: { pkts: 42 }, detect: { alert: 2, incident: 1 } },
    });
  });
});

describe('names from captures', () => {
  it('are escaped, terminal controls and all', () => {
    const name = 'a"b\\c\u001b[31m\u009b\u202e\u2028\n';
    const sink = new MemorySink();
    const inputs = [{ name, packets: 1 }];
    const follower = new RunFollower(inputs, { eve: new EveWriter(sink), store: undefined });
    const link = makeLink('foreign', { name });
    follower.onEvent(bindingUpdateEvent({}, { context: { link, source: CARE_OF_ADDRESS } }));
    expect(sink.lines).toHaveLength(1);
    // Printable ASCII only: nothing can reach the terminal.
    expect(sink.lines[0]).toMatch(/^[ -~]+$/);
    expect(parse(sink.lines[0] ?? '')).toMatchObject({ pcap_filename: name, in_iface: name });
  });
});

describe('an output that fails', () => {
  it('is given up and remembered, and the run goes on', () => {
    const sink = new MemorySink();
    sink.failure = 'ENOSPC';
    const follower = new RunFollower(INPUTS, { eve: new EveWriter(sink), store: undefined });
    follower.onEvent(bindingUpdateEvent());
    follower.onEvent(bindingUpdateEvent());
    follower.onAlert(makeAlert());
    expect(follower.failures.map((error) => error.message)).toEqual([
      'cannot write memory: no space left on the device',
    ]);
    expect(follower.alerts).toBe(1);
  });
});
