# Programs on links that live for seconds: bash network.sh SCENARIO FOLDER NODE PROGRAM
# What a program says goes to FOLDER/NAME.out, its exit code to FOLDER/NAME.code.
set -eu
scenario=$1 folder=$2 node=$3 program=$4
transfer=$(dirname "$0")/transfer.mjs
A=02:00:5e:00:53:0a B=02:00:5e:00:53:0b
mount -t tmpfs none /run
mkdir -p /run/netns
cd "$folder"

# One link with an end in each of two networks, as the kernel makes it: with all that is left to the hardware.
for name in a b; do
  ip netns add $name
  ip -n $name link set lo up
done
ip link add va netns a type veth peer name vb netns b
ip -n a link set va address $A
ip -n b link set vb address $B

declare -A started=()
# start NAME NETWORK COMMAND...: in the background, as a process that signals reach
start() {
  local name=$1 network=$2
  shift 2
  ip netns exec "$network" "$@" >"$name.out" 2>"$name.err" </dev/null &
  started[$name]=$!
}
# runs NAME NETWORK MODE ARGUMENTS...: a program, until it stands
runs() {
  local name=$1 network=$2
  shift 2
  start "$name" "$network" "$node" "$program" "$@"
  until_said "$name" '^ready'
}
# until_said NAME PATTERN [TIMES]
until_said() {
  for _ in $(seq 4000); do
    [ "$(grep -c "$2" "$1.out")" -ge "${3:-1}" ] && return
    sleep 0.02
  done
  echo "$1 never said $2:" >&2
  cat "$1.out" "$1.err" >&2
  return 1
}
# ends NAME [SIGNAL]
ends() {
  [ "${2:-}" = '' ] || kill "-$2" "${started[$1]}"
  local code=0
  wait "${started[$1]}" || code=$?
  echo $code >"$1.code"
}
# settled: duplicate address detection has ended in network b
settled() {
  for _ in $(seq 4000); do ip -n b -6 addr show tentative | grep -q inet6 || return 0; sleep 0.02; done
}
# state NAME: all of network b that a program may change, without times that run, and what the kernel asks routers for again
state() {
  settled
  {
    ip -n b -o -6 addr show | sed -E 's/[0-9]+sec/SECONDS/g'
    ip -n b -6 route show table all | grep -v 'proto ra' | sed -E 's/expires [0-9]+sec/expires/' | sort
    ip -n b -o link show | sed -E 's/ qdisc .*//'
    ip netns exec b bash -c 'cd /proc/sys/net/ipv6/conf && grep . */disable_ipv6 */forwarding */accept_ra'
  } >"$1.state"
}

case $scenario in
  exchange)
    ip -n a link set va up
    # Both say so when the link is up, for which it takes both.
    start one a "$node" "$program" exchange va one.journal 3000
    start two b "$node" "$program" exchange vb two.journal 3000
    until_said one ready
    until_said two ready
    kill -USR1 "${started[one]}" "${started[two]}"
    until_said one sent
    until_said two sent
    # While one stands still, the frames of the other wait for it.
    kill -STOP "${started[two]}"
    kill -USR1 "${started[one]}"
    until_said one sent 2
    kill -CONT "${started[two]}"
    sleep 1
    ends one TERM
    ends two TERM
    ;;
  silence)
    ip -n b link set vb up
    ip -n b addr add 2001:db8:1::b/64 dev vb nodad
    ip -n a link set va up
    ip -n a addr add 2001:db8:1::a/64 dev va nodad
    # A kernel that owns its link answers.
    ip netns exec a ping -c 1 -W 2 2001:db8:1::b >before.out
    runs own b exchange vb own.journal 0
    runs listener a listen va
    ip -n b link set vb down
    ip -n b link set vb up
    ip netns exec a ping -c 3 -i 0.1 -W 1 ff02::1%va >groups.out || true
    ip netns exec a ping -c 2 -i 0.1 -W 1 2001:db8:1::b >address.out || true
    ends listener TERM
    ends own TERM
    ;;
  kernel)
    # The kernel at one end, with default offloads; a TUN device behind raw frames at the other.
    ip -n a link set va up
    ip -n a addr add 2001:db8:1::a/64 dev va nodad
    ip -n a neigh add 2001:db8:1::b lladdr $B dev va
    runs forwarder b forward vb forwarder.journal tun0 2001:db8:1::b $A
    ip -n b -6 addr show dev tun0 >tun.out
    ip netns exec a ping -c 5 -i 0.05 2001:db8:1::b >ping.out
    start serve b "$node" "$transfer" serve 2001:db8:1::b 5000
    until_said serve ready
    start there a "$node" "$transfer" echo 2001:db8:1::b 5000 2000000
    ends there
    ends serve
    start serve a "$node" "$transfer" serve 2001:db8:1::a 5000
    until_said serve ready
    start back b "$node" "$transfer" echo 2001:db8:1::a 5000 2000000
    ends back
    ends serve
    ends forwarder TERM
    ip -n b link show tun0 >left.out 2>&1 || true
    ;;
  tunnels)
    runs one a forward va one.journal tun0 2001:db8:1::a $B
    runs two b forward vb two.journal tun0 2001:db8:1::b $A
    ip netns exec a ping -c 5 -i 0.05 2001:db8:1::b >ping.out
    start serve b "$node" "$transfer" serve 2001:db8:1::b 5000
    until_said serve ready
    start there a "$node" "$transfer" echo 2001:db8:1::b 5000 2000000
    ends there
    ends serve
    ends one TERM
    ends two TERM
    ;;
  restore)
    ip -n b link add spare type veth peer name far
    # No time is lost with addresses that are tried first.
    echo 0 >/run/zero
    ip netns exec b cp /run/zero /proc/sys/net/ipv6/conf/vb/dad_transmits
    ip -n b link set vb up
    ip -n a link set va up
    ip -n b addr add 2001:db8:1::b/64 dev vb nodad
    ip -n b addr add 2001:db8:2::b/128 dev vb nodad valid_lft 5000 preferred_lft 4000
    ip -n b -6 route add 2001:db8:9::/48 via 2001:db8:1::1 dev vb metric 33
    ip -n b -6 route add default via fe80::f dev vb metric 44 table 100
    ip -n a link set va address $A
    settled
    ip netns exec a "$node" "$program" advertise va
    for _ in $(seq 1200); do ip -n b -6 addr show | grep -q 2001:db8:5: && break; sleep 0.05; done
    state before
    runs hold b hold hold.journal vb spare
    state held
    stat -c '%a' hold.journal >mode
    ends hold TERM
    state after
    runs exit b hold exit.journal vb spare exit
    ends exit
    state exited
    runs killed b hold killed.journal vb spare
    # Two at once do not go together.
    start second b "$node" "$program" hold killed.journal vb spare
    ends second
    ends killed KILL
    state killed
    runs next b hold killed.journal vb spare
    state again
    ends next TERM
    state recovered
    ls -- *.journal >journals || true
    ;;
  states)
    ip -n a link set va up
    runs watch b watch vb watch.journal
    ip -n a link set va down
    until_said watch down
    ip -n a link set va up
    until_said watch up
    ip -n b link set vb mtu 1400
    ip -n b link set vb down
    until_said watch down 2
    ip -n b link set vb up
    until_said watch up 2
    runs sender a exchange va sender.journal 5
    kill -USR1 "${started[sender]}"
    until_said watch heard
    ends sender TERM
    ip -n b link del vb
    until_said watch down 3
    ip link add va netns a type veth peer name vb netns b
    ip -n a link set va up
    until_said watch up 3
    runs sender a exchange va sender2.journal 5
    kill -USR1 "${started[sender]}"
    until_said watch heard 2
    ends sender TERM
    ends watch TERM
    ;;
  errors)
    ip -n b tuntap add dev mine mode tun
    ip -n b link add short type veth peer name far
    ip -n b link set short mtu 1200
    say() { start "$1" b "${@:2}"; ends "$1"; }
    say unknown "$node" "$program" watch vx unknown.journal
    say loopback "$node" "$program" watch lo loopback.journal
    say short "$node" "$program" watch short short.journal
    say user setpriv --bounding-set -all --inh-caps -all "$node" "$program" listen vb
    ip -n b link set vb up
    say taken "$node" "$program" forward vb taken.journal lo 2001:db8:1::b $A
    ;;
esac
