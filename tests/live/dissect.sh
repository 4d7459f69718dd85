#!/bin/bash
# dissect.sh CASE DISSECT WORK: one case of `dissect -i lo`, in a network namespace that it makes. Ends with 77 where
# that is refused, or a program is missing. The cases are the functions below.
set -u
case=$1 dissect=$2 work=$3

skip() {
  echo "skipped: $*"
  exit 77
}
fail() {
  echo "failed: $*"
  for file in "$work"/*; do echo "--- ${file##*/}" && head -c 4000 "$file" | cat -v; done
  exit 1
}
# until_true SECONDS COMMAND...: whether the command succeeds before that.
until_true() {
  local tries=$(($1 * 100))
  shift
  while ! "$@"; do
    ((tries-- > 0)) || return 1
    sleep 0.01
  done
}
has() { grep -q -- "$1" "$2" 2>/dev/null; }
lines() { [ "$(grep -c . "$2" 2>/dev/null)" = "$1" ]; }
# Datagrams to a port where nobody listens: each is answered by ICMP.
send() {
  for _ in $(seq "$1"); do echo hello >"/dev/udp/127.0.0.1/${2:-7777}"; done
}
# listen NAME OPTIONS...: `dissect -i lo` in the background, its output in NAME.out and NAME.err, once it listens.
listen() {
  local name=$1
  shift
  rm -f "$name.err" # which a run before may have left
  timeout 30 "$dissect" -i lo "$@" >"$name.out" 2>"$name.err" &
  listener=$!
  until_true 10 has "^Capturing on 'lo'" "$name.err" || fail "it does not listen"
}
# What timeout started, which is what a Ctrl-C would reach.
interrupt() { kill -INT "$(pgrep -P "$listener")"; }
without_times() { sed -E 's/^( *[0-9]+) +[0-9]+\.[0-9]{9} /\1 /' "$1"; }

as_tshark() {
  command -v tshark >/dev/null || skip "there is no tshark"
  timeout 30 tshark -n -i lo -c 6 >tshark.out 2>tshark.err &
  local tshark=$!
  until_true 20 has "Capture started" tshark.err || skip "tshark does not listen: $(cat tshark.err)"
  listen dissect -c 6
  send 3
  wait "$listener" || fail "dissect: exit code $?"
  wait "$tshark" || fail "tshark: exit code $?"
  # Each of the two gets its own times from the kernel.
  has '^    1 0\.000000000    127' dissect.out || fail "the first packet's time"
  [ "$(sort -k 2,2n dissect.out)" = "$(cat dissect.out)" ] || fail "times do not rise"
  diff <(without_times tshark.out) <(without_times dissect.out) || fail "not as tshark has it"
  lines 6 dissect.out || fail "not six lines"
  diff - dissect.err <<<"Capturing on 'lo'
6 packets captured
0 packets dropped by kernel" || fail "what it says"
}

# What is said of packets that come is said of them when they are read.
as_its_file() {
  local formats=("" "-V -x" "-T json" "-T ek" "-T fields -e frame.number -e frame.time_epoch -e frame.interface_name"
    "-q -z conv,udp -z io,phs -z expert" "-x")
  for format in "${formats[@]}"; do
    # shellcheck disable=SC2086
    listen live -c 4 -w kept.pcapng -P $format
    send 2
    wait "$listener" || fail "exit code $? with $format"
    # shellcheck disable=SC2086
    "$dissect" -P $format kept.pcapng >file.out || fail "the file cannot be read"
    [ -s live.out ] || fail "nothing was said with $format"
    diff live.out file.out || fail "not as its file with $format"
    rm kept.pcapng
  done
}

line_by_line() {
  listen live
  for count in 2 4 6; do
    send 1
    until_true 5 lines "$count" live.out || fail "the lines of $count packets are not there"
    kill -0 "$listener" || fail "it ended"
  done
  interrupt
  wait "$listener"
}

interrupted() {
  listen live -P -w kept.pcapng
  send 5
  until_true 5 lines 10 live.out || fail "ten packets are not shown"
  [ ! -e kept.pcapng ] || fail "the file is there before it is whole"
  local start
  start=$(date +%s%N)
  interrupt
  wait "$listener"
  local code=$? took=$((($(date +%s%N) - start) / 1000000))
  [ $code = 0 ] || fail "exit code $code"
  [ $took -lt 5000 ] || fail "it took $took ms"
  "$dissect" kept.pcapng >file.out || fail "the file cannot be read"
  diff live.out file.out || fail "the file is not what was shown"
  has "10 packets captured" live.err || fail "the count"

  listen none -w none
  local pid
  pid=$(pgrep -P "$listener")
  kill -INT "$pid" && sleep 0.01
  kill -INT "$pid" 2>/dev/null # as timeout does: no second Ctrl-C
  wait "$listener" || fail "exit code $? without packets"
  "$dissect" none >none.out || fail "the file without packets cannot be read"
  [ "$(head -c 4 none | od -An -tx1)" = " 0a 0d 0d 0a" ] || fail "the file without packets is no pcapng"
}

into_a_pipe() {
  mkfifo pipe
  timeout 30 "$dissect" -l - <pipe >read.out &
  local reader=$!
  timeout 30 "$dissect" -i lo -w - >pipe 2>live.err &
  listener=$!
  until_true 10 has "^Capturing" live.err || fail "it does not listen"
  send 1
  until_true 5 lines 2 read.out || fail "the reader waits"
  interrupt
  wait "$listener" || fail "exit code $?"
  wait "$reader" || fail "exit code $? of the reader"
}

reader_gone() {
  timeout 30 "$dissect" -i lo -P -w kept.pcapng 2>live.err | head -n 1 >live.out &
  until_true 10 has "^Capturing" live.err || fail "it does not listen"
  send 1
  until_true 5 lines 1 live.out || fail "no line"
  # The next line finds nobody.
  until_true 5 eval 'send 1; [ -e kept.pcapng ]' || fail "it goes on, or there is no file"
  "$dissect" kept.pcapng >file.out || fail "the file cannot be read"
  diff live.out <(head -n 1 file.out) || fail "the file is not what was shown"
}

filtered() {
  listen live -c 2 -s 40 -w kept.pcapng -P udp port 7001
  send 2 7000
  send 2 7001
  wait "$listener" || fail "exit code $?"
  lines 2 live.out || fail "not two lines"
  lines 2 <(grep 'UDP 48 .* 7001 ' live.out) || fail "not the packets of the port"
  [ "$("$dissect" -T fields -e frame.len -e frame.cap_len kept.pcapng | sort -u)" = $'48\t40' ] || fail "not cut to 40"

  listen icmp -c 4 -f "port 7002 or icmp" -Y icmp
  send 2 7002
  wait "$listener" || fail "exit code $?"
  lines 2 icmp.out || fail "not what -Y selects"
  has ' UDP ' icmp.out && fail "not what -Y selects"
  has "^4 packets captured" icmp.err || fail "-c counts what -Y leaves out"

  "$dissect" -i lo tpc port 1 >wrong.out 2>&1
  local code=$?
  [ $code = 2 ] || fail "a wrong filter: exit code $code"
  has '^dissect: -f: "tpc port 1": ' wrong.out || fail "what it says of a wrong filter"
}

unprivileged() {
  command -v setpriv >/dev/null || skip "there is no setpriv"
  setpriv --bounding-set=-net_raw true 2>/dev/null || skip "privileges cannot be given up"
  setpriv --bounding-set=-net_raw "$dissect" -i lo -w kept.pcapng >refused.out 2>&1
  local code=$?
  [ $code = 4 ] || fail "exit code $code"
  has "^dissect: open lo: Operation not permitted (needs CAP_NET_RAW)" refused.out || fail "what it says"
  has "sudo setcap cap_net_raw=ep $(readlink -f "$dissect")" refused.out || fail "what would help"
  [ ! -e kept.pcapng ] || fail "there is a file"

  # What helps does help: nobody else need be root.
  local folder
  folder=$(mktemp -d) && chmod 755 "$folder" && cp "$dissect" "$folder/dissect"
  trap 'rm -rf "$folder"' RETURN
  setcap cap_net_raw=ep "$folder/dissect" || return 0
  setpriv --reuid=nobody --clear-groups "$folder/dissect" -i lo -c 1 >live.out 2>live.err &
  until_true 10 has "^Capturing on 'lo'" live.err || fail "setcap does not help"
  send 1
  wait $! || fail "exit code $? after setcap"
}

interfaces() {
  "$dissect" -D >interfaces.out || fail "exit code $?"
  local number
  number=$(sed -nE 's/^([0-9]+)\. lo \(Loopback\) 127\.0\.0\.1(, ::1)?$/\1/p' interfaces.out)
  [ -n "$number" ] || fail "lo is not there"
  timeout 30 "$dissect" -i "$number" -c 1 >live.out 2>live.err &
  until_true 10 has "^Capturing on 'lo'" live.err || fail "number $number is not lo"
  send 1
  wait $! || fail "exit code $?"
  "$dissect" -i nosuch0 >missing.out 2>&1
  local code=$?
  [ $code = 3 ] || fail "nosuch0: exit code $code"
  has "open nosuch0: no such interface; there are .*lo" missing.out || fail "what it says of nosuch0"
  command -v tshark >/dev/null || return 0
  # tshark has more of them, behind these, and other words for what they are.
  diff <(sed 's/ .*//' interfaces.out) <(tshark -D 2>/dev/null | sed 's/ .*//' | head -n "$(wc -l <interfaces.out)") ||
    fail "other numbers than tshark's"
  diff <(cut -d ' ' -f 1,2 interfaces.out) <(tshark -D 2>/dev/null | cut -d ' ' -f 1,2 |
    head -n "$(wc -l <interfaces.out)") || fail "other names than tshark's"
}

if [ "${4:-}" != inside ]; then
  for tool in unshare ip pgrep; do command -v $tool >/dev/null || skip "there is no $tool"; done
  unshare -n true 2>/dev/null || skip "no network namespace of its own"
  rm -rf "$work"
  mkdir -p "$work" || exit 1
  exec unshare -n "$0" "$case" "$dissect" "$work" inside
fi
cd "$work" || exit 1
ip link set lo up || skip "lo cannot be set up"
export LC_ALL=C.UTF-8 TZ=UTC
"$case"
