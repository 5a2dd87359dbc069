package appspec

import (
	"strings"
	"testing"
)

func TestKeptOpen(t *testing.T) {
	for _, c := range []struct {
		script string
		line   int // 0: none
	}{
		{"sleep 100 &", 1},
		{"echo a\nnohup java -jar app.jar &\n", 2},
		{"setsid ./server & disown\n", 1},
		{"./server > log &", 1},
		{"./server 2> log &", 1},
		{"./server 2>&1 &", 1},
		{"./server 2>&1 > log &", 1},
		{"./server > log 2>&1 &", 0},
		{"./server >> log 2>> errors < /dev/null &", 0},
		{"./server &> log &", 0},
		{"./server &>> log &", 0},
		{"./server >& log &", 0},
		{"./server 1>log 2>&1 &", 0},
		{"./server >&- 2>&- &", 0},
		{"./server > log 2>&1 & echo $! > pid", 0},
		{"./server \\\n  --port 80 \\\n  &\n", 3},
		{"cd /srv && ./server > log 2>&1 &", 0},
		{"cd /srv && ./server &", 1},
		{"./server 2>&1 | logger &", 1},
		{"./server 2>&1 | logger > /dev/null 2>&1 &", 0},
		{"./server | logger > /dev/null 2>&1 &", 1},
		{"./server |& logger &> /dev/null &", 0},
		{"a && b || c; d 2>&1; e >&2\n", 0},
		{"# ./server &\necho done # and &\n", 0},
		{"echo 'a &' \"b & $(c & d)\" `e & f` $'g\\' &' h\\&i\n", 0},
		{"echo ${x//&/and} $((a & b))\n(( a & b ))\n[[ a && b ]]\n", 0},
		{"cat <<EOF\nx &\n  EOF\nEOF\ncat <<-'END' > f\n\ty &\n\tEND\nsleep 9 &\n", 8},
		{"cat <<A <<B\nx &\nA\ny &\nB\n", 0},
		{"cat <<< 'x &'\n", 0},
		{"case $1 in\n  start) ./server & ;;\n  (stop|halt) exit ;;\nesac\n", 2},
		{"case $1 in\n  a|b) ./server > log 2>&1 & ;;\n  c) x ;&\n  d) y ;;&\nesac\n", 0},
		{"case $1 in\nesac; sleep 9 &", 2},
		{"start() {\n  ./server &\n}\nstart\n", 2},
		{"function start {\n  ./server &\n}\nstart > log 2>&1\n", 2},
		{"function start() {\n  ./server &\n} > log 2>&1\nstart\n", 0},
		{"{ ./server & } > log 2>&1\n", 0},
		{"( ./server & )\n", 1},
		{"( ./server & ) > log 2>&1\n", 0},
		{"( sleep 9; ./server > log ) &\n", 1},
		{"( sleep 9; ./server ) &> log &\n", 0},
		{"for p in a b; do\n  $p &\ndone\n", 2},
		{"for p in a b; do\n  $p &\ndone\nwait\n", 0},
		{"while true; do ./beat; done > log 2>&1 &\n", 0},
		{"until curl -s x; do sleep 1; done &\n", 1},
		{"for ((i = 0; i < 3; i++)); do x; done\nsleep 9 &\n", 2},
		{"if [ -f x ]; then\n  ./server &\nelif y; then z; else :; fi\n", 2},
		{"exec > log 2>&1\n./server &\n", 0},
		{"exec > >(tee log) 2>&1\n./server &\n", 0},
		{"exec > log\n./server &\n", 2},
		{"exec 2>&1\n./server > log &\n", 2},
		{"exec ./server > log 2>&1\nsleep 9 &\n", 2},
		{"./mock & pid=$!\n./test\nkill $pid\n", 0},
		{"./server & pid=$!\nsleep 2\nkill -0 $pid\n", 1},
		{"trap 'kill $(jobs -p)' EXIT\n./server &\n", 0},
		{"su app -c './server > log 2>&1' &\n", 0},
		{"su app -c './server &'\n", 0},
		{"list=(a b)\nempty=()\n./server &\n", 3},
		{"./server &\r\n", 1},
		{"curl http://host/?a=1&b=2\n", 1},
		// What is not understood is not judged.
		{"./server &\necho 'never closed\n", 0},
		{"./server &\ncat <<EOF\n", 0},
		{"./server &\nfi\n", 0},
		{"./server &\n(\n", 0},
		{"", 0},
	} {
		if got := keptOpen(c.script, false); got != c.line {
			t.Errorf("line %d, want %d, in\n%s", got, c.line, c.script)
		}
	}
}

func TestBashKeepsAListOpen(t *testing.T) {
	for script, line := range map[string]int{
		"cd /srv && ./server > log 2>&1 &\n":                1,
		"a || b &&\n\n  c &> log &\n":                       3,
		"a && b\nc &> log &\n":                              0,
		"a && b; c &> log &\n":                              0,
		"{ cd /srv && ./server; } &> log &\n":               0,
		"(cd /srv && ./server) &> log &\n":                  0,
		"exec &> log\ncd /srv && ./server &\n":              0,
		"case $1 in a) x || y ;; b) ./server &> log & esac": 0,
		"cd /srv && ./server &> log & wait\n":               0,
	} {
		if got := keptOpen(script, true); got != line {
			t.Errorf("line %d, want %d, in\n%s", got, line, script)
		}
		if got := keptOpen(script, false); got != 0 {
			t.Errorf("dash: line %d in\n%s", got, script)
		}
	}
}

func FuzzKeptOpen(f *testing.F) {
	for _, seed := range []string{"a & b", "$(", "${x", "'", "<<A\n", "case x in a) b & esac", "((", "[[ a", "f() { x & }", "1>&2 &", "`", "\\"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, script string) {
		if line := keptOpen(script, true); line < 0 || line > strings.Count(script, "\n")+1 {
			t.Errorf("line %d of %q", line, script)
		}
	})
}

// TestLongScripts: what a script of the longest length takes does not explode,
// however it is nested.
func TestLongScripts(t *testing.T) {
	for _, part := range []string{"a & ", "(", "( wait\n", "$(", "\"$(", "${", "<<A\n", "\\\n", "a#", "{ ", "if ", "`", "[[ a ", "&& ", "> x ", "((", "#\n"} {
		keptOpen(strings.Repeat(part, longestScript/len(part)), true)
	}
}
