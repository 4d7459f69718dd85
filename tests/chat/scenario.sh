#!/bin/sh
# scenario.sh SOURCE BUILD WORK: plays the scenario in a network of its own, and compares what its report says with what
# the commands say of the same capture.
set -u
source=$1 build=$2 work=$3
dissect=$build/tools/dissect/dissect
encapsulate=$build/tools/encapsulate/encapsulate
rm -rf "$work"
mkdir -p "$work" && cd "$work" || exit 1
fail() {
  echo "$*"
  exit 1
}

"$source/samples/chat/scenario" --no-build --build "$build" --netns --out . >shown.txt 2>said.txt
code=$?
if [ $code -eq 4 ]; then
  cat said.txt
  exit 77
fi
[ $code -eq 0 ] || { cat shown.txt said.txt; fail "exit code $code"; }
grep -q '^every line is tied to its frames: ' shown.txt || fail "the report does not say that all is tied"
grep -q '^ *127\.0\.0\.1:.* <-> 127\.0\.0\.1:12345 ' shown.txt || fail "no conversations are shown"
grep -q '5 conversations in both: 5 by endpoints' shown.txt || fail "no comparison is shown"

# The report's table is that of -z conv,tcp: stream, client, frames and octets of both ways.
awk '/^[^ ].*, tcp.stream [0-9]+$/ { address = $2; sub(",", "", address) }
     /^  [0-9]+ frames of .* to the client$/ { print address, $1, $4, $9, $11 }' shown.txt | sort >of_report
"$dissect" -q -z conv,tcp chat.pcapng |
  awk '/ <-> / { print $1, $7, $8, $4, $5 }' | sort >of_dissect
[ "$(wc -l <of_report)" -eq 5 ] || { cat of_report; fail "the report does not have five connections"; }
diff of_report of_dissect || fail "the report and dissect -z conv,tcp do not agree"

# Every line is once in the streams of the capture, as -z follow has them.
for stream in 0 1 2 3 4; do "$dissect" -q -z "follow,tcp,raw,$stream" chat.pcapng; done | grep -E '^	?[0-9a-f]+$' |
  tr -d '\n\t' >octets
lines=$(sed -n 's/.*, \([0-9]*\) found in the capture$/\1/p' shown.txt)
found=$(fold -w 2 octets | grep -c '^0a$')
[ "$lines" = "$found" ] || fail "the report has $lines lines, the streams $found"

# One connection is reset, by its client; the others end in order.
[ "$("$dissect" -Y 'tcp.flags.reset == 1' chat.pcapng | wc -l)" -eq 1 ] || fail "not one RST"
reset=$("$dissect" -Y 'tcp.flags.reset == 1' -T fields -e frame.number chat.pcapng)
grep -q "RST $reset from client" shown.txt || fail "the report does not name frame $reset as the RST"
[ "$(grep -c 'FIN [0-9]* from server (ACK [0-9]*); FIN [0-9]* from client (ACK' shown.txt)" -eq 4 ] || fail "not four ends"

# What was crafted of the lines is what was captured, octet for octet. A kernel may send a segment again that nobody lost,
# and two processors may hand over theirs in another order than they stamped them: --check tells of both (5).
"$encapsulate" -q chat.csv --check chat.pcapng >checked.txt 2>&1
code=$?
[ $code -eq 0 ] || [ $code -eq 5 ] || { cat checked.txt; fail "--check ends with exit code $code"; }
grep -qE "^$lines of $lines rows found(, |;( [0-9]+ (twice|out of order),?)+$)" checked.txt || { cat checked.txt; fail "rows are not as captured"; }
grep '^tcp.payload' compared.txt >payload
awk '{ exit !($2 == $4 && $2 > 0) }' payload || { cat payload; fail "payloads differ"; }

# The comments say which line a frame carries.
"$dissect" -Y 'frame.comment contains "from alice: all: hello everybody"' chat.pcapng | grep -q 'PSH, ACK' ||
  fail "no comment names alice's line"

# Programs read the same.
"$source/samples/chat/scenario" --no-build --build "$build" --netns --out json --format json --pause 0 >report.json \
  2>said.txt || { cat said.txt; fail "the report as JSON fails"; }
grep -q '^ "tied": true,$' report.json || fail "the JSON report is not tied"

# Without a server, and without the right to capture.
unshare --net "$build/samples/chat/chat-scenario" --server /nowhere/chat-server -w none.pcapng >none.txt 2>&1
[ $? -eq 3 ] || { cat none.txt; fail "a missing server is not exit code 3"; }
if setpriv --version >/dev/null 2>&1 && [ "$(id -u)" -eq 0 ]; then
  setpriv --bounding-set -all --inh-caps -all --reuid 65534 --clear-groups \
    "$build/samples/chat/chat-scenario" -w none.pcapng >none.txt 2>&1
  code=$?
  # 127: that user may not read this folder.
  [ $code -eq 4 ] || [ $code -eq 127 ] || [ $code -eq 126 ] || { cat none.txt; fail "no right to capture is exit code $code"; }
fi
exit 0
