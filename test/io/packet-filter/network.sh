# Rules of a gateway between two networks that live for seconds: bash network.sh SCENARIO FOLDER NODE PROGRAM PLAN BACKEND VARIANT
# What a program says goes to FOLDER/NAME.out, its exit code to FOLDER/NAME.code, rules to FOLDER/NAME.rules.
set -eu
scenario=$1 folder=$2 node=$3 program=$4 plan=$5 backend=$6 variant=$7
mount -t tmpfs none /run
mkdir -p /run/netns
cd "$folder"

for name in outside inside gw; do
  ip netns add $name
  ip -n $name link set lo up
done
ip link add va netns outside address 02:00:5e:00:53:0a type veth peer name ga netns gw
ip link add vb netns inside address 02:00:5e:00:53:0b type veth peer name gb netns gw
ip -n gw link set ga address 02:00:5e:00:53:01
ip -n gw link set gb address 02:00:5e:00:53:02
# Ends that say nothing themselves.
for end in outside:va inside:vb; do
  ip netns exec ${end%:*} sh -c "echo 1 >/proc/sys/net/ipv6/conf/${end#*:}/disable_ipv6"
  ip -n ${end%:*} link set ${end#*:} up
done
ip -n gw link set ga up
ip -n gw link set gb up
in_gw() { ip netns exec gw "$@"; }
routed() {
  in_gw sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
  for way in 2001:db8:1::/48:gb 2001:db8:9::/48:gb 2001:db8:7::/48:ga 2001:db8:8::/48:gb; do
    ip -n gw -6 route add ${way%:*} dev ${way##*:}
  done
}
bridged() {
  in_gw sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
  ip -n gw link add br0 type bridge mcast_snooping 0
  for port in ga gb; do ip -n gw link set $port master br0; done
  ip -n gw link set br0 up
}
case $plan in *'"hook":"bridge"'*) bridged ;; *) routed ;; esac

# foreign: rules of somebody else in all places that matter
foreign() {
  in_gw $variant-restore <<'RULES'
*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -p tcp -m tcp --dport 23 -j DROP
-A PREROUTING -m rt --rt-type 0 -j DROP
COMMIT
*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:MIP6GUARD-gw10 - [0:0]
:theirs - [0:0]
-A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
-A FORWARD -m comment --comment "theirs -j MIP6GUARD-gw1" -j theirs
-A MIP6GUARD-gw10 -p esp -j NFQUEUE --queue-num 603
-A theirs -s 2001:db8:66::/48 -j MARK --set-xmark 0x7/0xffffffff
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -i lo -j ACCEPT
-A FORWARD -s 2001:db8::/32 -j ACCEPT
COMMIT
RULES
}
# state NAME: rules of everybody, without counters and dates
state() {
  { in_gw ip6tables-legacy-save; in_gw ip6tables-nft-save; in_gw nft -s list ruleset; } 2>&1 |
    grep -v '^#' | sed 's/ \[[0-9]*:[0-9]*\]$//' >"$1.rules"
  in_gw sh -c 'grep . /proc/sys/net/bridge/*' >"$1.settings"
}

declare -A started=()
# holds NAME PLAN: until it stands; it does what comes through the file descriptor of its name
holds() {
  mkfifo "$1.in"
  ip netns exec gw "$node" "$program" hold "$2" "$backend" gw.journal >"$1.out" 2>"$1.err" <"$1.in" &
  started[$1]=$!
  eval "exec {input_$1}>$1.in"
  until_said "$1" 1
}
asks() { eval "echo $2 >&\$input_$1"; }
# until_said NAME LINES
until_said() {
  for _ in $(seq 3000); do
    [ "$(wc -l <"$1.out")" -ge "$2" ] && return
    sleep 0.02
  done
  echo "$1 never said line $2:" >&2
  cat "$1.out" "$1.err" >&2
  return 1
}
# ends NAME [SIGNAL]
ends() {
  # The process is the program itself: `ip netns exec` becomes it.
  [ "${2:-}" = '' ] || kill "-$2" "${started[$1]}"
  local code=0
  wait "${started[$1]}" || code=$?
  echo $code >"$1.code"
}

case $scenario in
  kinds | matches)
    in_gw "$node" "$program" $scenario "$plan" "$backend" gw.journal >$scenario.out
    state after
    ;;
  exits)
    foreign
    state before
    holds one "$plan"
    state held
    ends one TERM
    state stopped
    holds thrown "$plan"
    asks thrown throw
    ends thrown
    state thrown
    # What is left after SIGKILL has another shape than what comes then.
    holds killed "${plan/'"place":['/'"place":["correspondent",'}"
    ends killed KILL
    state killed
    holds next "$plan"
    state next
    ends next TERM
    state recovered
    ;;
  watch)
    in_gw $variant -A INPUT -i lo -j ACCEPT
    holds one "$plan"
    asks one verify
    until_said one 2
    in_gw $variant -t mangle -I FORWARD 1 -p 135 -j ACCEPT
    asks one verify
    until_said one 3
    in_gw $variant -t mangle -D FORWARD 1
    in_gw $variant -t mangle -D MIP6GUARD-gw1-agent 1
    asks one verify
    until_said one 4
    in_gw $variant -t mangle -F
    in_gw $variant -t mangle -X
    asks one verify
    until_said one 5
    ends one TERM
    ;;
  local)
    # A home agent on the machine itself, which answers a Mobility Header with a Parameter Problem.
    ip -n gw addr add 2001:db8:1::1/64 dev ga nodad
    ip -n gw neigh add 2001:db8:1::7 lladdr 02:00:5e:00:53:0a dev ga
    in_gw $variant -A INPUT -i lo -j ACCEPT
    holds one "$plan"
    ip netns exec outside python3 - va <<'SEND'
import socket, sys
s = socket.socket(17, 3)
s.bind((sys.argv[1], 0))
ends = ''.join(socket.inet_pton(socket.AF_INET6, a).hex() for a in ('2001:db8:1::7', '2001:db8:1::1'))
for protocol, payload in (('11', '13881389000800000000000000000000'), ('87', '3b010500000000000000000000000000')):
    s.send(bytes.fromhex('02005e005301' + '02005e00530a' + '86dd' + '60000000' + '0010' + protocol + 'ff' + ends + payload))
SEND
    for _ in $(seq 3000); do
      in_gw $variant-save -c -t mangle >counters
      grep -q '^\[1:.*Parameter Problem' counters && break
      sleep 0.02
    done
    ends one TERM
    state after
    ;;
  both)
    in_gw ip6tables-legacy -A INPUT -i lo -j ACCEPT
    in_gw ip6tables-nft -A INPUT -i lo -j ACCEPT
    holds one "$plan"
    ends one TERM
    ;;
  tracking)
    in_gw $variant -A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT
    holds one "$plan"
    # A Mobility Header in two fragments, to an agent.
    ip netns exec outside python3 - va <<'SEND'
import socket, sys
s = socket.socket(17, 3)
s.bind((sys.argv[1], 0))
ends = ''.join(socket.inet_pton(socket.AF_INET6, a).hex() for a in ('2001:db8:7::7', '2001:db8:1::1'))
for field, payload in (('0001', '3b01050000000000'), ('0008', '0000000000000000')):
    s.send(bytes.fromhex('02005e005301' + '02005e00530a' + '86dd' + '60000000' + '0010' + '2cff' + ends + '8700' + field + '00000007' + payload))
SEND
    for _ in $(seq 3000); do
      in_gw $variant-save -c -t mangle >counters
      grep -q '^\[1:.*Mobility Header' counters && break
      sleep 0.02
    done
    ends one TERM
    ;;
esac
