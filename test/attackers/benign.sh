#!/bin/bash
# The same network without an attacker: real daemons on the home link and on the visited link.
#
#   unshare --net --mount --propagation private --pid --fork --kill-child --mount-proc bash benign.sh FOLDER
#
# Goes on until there is FOLDER/stop. Routers advertise (radvd, the home agent with the flag and options of RFC 6275
# section 7), addresses come from DHCPv6 (dnsmasq, dhclient), hosts ask (ndisc6, rdisc6), join groups, exchange TCP and UDP, and
# take new addresses with duplicate address detection. Leaves visited.pcap and home.pcap, and names of daemons that were not there
# in FOLDER/missing.
here=$(dirname "$0")
. "$here/lab.sh"
folder=$1
python=${PYTHON:-python3}
state=/run/lab
touch "$folder/missing"
has() {
  command -v "$1" >/dev/null && return
  grep -qx "$1" "$folder/missing" || echo "$1" >>"$folder/missing"
  false
}

network
for name in router ha; do kernel_of $name all forwarding 1; done
address ha edge1 2001:db8:2::2/64
address ha home1 2001:db8:1::1/64
address attacker home0 2001:db8:1::66/64
ip -n "$PREFIX-router" -6 route add 2001:db8:1::/64 via 2001:db8:2::2 dev edge0
ip -n "$PREFIX-ha" -6 route add default via 2001:db8:2::1 dev edge1
# Who is the attacker elsewhere is an ordinary host of the home link here.
ip -n "$PREFIX-attacker" link set visited0 down

capture "$folder/visited.pcap" visited
capture "$folder/home.pcap" home
jobs=()
background() { "$@" >>"$folder/daemons.out" 2>&1 & jobs+=($!); }

if has radvd; then
  cat >$state/router.conf <<'R'
interface visited2 {
  AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; AdvOtherConfigFlag on; AdvManagedFlag on;
  prefix 2001:db8:3::/64 { };
  RDNSS 2001:db8:3::1 { };
};
R
  cat >$state/ha.conf <<'R'
interface home1 {
  AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4;
  AdvHomeAgentFlag on; AdvHomeAgentInfo on; HomeAgentLifetime 1800; HomeAgentPreference 10;
  AdvIntervalOpt on;
  prefix 2001:db8:1::1/64 { AdvRouterAddr on; };
};
R
  for name in router ha; do
    background within $name radvd --nodaemon --config $state/$name.conf --pidfile $state/$name.pid --username root
  done
fi
if has dnsmasq; then
  background within router dnsmasq --keep-in-foreground --port=0 --user=root --interface=visited2 \
    --bind-interfaces --conf-file=/dev/null --dhcp-leasefile=$state/leases --pid-file=$state/dnsmasq.pid \
    --dhcp-range=2001:db8:3::1000,2001:db8:3::1fff,64,10m
fi
# Routes come with advertisements, where there are any.
has_default() { within "$1" ip -6 route show default | grep -q via; }
until_true 10 has_default victim || within victim ip -6 route add default via fe80::1 dev visited1
until_true 10 has_default attacker || within attacker ip -6 route add default via 2001:db8:1::1 dev home0
background within attacker "$python" "$here/benign_traffic.py" serve 2001:db8:1::66 "$folder"
until_true 60 test -e "$folder/serving"
background within victim "$python" "$here/benign_traffic.py" use 2001:db8:1::66 "$folder"
# A program that asks for an address of its interface gets it when the kernel has tried it.
is_settled() { within victim ip -6 addr show visited1 | grep -q fe80 && ! within victim ip -6 addr show tentative | grep -q inet6; }

turn=0
until [ -e "$folder/stop" ]; do
  turn=$((turn + 1))
  until_true 5 is_settled || true
  if has rdisc6; then
    within victim timeout 3 rdisc6 -1 -q visited1 >>"$folder/daemons.out" 2>&1 || true
    within victim timeout 3 ndisc6 -1 2001:db8:3::1 visited1 >>"$folder/daemons.out" 2>&1 || true
    within attacker timeout 3 rdisc6 -1 -q home0 >>"$folder/daemons.out" 2>&1 || true
  fi
  if has ping; then
    within victim timeout 5 ping -6 -q -c 3 -i 0.2 2001:db8:1::66 >>"$folder/daemons.out" 2>&1 || true
    within victim timeout 5 ping -6 -q -c 2 -i 0.2 -s 3000 2001:db8:1::66 >>"$folder/daemons.out" 2>&1 || true
  fi
  if has dhclient; then
    within victim timeout 8 dhclient -6 -1 -d -sf /bin/true -lf $state/dhclient.leases \
      -pf $state/dhclient.pid visited1 >>"$folder/daemons.out" 2>&1 || true
  fi
  # An address that comes, is tried and goes, as temporary addresses do; now and then the host leaves and comes back.
  ip -n "$PREFIX-victim" addr add "2001:db8:3::$((turn % 100)):7/64" dev visited1 || true
  ip -n "$PREFIX-attacker" addr add "2001:db8:1::$((turn % 100)):66/64" dev home0 || true
  ip -n "$PREFIX-victim" addr del "2001:db8:3::$(((turn - 1) % 100)):7/64" dev visited1 2>/dev/null || true
  if [ $((turn % 4)) = 3 ]; then
    ip -n "$PREFIX-victim" link set visited1 down
    ip -n "$PREFIX-victim" link set visited1 up
    address victim visited1 2001:db8:3::7/64
    until_true 10 has_default victim || true
  fi
  sleep 0.5
done
finish "$folder/visited.pcap"
finish "$folder/home.pcap"
kill "${jobs[@]}" 2>/dev/null || true
wait
