import { describe, expect, it } from 'vitest';
import mip61208 from '../../rules/forged-binding/mip6-1208.ts';
import mip61209 from '../../rules/forged-binding/mip6-1209.ts';
import mip61210 from '../../rules/forged-binding/mip6-1210.ts';
import mip61211 from '../../rules/forged-binding/mip6-1211.ts';
import mip61212 from '../../rules/forged-binding/mip6-1212.ts';
import mip61213 from '../../rules/forged-binding/mip6-1213.ts';
import {
  ATTACKER,
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  HOME_ADDRESS,
  HOME_AGENT,
  OTHER_CARE_OF_ADDRESS,
  OTHER_HOME_ADDRESS,
  address,
  alternateCareOfAddress,
  bindingAcknowledgementEvent,
  bindingUpdateEvent,
  makeBinding,
  makeLink,
  mobilityEvent,
  only,
  packetAt,
  underTest,
} from './event-builders.ts';
import {
  correspondentAnswer,
  correspondentBinding,
  correspondentUpdate,
  registration,
} from './routability-events.ts';

describe('MIP6-1208', () => {
  it('is low for what is asked and medium for what is granted', () => {
    const tested = underTest(mip61208);
    const asked = only(tested.feed(correspondentUpdate({ second: 1 }, { lifetime: 65_535 })));
    expect(asked).toMatchObject({ severity: 'low' });
    expect(tested.feed(correspondentAnswer({ second: 2 }, { sequence: 1 }))).toEqual([]);
    const answer = correspondentAnswer({ second: 2 }, { sequence: 1, lifetime: 65_535 });
    expect(only(tested.feed(answer)).severity).toBeUndefined();
  });

  it('judges home agents by what they grant, as low', () => {
    const tested = underTest(mip61208);
    expect(tested.feed(bindingUpdateEvent({ lifetime: 65_535 }))).toEqual([]);
    expect(tested.feed(bindingAcknowledgementEvent({ lifetime: 900 }))).toEqual([]);
    const granted = bindingAcknowledgementEvent({ lifetime: 65_535 });
    expect(only(tested.feed(granted))).toMatchObject({ severity: 'low' });
  });
});

describe('MIP6-1209', () => {
  const weaker = bindingUpdateEvent({
    flags: ['acknowledge'],
    options: [{ kind: 'nonce-indices', homeNonceIndex: 1, careOfNonceIndex: 1 }],
  });

  it('reports a registration of the weaker kind for a home binding, and the other way round', () => {
    const draft = only(underTest(mip61209, { bindings: [makeBinding()] }).feed(weaker));
    expect(draft).toMatchObject({ confidence: 'certain', homeAgent: HOME_AGENT });
    const binding = correspondentBinding({ peer: HOME_AGENT });
    expect(underTest(mip61209, { bindings: [binding] }).feed(bindingUpdateEvent())).toHaveLength(1);
  });

  it('is silent without binding, after its end, for a bare deletion, and when its kind is not known', () => {
    expect(underTest(mip61209).feed(weaker)).toEqual([]);
    const ended = makeBinding({ phase: 'deregistered' });
    expect(underTest(mip61209, { bindings: [ended] }).feed(weaker)).toEqual([]);
    const bare = bindingUpdateEvent({ flags: ['acknowledge'], lifetime: 0 });
    expect(underTest(mip61209, { bindings: [makeBinding()] }).feed(bare)).toEqual([]);
    const unknown = makeBinding({ flags: undefined });
    expect(underTest(mip61209, { bindings: [unknown] }).feed(weaker)).toEqual([]);
  });
});

describe('MIP6-1210', () => {
  const to = (careOfAddress: Uint8Array) =>
    bindingUpdateEvent(
      { options: [alternateCareOfAddress(careOfAddress)] },
      { context: { source: careOfAddress } },
    );
  const other = makeBinding({
    homeAddress: OTHER_HOME_ADDRESS,
    careOfAddress: OTHER_CARE_OF_ADDRESS,
  });

  it('reports another registered home address as care-of address', () => {
    const draft = only(underTest(mip61210, { bindings: [other] }).feed(to(OTHER_HOME_ADDRESS)));
    expect(draft).toMatchObject({ confidence: 'certain' });
    expect(draft.message).toContain('a registered home address');
  });

  it('reports a loop', () => {
    const back = makeBinding({ homeAddress: OTHER_HOME_ADDRESS, careOfAddress: HOME_ADDRESS });
    const draft = only(underTest(mip61210, { bindings: [back] }).feed(to(OTHER_HOME_ADDRESS)));
    expect(draft).toMatchObject({ stage: 'denial-of-service' });
    expect(draft.message).toContain('a loop: 2001:db8:1::10 > 2001:db8:1::11 > 2001:db8:1::10');
  });

  it('is low for an address of the home link that is nobody’s, and silent for the own one', () => {
    const tested = underTest(mip61210, { bindings: [other] });
    expect(only(tested.feed(to(address('2001:db8:1::99'))))).toMatchObject({ severity: 'low' });
    expect(tested.feed(to(HOME_ADDRESS))).toEqual([]);
    expect(tested.feed(to(OTHER_CARE_OF_ADDRESS))).toEqual([]);
  });
});

describe('MIP6-1211', () => {
  const forged = (sequence: number, status = 133) =>
    correspondentAnswer({ second: 20 }, { sequence, status, lifetime: 0 });

  it('reports a number that was not sent', () => {
    const tested = underTest(mip61211);
    tested.feedAll(registration());
    const draft = only(tested.feed(forged(777)));
    expect(draft.severity).toBeUndefined();
    expect(draft.message).toContain('no update with sequence 777 was sent');
  });

  it('takes the next number for that of an update that was not seen', () => {
    const tested = underTest(mip61211);
    tested.feedAll(registration());
    expect(only(tested.feed(forged(3)))).toMatchObject({ severity: 'low' });
  });

  it('reports an answer that goes elsewhere, and one of a node that was not asked', () => {
    const tested = underTest(mip61211);
    tested.feedAll(registration());
    const elsewhere = correspondentAnswer({ second: 3, careOfAddress: ATTACKER }, { sequence: 1 });
    expect(only(tested.feed(elsewhere)).message).toContain('its update came from 2001:db8:3::99');
    const other = correspondentAnswer({ second: 4, peer: ATTACKER }, { sequence: 1 });
    expect(only(tested.feed(other))).toMatchObject({ attacker: ATTACKER });
  });

  it('is silent for status 135 with an older number, and at the start of a capture', () => {
    const tested = underTest(mip61211);
    tested.feedAll(registration());
    expect(tested.feed(forged(0, 135))).toEqual([]);
    expect(underTest(mip61211).feed(forged(777))).toEqual([]);
  });
});

describe('MIP6-1212', () => {
  const error = (status: number, hopLimit = 61) =>
    mobilityEvent(
      { kind: 'binding-error', status, homeAddress: HOME_ADDRESS },
      {
        context: {
          packet: packetAt(200),
          link: makeLink('transit'),
          source: CORRESPONDENT,
          destination: CARE_OF_ADDRESS,
          hopLimit,
        },
      },
    );
  const bindings = [correspondentBinding()];

  it('is low for a denied binding, and not when it comes another way', () => {
    const tested = underTest(mip61212, { bindings });
    tested.feedAll(registration());
    expect(only(tested.feed(error(1)))).toMatchObject({ severity: 'low' });
    expect(only(tested.feed(error(1, 200))).severity).toBeUndefined();
  });

  it('reports an error to a node that sent nothing', () => {
    const tested = underTest(mip61212);
    tested.feedAll(registration());
    expect(only(tested.feed(error(2))).message).toContain('no message was sent');
    expect(only(tested.feed(error(1))).message).toContain('no Home Address option');
  });

  it('is silent when a message went before, and about strangers', () => {
    const tested = underTest(mip61212);
    tested.feedAll([...registration(), correspondentUpdate({ second: 190 }, { sequence: 2 })]);
    expect(tested.feed(error(2))).toEqual([]);
    expect(tested.feed(error(1))).toEqual([]);
    expect(underTest(mip61212).feedAll([error(1), error(2)])).toEqual([]);
  });
});

describe('MIP6-1213', () => {
  const request = (second: number, peer = CORRESPONDENT) =>
    mobilityEvent(
      { kind: 'binding-refresh-request' },
      {
        context: {
          packet: packetAt(second),
          link: makeLink('transit'),
          source: peer,
          destination: HOME_ADDRESS,
        },
      },
    );

  it('accepts one near the end of a binding; one long before is low', () => {
    const tested = underTest(mip61213, { bindings: [correspondentBinding()] });
    expect(tested.feed(request(380))).toEqual([]);
    expect(only(tested.feed(request(10)))).toMatchObject({ severity: 'low' });
  });

  it('reports one for a binding that was deleted', () => {
    const bindings = [correspondentBinding({ phase: 'deregistered' })];
    expect(only(underTest(mip61213, { bindings }).feed(request(30))).severity).toBeUndefined();
  });

  it('reports one of a stranger when the node was watched for long', () => {
    const tested = underTest(mip61213);
    tested.feedAll(registration());
    expect(only(tested.feed(request(30, ATTACKER)))).toMatchObject({ severity: 'low' });
    expect(only(tested.feed(request(430, ATTACKER))).severity).toBeUndefined();
    expect(underTest(mip61213).feed(request(30, ATTACKER))).toEqual([]);
  });

  it('reports a flood with one alert, whoever is said to send it', () => {
    const tested = underTest(mip61213);
    for (let n = 0; n < 20; n++) tested.feed(request(10 + n, address(`2001:db8:66::${n}`)));
    expect(only(tested.alerts)).toMatchObject({ confidence: 'certain' });
  });
});
