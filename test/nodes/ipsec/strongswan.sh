#!/bin/bash
# Two charons, one for a mobile node and one for its home agent, negotiate child SAs for the home address: Mobility Header
# between the two, and Mobility Header to anybody (RFC 4877 section 7.2). That of the mobile node protects the Mobility
# Header message in the file `message`, with ESP of its own.
#
# Runs as `unshare --net --mount --propagation private bash strongswan.sh folder`. Leaves in the folder session.pcap and,
# for the mobile node in a, for the home agent in b, log and what the plugin save-keys has written, where there is one:
# esp_sa. Nothing of it is seen outside, and all of it ends with the script.
set -eu
folder=$1
node=2001:db8:2::10
agent=2001:db8:1::1
home=2001:db8:1::10
for charon in /usr/lib/ipsec/charon /usr/libexec/ipsec/charon /usr/lib/strongswan/charon; do
  [ -x "$charon" ] && break
done

mount -t tmpfs none /run
mkdir -p /run/netns

configure() { # name address peer identity other-identity binding-ends home-test-ends
  mkdir -p "$folder/$1"
  # Policies between home address and home agent would catch IKE itself, but for the mark.
  cat >"$folder/$1/strongswan.conf" <<CONF
charon {
  load = random nonce openssl kdf hmac gcm aes sha1 sha2 save-keys kernel-libipsec kernel-netlink socket-default vici
  filelog { log { path = $folder/$1/log
    default = 1
    chd = 4
    flush_line = yes } }
  plugins { vici { socket = unix://$folder/$1/vici }
    save-keys { load = yes
      esp = yes
      wireshark_keys = $folder/$1 }
    socket-default { fwmark = 0x42 }
    kernel-netlink { fwmark = !0x42 }
    kernel-libipsec { load = yes
      allow_peer_ts = yes } }
}
swanctl { load = random openssl }
CONF
  cat >"$folder/$1/swanctl.conf" <<CONF
connections { mip6 { version = 2
  local_addrs = $2
  remote_addrs = $3
  encap = yes
  proposals = aes128-sha256-ecp256
  rekey_time = 0
  local { auth = psk
    id = $4 }
  remote { auth = psk
    id = $5 }
  children {
    binding { $6
      esp_proposals = aes128-sha256
      rekey_time = 0 }
    home-tests { $7
      esp_proposals = aes256-sha1
      rekey_time = 0 } } } }
secrets { ike-1 { secret = "not a secret" } }
CONF
}

# To the ESP of charon a Mobility Header is an extension header, with nothing (59) behind it.
mobile="$home/128[135], $home/128[59]"
binding="$agent/128[135], $agent/128[59]"
tests=::/0[135]
configure a $node $agent mn@example.org ha@example.org "local_ts = $mobile
      remote_ts = $binding" "local_ts = $home/128[135]
      remote_ts = $tests"
configure b $agent $node ha@example.org mn@example.org "local_ts = $binding
      remote_ts = $mobile" "local_ts = $tests
      remote_ts = $home/128[135]"
ip netns add a
ip netns add b
ip -n a link add va type veth peer name vb netns b
for name in a b; do
  ip -n $name link set lo up
  ip -n $name link set v$name up
done
ip -n a addr add $node/16 dev va nodad
ip -n b addr add $agent/16 dev vb nodad
ip -n a addr add $home/128 dev lo

ip netns exec a tcpdump --immediate-mode -Z root -U -i va -w "$folder/session.pcap" udp 2>"$folder/tcpdump" &
capture=$!
for _ in $(seq 600); do
  grep -q 'listening on' "$folder/tcpdump" && break
  sleep 0.1
done
charons=()
for name in a b; do
  ip netns exec $name unshare --mount sh -c \
    "mount -t tmpfs none /run && STRONGSWAN_CONF='$folder/$name/strongswan.conf' exec '$charon'" \
    >"$folder/$name/out" 2>&1 &
  charons+=($!)
done
# A namespace has its own /run, so both daemons may be there; they end with this script.
trap 'kill "${charons[@]}" $capture 2>/dev/null || true; wait' EXIT

control() { # name command...
  local name=$1
  shift
  STRONGSWAN_CONF="$folder/$name/strongswan.conf" timeout 60 swanctl "$@" --uri "unix://$folder/$name/vici"
}
for name in b a; do
  for _ in $(seq 600); do
    [ -S "$folder/$name/vici" ] && break
    sleep 0.1
  done
  control $name --load-all --file "$folder/$name/swanctl.conf" >/dev/null 2>&1
done
control a --initiate --child binding
control a --initiate --child home-tests
before=$(stat -c %s "$folder/session.pcap")
ip netns exec a python3 -c '
import socket, sys
mobility = socket.socket(socket.AF_INET6, socket.SOCK_RAW, 135)
mobility.bind((sys.argv[1], 0))
mobility.sendto(open(sys.argv[3], "rb").read(), (sys.argv[2], 0))
' $home $agent "$folder/message"
for _ in $(seq 1200); do
  [ "$(stat -c %s "$folder/session.pcap")" -gt "$before" ] && break
  sleep 0.05
done
