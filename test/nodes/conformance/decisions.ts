/**
 * What was decided where a case leaves the outcome open, or is an option. Sorted by id.
 */

/** A decision on one case. */
export interface Decision {
  readonly id: string;
  /** One line: what the nodes do, and the option that changes it. */
  readonly decision: string;
}

/** The decisions. */
export const DECISIONS: readonly Decision[] = [
  {
    id: 'CN-BRR-01',
    decision:
      'Sent when a packet uses a binding in its last 30 s (a quarter of a shorter lifetime): four at most, 2, 4 and 8 s apart; `sendsRefreshRequests: false` sends none.',
  },
  {
    id: 'CN-BRR-02',
    decision: 'No timer asks: a binding that no packet uses draws no Binding Refresh Request.',
  },
  {
    id: 'CN-BU-02',
    decision:
      'Acceptance without the A bit is not acknowledged; refusals by 130, 135 to 138 always are.',
  },
  {
    id: 'CN-BU-13',
    decision:
      '131 goes without Binding Authorization Data, since no Kbm exists, and within the limits for strangers.',
  },
  {
    id: 'CN-BU-15',
    decision:
      '139 to a home registration goes without Binding Authorization Data, since no Kbm exists; 139 to an update by return routability is signed.',
  },
  {
    id: 'CN-BU-17',
    decision:
      'The least recently used binding makes room unless it was registered or used in the last 10 s, or the new one is of a home /64 that has a quarter of the cache: then 130.',
  },
  {
    id: 'CN-BU-22',
    decision:
      'R is ignored as reserved: accepted without R in the acknowledgement, and no prefix is forwarded.',
  },
  {
    id: 'CN-LIFE-08',
    decision:
      'Deletions are verified over the home address (RFC 6275 section 6.2.7) and, failing that, over the care-of address (section 11.7.2); the acknowledgement is signed over the same.',
  },
  {
    id: 'CN-LIFE-10',
    decision:
      'Status 0: what is not there counts as deleted; only its sequence number is remembered against replay.',
  },
  {
    id: 'CN-LIFE-12',
    decision:
      'Refused with 135 and the last sequence number, signed; a node that began its numbers anew with a younger nonce bars its older nonces, which then draw 138 (136 for a deletion).',
  },
  {
    id: 'CN-LIFE-13',
    decision:
      'A deletion, as in RFC 3775: Kbm of the home token alone, acknowledged with lifetime 0.',
  },
  {
    id: 'CN-LIFE-14',
    decision:
      'One memory for all ends of a binding, twice as many home addresses as bindings (`replayCapacity`); when it is full, the oldest nonces are invalidated.',
  },
  {
    id: 'CN-NON-01',
    decision:
      'Accepted until 240 s after the first use of the nonce: 210 to 240 s after the token was given out.',
  },
  {
    id: 'CN-NON-03',
    decision:
      'Made when a test asks and the last is 30 s old; Kcn changes with each nonce; an idle node has neither.',
  },
  {
    id: 'CN-PKT-01',
    decision:
      'Done for all payload; `installsPath: false` leaves it to the role that composes the path.',
  },
  {
    id: 'CN-PKT-08',
    decision:
      'Three errors or more about packets with the routing header, five seconds or more between first and last, no minute without one; port unreachable does not count.',
  },
  {
    id: 'CN-RR-14',
    decision:
      '`isRouteOptimisationEnabled: false` answers test inits and updates with Parameter Problem 1, as a node without Mobile IPv6 does.',
  },
  {
    id: 'COM-HAO-04',
    decision: 'Dropped without a Binding Error.',
  },
  {
    id: 'COM-HAO-05',
    decision: 'Dropped without a Binding Error.',
  },
  {
    id: 'COM-HAO-09',
    decision: 'No binding is asked for in front of ESP, AH and Mobility Headers.',
  },
  {
    id: 'COM-HAO-12',
    decision: 'Received twice, in one header or two: dropped in silence.',
  },
  {
    id: 'COM-MH-13',
    decision: 'Ten Binding Errors at once and ten a second, of both statuses together.',
  },
  {
    id: 'COM-MH-20',
    decision: 'Dropped in silence, with the alarm mobility-message-malformed.',
  },
  {
    id: 'COM-MH-21',
    decision:
      'Dropped in silence; with an alarm where the length is fixed by the option itself, with a warning for an authenticator of other than 12 octets.',
  },
  {
    id: 'DRG-03',
    decision: 'Silence and an alarm, in mode `strict` (default) and `umip`.',
  },
  {
    id: 'DRG-10',
    decision: 'Refused in mode `strict`; accepted in modes `umip` and `rfc`.',
  },
  {
    id: 'DRG-17',
    decision: 'Refused with an alarm; option `ingress: alarm` takes it and tells.',
  },
  {
    id: 'DRG-18',
    decision: 'Silence: no acknowledgement to anybody.',
  },
  {
    id: 'DRG-19',
    decision:
      'Option `deregistration: strict | umip | rfc`, for the home agent and over it for each home address.',
  },
  {
    id: 'DRG-20',
    decision: 'Status 174.',
  },
  {
    id: 'DRG-MN-02',
    decision:
      '`isOptimistic` uses the tunnel before the first acknowledgement; coming home it has no effect.',
  },
  {
    id: 'DRG-MN-05',
    decision:
      'Taken when ESP vouches for it: nothing in it tells the relay, and the home agent refuses relayed updates (DRG-03).',
  },
  {
    id: 'DRG-MN-06',
    decision:
      '`homeRouters` and every router behind which a return was acknowledged are known; others are reported. `homeLink: never` (default) and `send` refuse the whole advertisement, also of prefixes around or inside the home prefix.',
  },
  {
    id: 'DRG-MN-09',
    decision:
      '`keepIpsecAtHome`: the tunnel runs from the home address to the home agent; what comes outside of it is thrown away.',
  },
  {
    id: 'HA-DER-04',
    decision:
      'Status 133; within ten seconds of an accepted de-registration a repeated one with a greater number is accepted again.',
  },
  {
    id: 'HA-DER-08',
    decision:
      'The sequence number is kept for MAX_DELETE_BCE_TIMEOUT, at most as many as home registrations; the oldest goes first.',
  },
  {
    id: 'HA-DHA-01',
    decision:
      'Done; only the anycast address of a served prefix is answered, 20 replies a second at most; `addressDiscovery: false` answers none.',
  },
  {
    id: 'HA-DHA-04',
    decision: 'Done: the own address of each prefix of that link.',
  },
  {
    id: 'HA-DHA-05',
    decision: 'Done; `preference` ranks the own addresses.',
  },
  {
    id: 'HA-DHA-06',
    decision: 'Done: a new order for each reply.',
  },
  {
    id: 'HA-DHA-07',
    decision: 'Done: 77 addresses, the last home agent may be listed in part.',
  },
  {
    id: 'HA-DHA-11',
    decision: 'The home agents without mobile routers are listed, with R clear.',
  },
  {
    id: 'HA-HAL-02',
    decision: 'Done.',
  },
  {
    id: 'HA-LIFE-04',
    decision: 'The preferred lifetime never shortens a binding.',
  },
  {
    id: 'HA-LIFE-12',
    decision:
      'Options `maximumLifetime` of the home agent and of each mobile node; the lowest counts.',
  },
  {
    id: 'HA-MC-03',
    decision: 'Not tunnelled, and not joined on the home link.',
  },
  {
    id: 'HA-MC-07',
    decision:
      'DHCPv6 is not relayed; `hasDhcpv6: true` says that mobile nodes reach it by other means, and lets M and O through.',
  },
  {
    id: 'HA-MPD-05',
    decision: 'Discarded without an answer.',
  },
  {
    id: 'HA-MPD-06',
    decision: 'Done by the policies; without a policy a solicitation counts with a binding only.',
  },
  {
    id: 'HA-MPD-09',
    decision: 'Scheduled, also for prefixes that another home agent of the link brings.',
  },
  {
    id: 'HA-ND-04',
    decision: 'Three advertisements a second apart; option `advertisements` 1 to 3.',
  },
  {
    id: 'HA-RA-05',
    decision: 'Done.',
  },
  {
    id: 'HA-RA-07',
    decision: 'Done: three times the longest interval, rounded up to whole seconds.',
  },
  {
    id: 'HA-REG-04',
    decision:
      'With AH or in tunnel mode the wire source counts; with ESP in transport mode the option is required (RFC 3776 section 4.3), silence and an alarm without; option `alternateCareOfAddress`.',
  },
  {
    id: 'HA-REG-11',
    decision:
      'Without K the key management connections to the old care-of address are discarded; on a first binding those to the home address.',
  },
  {
    id: 'HA-REG-16',
    decision:
      'Updates sent again while duplicate address detection runs are merged: one answer, to the latest; earlier ones are dropped in silence.',
  },
  {
    id: 'HA-REJ-05',
    decision:
      'Status 132; also when less than four seconds of the valid lifetime of the home prefix are left.',
  },
  {
    id: 'HA-REJ-06',
    decision: 'Status 132 with A and without.',
  },
  {
    id: 'HA-REJ-07',
    decision:
      'Status 130 when the cache is full, waiting registrations counted, or too many registrations wait (option `pendingCapacity`).',
  },
  {
    id: 'HA-REJ-08',
    decision:
      'Status 129 for mobile nodes whose policy says `isAllowed: false`; status 133 for those that have no policy.',
  },
  {
    id: 'HA-REJ-09',
    decision:
      'Status 128 while the home link is down, and for new mobile nodes while the home agent is being drained.',
  },
  {
    id: 'HA-REJ-10',
    decision: 'Silence and an alarm.',
  },
  {
    id: 'HA-REJ-12',
    decision:
      'Status 174; option `careOfAtHome: deregister` takes it as RFC 3775 did, for home addresses in mode `rfc` only.',
  },
  {
    id: 'HA-REJ-13',
    decision:
      'Status 174 for a care-of address that is a served home address, a bound one or an address of the home agent.',
  },
  {
    id: 'HA-REV-06',
    decision: 'Done: the association names the mobile node, so the outer source is not asked.',
  },
  {
    id: 'HA-REV-07',
    decision:
      'By the policies of IPsec, and by `isPayloadProtected` of a mobile node, which also keeps its tunnel from being used in the clear.',
  },
  {
    id: 'HA-SEQ-17',
    decision:
      'Status 135 for ten seconds after a de-registration, also over a restart with a store.',
  },
  {
    id: 'IPS-BU-13',
    decision: 'Supported: policies with `bindingUpdates: esp-tunnel`.',
  },
  {
    id: 'IPS-BU-15',
    decision: 'Policies tell Binding Updates from other Mobility Headers by type.',
  },
  {
    id: 'IPS-RR-10',
    decision: 'An option of each mobile node; off by default, as in RFC 3776.',
  },
  {
    id: 'IPS-RR-12',
    decision: 'Tunnel policies rest at once; all associations are kept.',
  },
  {
    id: 'MN-BA-09',
    decision:
      '128 and 130: the next home agent, or the same after 32 s; 174: another care-of address; all others: the next home agent, or the same after 600 s.',
  },
  {
    id: 'MN-BA-10',
    decision:
      'Not when another home agent still has the acknowledged binding of this node: then 134 is an answer of that home agent alone.',
  },
  {
    id: 'MN-BE-03',
    decision:
      'Ignored while packets came by the binding within the last 2 s, or the correspondent has acknowledged an update in that time.',
  },
  {
    id: 'MN-BE-04',
    decision:
      'The binding counts as gone at once and packets take the tunnel; return routability starts again, once a second at most. The sequence number is kept.',
  },
  {
    id: 'MN-BE-06',
    decision: 'No extensions are in use: route optimisation with that node rests for ten minutes.',
  },
  {
    id: 'MN-BE-11',
    decision:
      'Ignored when no packet went either way for two minutes: the binding ends by itself; no deletion is sent.',
  },
  {
    id: 'MN-BE-13',
    decision:
      'Discarded; `ignoresHomeAgentErrors: false` believes Parameter Problem 1 and goes to the next home agent.',
  },
  {
    id: 'MN-BU-08',
    decision:
      'The lesser of `lifetime` (3600 s) and what is left of home prefix and care-of address; never below 4 s.',
  },
  {
    id: 'MN-BU-11',
    decision: 'After three quarters of the lifetime, or as Binding Refresh Advice says.',
  },
  {
    id: 'MN-CR-05',
    decision:
      '420 s, or less where the home registration, the home prefix or `lifetime` ends earlier; under 8 s nothing is registered.',
  },
  {
    id: 'MN-CR-09',
    decision:
      'After a move to a new care-of address every correspondent of the list, 16 at once and the others 20 ms apart; a renewal of the same care-of address is no reason.',
  },
  {
    id: 'MN-CR-10',
    decision:
      'Yes: payload through the tunnel begins it (no Mobility Header, no ICMPv6 error, not of the home agent); eight new correspondents at once and one a second, 1024 in all, the least recently used goes first.',
  },
  {
    id: 'MN-DHA-01',
    decision:
      'Only without configured home agents, or after a Home Agent Switch without addresses; begins anew after a move, and 60 s after silence.',
  },
  {
    id: 'MN-DHA-08',
    decision:
      'A solicitation follows once a minute at most, and only for an advertisement that is protected.',
  },
  {
    id: 'MN-MC-01',
    decision:
      'From the link-local address of the visited interface, as RFC 3810 section 5.2.13 demands; never from the home address.',
  },
  {
    id: 'MN-MC-02',
    decision:
      '`joinGroup` of the mobile node; reports are link-local inside the tunnel (RFC 6275 section 10.4.3).',
  },
  {
    id: 'MN-MD-01',
    decision:
      '`duplicateDetection: optimistic` leaves out the second check of the link-local address and uses care-of addresses while they are checked.',
  },
  {
    id: 'MN-MD-03',
    decision:
      'Two missed advertisements (`movement.missedAdvertisements`) prompt a question to the router; without an answer routers are solicited.',
  },
  {
    id: 'MN-MD-07',
    decision:
      'Under `homeLink: prefix` at once, even while another router answers; left again for five minutes when nobody acknowledges within 15 s and there is another way.',
  },
  {
    id: 'MN-MD-11',
    decision: 'On other interfaces, and on the same one while the return home is not acknowledged.',
  },
  {
    id: 'MN-MD-14',
    decision: 'The tunnel stays until a protected acknowledgement, in every mode of `homeLink`.',
  },
  {
    id: 'MN-PKT-03',
    decision:
      'Packets from the home address to neighbors of a visited link are thrown away; the link-local address is there for them.',
  },
  {
    id: 'MN-RET-07',
    decision:
      'A duplicate may be a binding from before the start: the home agent is asked to let go of it, and only when it has none is the address given up.',
  },
  {
    id: 'MN-RR-09',
    decision:
      'Reused: only the test whose token is missing or 210 s old is run, the age counted from when its Init was sent.',
  },
  {
    id: 'MN-RR-11',
    decision: 'Ten minutes, and only when the error quotes the message that is waited for.',
  },
  {
    id: 'MN-RTX-05',
    decision:
      'Also for a de-registration before a switch to another home agent; at home it goes on at the longest timeout.',
  },
  {
    id: 'MN-RTX-06',
    decision:
      'Retransmitted after 1, 2, 4, 8 and 16 s, given up 32 s later; the correspondent is left alone for ten minutes then.',
  },
  {
    id: 'MN-RTX-11',
    decision:
      'The fourth unanswered transmission in a row sends packets to the tunnel, also while the old binding lasts.',
  },
];

/** Cases about parts that the nodes leave to others, and to whom. */
export const NOT_APPLICABLE: readonly Decision[] = [
  {
    id: 'IPS-IKE-04',
    decision:
      'certificates are judged by the keying daemon (strongSwan); its associations are imported',
  },
  {
    id: 'IPS-IKE-08',
    decision: '“if supported”: configuration payloads are answered by the keying daemon',
  },
  { id: 'IPS-IKE-09', decision: 'EAP is done by the keying daemon' },
  { id: 'IPS-IKE-10', decision: '“if supported”: IKEv1 is not' },
];
