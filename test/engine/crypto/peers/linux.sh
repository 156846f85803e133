#!/bin/bash
# The kernel seals the datagrams of the folder, each with the association of its number.
#
# Runs as `unshare --net --mount --propagation private bash linux.sh folder`. The file `xfrm` of the folder holds
# commands of ip; datagrams are files: number in hexadecimal digits, hyphen, anything; they go to the address
# 2001:db8:9::number. Leaves session.pcap, and in `states` the associations that the kernel took. Nothing of it is seen
# outside, and all of it ends with the script.
set -eu
folder=$1
mount -t tmpfs none /run
mkdir -p /run/netns
ip netns add b
ip link add va type veth peer name vb netns b
ip link set lo up
ip link set va up
ip -n b link set vb up
ip addr add 2001:db8:2::10/16 dev va nodad
ip -n b addr add 2001:db8:1::1/16 dev vb nodad
# What the kernel cannot compute is refused; the rest counts.
ip -force -batch "$folder/xfrm" 2>"$folder/refused" || true
ip xfrm state list >"$folder/states"
# Everything goes to one neighbor, without asking for it.
neighbor=$(ip -n b -brief link show vb | awk '{ print $3 }')
ip neigh add 2001:db8:1::1 lladdr "$neighbor" dev va nud permanent
ip -6 route add 2001:db8:9::/48 via 2001:db8:1::1 dev va

tcpdump --immediate-mode -Z root -U -B 8192 -i va -w "$folder/session.pcap" ip6 proto 50 2>"$folder/tcpdump" &
capture=$!
trap 'kill $capture 2>/dev/null || true; wait' EXIT
for _ in $(seq 600); do
  grep -q 'listening on' "$folder/tcpdump" && break
  sleep 0.1
done
for datagram in "$folder"/*-*; do
  name=${datagram##*/}
  # Without an association of its own it is refused, not sent in clear.
  cat "$datagram" >"/dev/udp/2001:db8:9::${name%-*}/9" || true
done 2>/dev/null
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
