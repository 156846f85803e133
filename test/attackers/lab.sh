#!/bin/bash
# A small network of namespaces for attackers; sourced by the scripts beside it.
#
# Runs inside `unshare --net --mount --pid --kill-child ...`: bridges, links and named namespaces are seen by nobody outside. They
# end, as all processes do, with the script or with the unshare that started it.
#
#   mip6guard-mn        mn0                 a mobile node made of Scapy: its kernel has no IPv6
#   mip6guard-victim    visited1            an ordinary host of the visited link
#   mip6guard-attacker  visited0, home0     on the visited link and, for other attacks, on the home link
#   mip6guard-router    visited2, edge0     access router of the visited link
#   mip6guard-ha        edge1, home1        home agent
#
# Bridges `visited`, `edge` and `home` are the links, and where captures are made. They flood like a shared medium.
set -eu
PREFIX=mip6guard

mount -t tmpfs none /run
mkdir -p /run/netns /run/lab

# kernel_of NAME INTERFACE SETTING VALUE
kernel_of() { echo "$4" >"/run/lab/value" && ip netns exec "$PREFIX-$1" sh -c "cat /run/lab/value >/proc/sys/net/ipv6/conf/$2/$3"; }

# namespace NAME
namespace() {
  ip netns add "$PREFIX-$1"
  ip -n "$PREFIX-$1" link set lo up
}

# link NAME: a bridge that hands every frame to everybody
link() {
  ip link add "$1" type bridge ageing_time 0 mcast_snooping 0
  echo 1 >"/proc/sys/net/ipv6/conf/$1/disable_ipv6"
  ip link set "$1" up
}

# plug NAMESPACE INTERFACE LINK MAC
plug() {
  ip link add "p-$2" type veth peer name "$2" netns "$PREFIX-$1"
  echo 1 >"/proc/sys/net/ipv6/conf/p-$2/disable_ipv6"
  ip link set "p-$2" master "$3" up
  ip -n "$PREFIX-$1" link set "$2" address "$4"
  ip -n "$PREFIX-$1" link set "$2" up
}

# address NAMESPACE INTERFACE ADDRESS/LENGTH
address() { ip -n "$PREFIX-$1" addr add "$3" dev "$2" nodad; }

# within NAMESPACE COMMAND...
within() {
  local name=$1
  shift
  ip netns exec "$PREFIX-$name" "$@"
}

# until_true SECONDS COMMAND...: false when it never becomes true
until_true() {
  local left=$(($1 * 20))
  shift
  while ! "$@" 2>/dev/null; do
    left=$((left - 1))
    [ $left -gt 0 ] || return 1
    sleep 0.05
  done
}

# capture FILE LINK [MOST PACKETS]: returns when it listens
declare -A captures=()
capture() {
  tcpdump --immediate-mode -Z root -U -B 16384 -c "${3:-50000}" -i "$2" -w "$1" ip6 2>"$1.log" &
  captures[$1]=$!
  until_true 60 grep -q 'listening on' "$1.log"
}

# finish FILE: ends a capture when nothing more has come for 0.2 seconds
finish() {
  local size=0 same=0 now
  for _ in $(seq 200); do
    sleep 0.1
    now=$(stat -c %s "$1")
    if [ "$now" = "$size" ]; then same=$((same + 1)); else same=0; fi
    [ $same -ge 2 ] && break
    size=$now
  done
  kill "${captures[$1]}" 2>/dev/null || true
  wait "${captures[$1]}" 2>/dev/null || true
}

network() {
  for name in mn victim attacker router ha; do namespace $name; done
  for name in visited edge home; do link $name; done
  plug mn mn0 visited 02:00:5e:00:53:10
  plug victim visited1 visited 02:00:5e:00:53:07
  plug attacker visited0 visited 02:00:5e:00:53:66
  plug attacker home0 home 02:00:5e:00:53:67
  plug router visited2 visited 02:00:5e:00:53:01
  plug router edge0 edge 02:00:5e:00:53:02
  plug ha edge1 edge 02:00:5e:00:53:03
  plug ha home1 home 02:00:5e:00:53:04
  kernel_of mn mn0 disable_ipv6 1
  address router visited2 2001:db8:3::1/64
  address router visited2 fe80::1/64
  address router edge0 2001:db8:2::1/64
  kernel_of router all forwarding 1
  address victim visited1 2001:db8:3::7/64
}
