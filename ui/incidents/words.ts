/**
 * What an incident needs said for somebody who does not know Mobile IPv6 yet.
 */
import type { AlertRow, IncidentRow } from '../../engine/views/model/index.ts';

/** Step of an attack. */
export type StageName = IncidentRow['stages'][number]['stage'];

/** Name of a step, and what happens in it. */
export const STAGE_WORDS: Readonly<
  Record<StageName, { readonly name: string; readonly says: string }>
> = {
  'rogue-advertisement': {
    name: 'Rogue advertisement',
    says: 'the node is away, but is told that it is at home',
  },
  'deregistration-provoked': {
    name: 'De-registration provoked',
    says: 'it believes that, and asks its home agent to forget where it is',
  },
  'binding-update-relayed': {
    name: 'Binding Update relayed',
    says: 'the attacker brings this request to the home agent',
  },
  'acknowledgement-stripped': {
    name: 'Acknowledgement stripped',
    says: 'and brings the answer back, without the trace of his hands',
  },
  'unprotected-traffic': {
    name: 'Unprotected traffic',
    says: 'the node gives up its tunnel: the attacker reads along',
  },
  'denial-of-service': {
    name: 'Denial of service',
    says: 'somebody is cut off or drowned in packets',
  },
  evasion: {
    name: 'Evasion',
    says: 'packets are made so that a detector does not understand them',
  },
  'policy-breach': { name: 'Policy breach', says: 'something was done that the site forbids' },
};

/** Steps of the relay attack, in its order; drawn also where they were not seen. */
export const RELAY_CHAIN: readonly StageName[] = [
  'rogue-advertisement',
  'deregistration-provoked',
  'binding-update-relayed',
  'acknowledgement-stripped',
  'unprotected-traffic',
];

/** Steps beside the chain. */
export const OTHER_STAGES: readonly StageName[] = ['denial-of-service', 'evasion', 'policy-breach'];

const ASSESSMENTS: Readonly<Record<string, string | undefined>> = {
  attempted: 'tried; nothing shows that it worked',
  'succeeded on the home agent': 'it worked on the home agent: the binding of the node is gone',
  'succeeded on the mobile node': 'it worked on the node: it sends without protection',
  'succeeded on both':
    'it worked on both sides: the binding is gone, and the node sends without protection',
};

/** How far an attack came, in words. */
export function assessmentText(assessment: string | undefined): string | undefined {
  if (assessment === undefined) return undefined;
  return ASSESSMENTS[assessment] ?? assessment;
}

/** Whether it worked. */
export function hasSucceeded(assessment: string | undefined): boolean {
  return assessment?.includes('succeeded') === true;
}

/** How sure it is. */
export const CONFIDENCE_WORDS: Readonly<Record<AlertRow['confidence'], string>> = {
  certain: 'certain',
  partial: 'likely, but the evidence allows another reading',
};

/** Words that are explained when they occur. */
const GLOSSARY: readonly (readonly [word: string, pattern: RegExp, says: string])[] = [
  [
    'home address',
    /home address/i,
    'permanent address of a mobile node; others use it wherever the node is',
  ],
  ['care-of address', /care-of/i, 'address of a mobile node on the link where it is now'],
  [
    'home agent',
    /home agent/i,
    'router at home that takes packets for nodes that are away and sends them on through a tunnel',
  ],
  [
    'binding',
    /binding/i,
    'entry of a home agent: this home address is at that care-of address now',
  ],
  [
    'Binding Update',
    /Binding Update|\bBU\b/,
    'message by which a node tells its agent where it is; with lifetime 0 it says that it is home again',
  ],
  [
    'de-registration',
    /de-?registration/i,
    'Binding Update with lifetime 0: the agent forgets the node and stops its tunnel',
  ],
  [
    'Router Advertisement',
    /Router Advertisement|\bRA\b|advertis/i,
    'message of a router that says which prefix belongs to a link; nodes know by it where they are',
  ],
  [
    'Home Address option',
    /Home Address option|\bHAO\b/,
    'header of a node that is away: take this home address for my source',
  ],
  [
    'type 2 routing header',
    /routing header|\bRH2\b/i,
    'header to a node that is away: pass this on to the home address',
  ],
  [
    'ESP',
    /\bESP\b|\bSPI\b/,
    'IPsec protection of a packet; SPI and sequence number tell packets apart',
  ],
  ['ICV', /\bICV\b|integrity check/i, 'check value of ESP: proves that nothing was changed'],
  ['RA-Guard', /RA-Guard/i, 'function of switches that drops advertisements of strangers'],
  ['correspondent', /correspondent/i, 'any other node that a mobile node talks to'],
  [
    'return routability',
    /return routability|\bHo?TI\b|\bCoTI?\b|Home Test|Care-of Test/,
    'test by which a correspondent sees that a node is reached at both of its addresses',
  ],
];

/** Words of a text that a newcomer may not know, with what they mean. */
export function glossaryOf(
  texts: readonly string[],
): readonly { readonly word: string; readonly says: string }[] {
  const all = texts.join('\n');
  return GLOSSARY.filter(([, pattern]) => pattern.test(all)).map(([word, , says]) => ({
    word,
    says,
  }));
}
