#!/bin/bash
# A session of strongSwan between a mobile node and a home agent in two network namespaces, with ESP of charon's own:
# first child, rekeying with and without a Diffie-Hellman exchange, a new IKE SA.
#
# Runs as `unshare --net --mount --propagation private bash session.sh folder ike esp pfs fragment-size [version [group]]`;
# leaves session.pcap and charon.log in the folder. IKEv1 (version 1) is told in `group` what makes quick modes of the
# first child PFS, if anything. Nothing of it is seen outside, and all of it ends with the script.
set -eu
folder=$1
ike=$2
esp=$3
pfs=$4
fragment=$5
version=${6:-2}
first=$esp,$pfs
only=
if [ "$version" = 1 ]; then
  # A quick mode has one group for all proposals, and a child is found by its selectors.
  first=$esp${7:+-$7}
  only='[udp]'
fi
node=2001:db8:2::10
agent=2001:db8:1::1
home=2001:db8:1::10
correspondent=2001:db8:9::1

mount -t tmpfs none /run
mkdir -p /run/netns

configure() { # name address peer identity other-identity selector other-selector
  mkdir -p "$folder/$1"
  cat >"$folder/$1/strongswan.conf" <<EOF
charon {
  load = random nonce openssl kdf hmac gcm aes sha1 sha2 md5 xcbc kernel-libipsec kernel-netlink socket-default vici updown
  fragment_size = $fragment
  filelog { log { path = $folder/$1/log
    default = 1
    ike = 4
    chd = 4
    flush_line = yes } }
  plugins { vici { socket = unix://$folder/$1/vici }
    kernel-libipsec { load = yes } }
}
swanctl { load = random openssl }
EOF
  cat >"$folder/$1/swanctl.conf" <<EOF
connections { mip6 { version = $version
  local_addrs = $2
  remote_addrs = $3
  encap = yes
  fragmentation = force
  proposals = $ike
  rekey_time = 0
  local { auth = psk
    id = $4 }
  remote { auth = psk
    id = $5 }
  children {
    tunnel { local_ts = $6/128
      remote_ts = $7/128
      esp_proposals = $first
      rekey_time = 0 }
    secret { local_ts = $6/128$only
      remote_ts = $7/128$only
      esp_proposals = $pfs
      rekey_time = 0 } } } }
secrets { ike-1 { secret = "not a secret" } }
EOF
}

configure a $node $agent mn@example.org ha@example.org $home $correspondent
configure b $agent $node ha@example.org mn@example.org $correspondent $home
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
ip -n b addr add $correspondent/128 dev lo

ip netns exec a tcpdump --immediate-mode -Z root -U -i va -w "$folder/session.pcap" udp 2>"$folder/tcpdump" &
capture=$!
charons=()
for name in a b; do
  ip netns exec $name unshare --mount sh -c \
    "mount -t tmpfs none /run && STRONGSWAN_CONF='$folder/$name/strongswan.conf' exec '$CHARON'" \
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
datagrams() { # through the tunnel, one in each direction
  ip netns exec a bash -c "exec 3<>/dev/udp/$correspondent/9 && printf 'to the correspondent' >&3"
  ip netns exec b bash -c "exec 3<>/dev/udp/$home/9 && printf 'to the mobile node' >&3"
}
for name in a b; do
  for _ in $(seq 600); do
    [ -S "$folder/$name/vici" ] && break
    sleep 0.1
  done
  control $name --load-all --file "$folder/$name/swanctl.conf" >/dev/null 2>&1
done
control a --initiate --child tunnel
datagrams
control a --rekey --child tunnel
datagrams
control b --initiate --child secret
datagrams
control a --rekey --ike mip6
# A new main mode goes on when the command is done.
if [ "$version" = 1 ]; then
  for _ in $(seq 600); do
    [ "$(grep -c 'established between' "$folder/a/log")" -ge 2 ] && break
    sleep 0.1
  done
fi
control a --rekey --child tunnel
datagrams
# The last packets are on their way.
sleep 0.5
cp "$folder/a/log" "$folder/charon.log"
