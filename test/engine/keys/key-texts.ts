/**
 * Made-up key files that say the same associations in different formats.
 */

/** `0x` and as many octets counted up from `first`. */
export function key(octets: number, first = 0): string {
  let text = '0x';
  for (let i = 0; i < octets; i++) text += ((first + i) & 0xff).toString(16).padStart(2, '0');
  return text;
}

export const HOME_ADDRESS = '2001:db8:1::10';
export const HOME_AGENT = '2001:db8:1::1';
export const CARE_OF_ADDRESS = '2001:db8:2::10';

/** RFC 3776 section 5.2, as a setkey file. */
export const SETKEY = `#!/usr/sbin/setkey -f
flush;
spdflush;
# Binding Updates and Acknowledgements
add ${HOME_ADDRESS} ${HOME_AGENT} esp 0x100 -m transport -u 1 -r 8
	-E rijndael-cbc ${key(16)}
	-A hmac-sha1 ${key(20, 0x40)};
add ${HOME_AGENT} ${HOME_ADDRESS} esp 257 -m transport -E 3des-cbc ${key(24)} -A hmac-sha2-256 ${key(32)};
add ${HOME_ADDRESS} ${HOME_AGENT} ah 0x200 -A hmac-md5 "0123456789abcdef";
# Return routability
add -6 ${CARE_OF_ADDRESS} ${HOME_AGENT} esp 0x102 -m tunnel -lh 3600 -f zero-pad -E null -A aes-xcbc-mac "0123456789abcdef";
spdadd ${HOME_ADDRESS}/128 ${HOME_AGENT}/128 135 5 -P out ipsec esp/transport//unique:1;
spdadd ${HOME_ADDRESS} ::/0 icmp6 146,0 -P in prio high ipsec esp/tunnel/${CARE_OF_ADDRESS}-${HOME_AGENT}/use;
spdadd ::/0[any] ::/0[500] udp -P out none;
`;

/** What `ip -6 xfrm state` prints. */
export const XFRM_STATE = `src ${HOME_ADDRESS} dst ${HOME_AGENT}
	proto esp spi 0x00000100 reqid 1 mode transport
	replay-window 64 
	auth-trunc hmac(sha1) ${key(20, 0x40)} 96
	enc cbc(aes) ${key(16)}
	anti-replay context: seq 0x0, oseq 0x5, bitmap 0x00000000
	coa ${CARE_OF_ADDRESS}
	sel src ${HOME_ADDRESS}/128 dst ${HOME_AGENT}/128 proto mobility-header type 5 
src ${HOME_AGENT} dst ${HOME_ADDRESS}
	proto esp spi 0x00000101 reqid 1 mode tunnel
	replay-window 0 flag af-unspec esn
	aead rfc4106(gcm(aes)) ${key(20)} 96
	encap type espinudp sport 4500 dport 4500 addr ::
	anti-replay esn context:
	 seq-hi 0x1, seq 0x2, oseq-hi 0x0, oseq 0x0
	 replay_window 128, bitmap-length 4
	 00000000 00000000 00000000 00000000 
src ${HOME_ADDRESS} dst ${HOME_AGENT}
	proto esp spi 0x00000102 reqid 0 mode transport
	replay-window 32 
	auth hmac(sha256) ${key(32)}
	enc ecb(cipher_null) 
src ${HOME_AGENT} dst ${HOME_ADDRESS}
	proto route2 reqid 0 mode ro
	replay-window 0 
	coa ${CARE_OF_ADDRESS}
	sel src ::/0 dst ::/0 
`;

/** What `ip -s xfrm state` prints of one. */
export const XFRM_STATE_STATISTICS = `src ${HOME_ADDRESS} dst ${HOME_AGENT}
	proto esp spi 0x00000100(256) reqid 1(0x00000001) mode transport
	replay-window 32 seq 0x00000000 flag  (0x00000000)
	auth-trunc hmac(sha256) ${key(32)} (256 bits) 128
	enc cbc(aes) ${key(16)} (128 bits)
	sel src ::/0 dst ::/0 uid 0
	lifetime config:
	  limit: soft (INF)(bytes), hard (INF)(bytes)
	lifetime current:
	  0(bytes), 0(packets)
	  add 2026-01-01 00:00:00 use -
	stats:
	  replay-window 0 replay 0 failed 0
`;

/** What `ip xfrm policy` printed for policies made with `ip xfrm policy add`. */
export const XFRM_POLICY = `src ::/0 dst ${HOME_ADDRESS}/128 proto mobility-header type 1 dev lo 
	dir in priority 0 ptype main 
	tmpl src ${HOME_AGENT} dst ${CARE_OF_ADDRESS}
		proto esp reqid 0 mode tunnel
		level use 
src ${HOME_ADDRESS}/128 dst ${HOME_AGENT}/128 proto mobility-header type 5 
	dir out priority 2 ptype main 
	tmpl src :: dst ::
		proto esp reqid 1 mode transport
src ::/0 dst ::/0 proto ipv6-icmp type 146 code 0 
	dir fwd action block priority 7 ptype main 
`;

/** As in tcpdump's manual, with the IKE lines of both directions. */
export const TCPDUMP = `# a comment

0x00000100@${HOME_AGENT} aes128-cbc-hmac96:${key(16)}
257@192.0.2.1  3des-cbc:${key(24)}
ikev2 I 0x0001020304050607 0x1011121314151617 sha1:${key(20)} aes128:${key(16)}
ikev2 R 0x0001020304050607 0x1011121314151617 sha1:${key(20, 1)} aes128:${key(16, 1)}
`;

/** Rows as strongSwan's save-keys plugin writes them. */
export const IKEV2_TABLE = `0001020304050607,1011121314151617,${key(16).slice(2)},${key(16, 1).slice(2)},"AES-CBC-128 [RFC3602]",${key(20).slice(2)},${key(20, 1).slice(2)},"HMAC_SHA1_96 [RFC2404]"
2021222324252627,3031323334353637,${key(20).slice(2)},${key(20, 1).slice(2)},"AES-GCM-128 with 16 octet ICV [RFC5282]",,,"NONE [RFC4306]"
`;

export const IKEV1_TABLE = `0001020304050607,${key(24).slice(2)}
`;

/** What `swanctl --list-sas` prints. */
export const SWANCTL = `home: #1, ESTABLISHED, IKEv2, 0001020304050607_i* 1011121314151617_r
  local  'ha.example' @ ${HOME_AGENT}[500]
  remote 'mn.example' @ ${CARE_OF_ADDRESS}[500]
  AES_CBC-128/HMAC_SHA1_96/PRF_HMAC_SHA1/CURVE_25519
  established 2s ago, rekeying in 14031s
  mh: #2, reqid 1, INSTALLED, TRANSPORT, ESP:AES_CBC-128/HMAC_SHA1_96
    installed 2s ago, rekeying in 3296s, expires in 3958s
    in  c0000100,     84 bytes,     1 packets,     2s ago
    out c0000101,    168 bytes,     2 packets,     2s ago
    local  ${HOME_AGENT}/128[135]
    remote ${HOME_ADDRESS}/128[135]
  payload: #3, reqid 2, INSTALLED, TUNNEL-in-UDP, ESP:AES_GCM_16-128
    in  c0000102 (-|0x00000042),     0 bytes,     0 packets
    local  ::/0
`;
