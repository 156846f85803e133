#!/bin/bash
# Two charons negotiate a child SA for every line of the file `children` in the folder and send the datagrams of the
# folder through it, with ESP of their own.
#
# Runs as `unshare --net --mount --propagation private bash strongswan.sh folder`. A line of `children` is: number in
# hexadecimal digits, proposal. Datagrams are files: number, hyphen, anything. Leaves session.pcap and charon.log in the
# folder. Nothing of it is seen outside, and all of it ends with the script.
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

configure() { # name address peer identity other-identity
  mkdir -p "$folder/$1"
  # Libgcrypt and strongSwan's own code come before OpenSSL, which Node.js is made of as well.
  cat >"$folder/$1/strongswan.conf" <<EOF
charon {
  load = random nonce aes sha1 sha2 md5 hmac kdf gcrypt ctr ccm gcm cmac xcbc chapoly openssl kernel-libipsec kernel-netlink socket-default vici
  filelog { log { path = $folder/$1/log
    default = 1
    ike = 4
    chd = 1
    flush_line = yes } }
  plugins { vici { socket = unix://$folder/$1/vici }
    kernel-libipsec { load = yes } }
}
swanctl { load = random openssl }
EOF
  {
    echo "connections { mip6 { version = 2
  local_addrs = $2
  remote_addrs = $3
  encap = yes
  proposals = aes256-sha256-ecp256
  rekey_time = 0
  local { auth = psk
    id = $4 }
  remote { auth = psk
    id = $5 }
  children {"
    while read -r number proposal; do
      if [ "$1" = a ]; then
        ends="local_ts = $home/128
      remote_ts = 2001:db8:9::$number/128
      start_action = start"
      else
        ends="local_ts = 2001:db8:9::$number/128
      remote_ts = $home/128"
      fi
      echo "    child-$number { esp_proposals = $proposal
      rekey_time = 0
      $ends }"
    done <"$folder/children"
    echo '} } }
secrets { ike-1 { secret = "not a secret" } }'
  } >"$folder/$1/swanctl.conf"
}

configure a $node $agent mn@example.org ha@example.org
configure b $agent $node ha@example.org mn@example.org
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
while read -r number _; do
  echo "addr add 2001:db8:9::$number/128 dev lo"
done <"$folder/children" | ip -n b -batch -

ip netns exec a tcpdump --immediate-mode -Z root -U -B 8192 -i va -w "$folder/session.pcap" udp 2>"$folder/tcpdump" &
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

for name in b a; do
  for _ in $(seq 600); do
    [ -S "$folder/$name/vici" ] && break
    sleep 0.1
  done
  STRONGSWAN_CONF="$folder/$name/strongswan.conf" timeout 60 swanctl --load-all \
    --file "$folder/$name/swanctl.conf" --uri "unix://$folder/$name/vici" >/dev/null 2>&1
done
wanted=$(wc -l <"$folder/children")
for _ in $(seq 600); do
  settled=$(grep -cE 'CHILD_SA .* established|failed to establish CHILD_SA' "$folder/a/log" || true)
  [ "$settled" -ge "$wanted" ] && break
  sleep 0.1
done
ip netns exec a bash -c '
  while read -r number _; do
    for datagram in "$1/$number"-*; do
      cat "$datagram" >"/dev/udp/2001:db8:9::$number/9"
    done
  done <"$1/children"' bash "$folder"
# Until nothing more comes for 0.4 seconds.
size=0
same=0
for _ in $(seq 100); do
  sleep 0.1
  now=$(stat -c %s "$folder/session.pcap")
  if [ "$now" = "$size" ]; then same=$((same + 1)); else same=0; fi
  [ $same -ge 4 ] && break
  size=$now
done
cp "$folder/a/log" "$folder/charon.log"
