package event

import (
	"encoding/json"
	"testing"
	"time"
)

func TestKinds(t *testing.T) {
	for kind, e := range map[string]Event{
		"note": Note{}, "stage": Stage{}, "diagnostic": Diagnostic{}, "checked": Checked{}, "rule": Rule{}, "fixed": Fixed{}, "deployment": Deployment{},
		"target": Target{}, "lifecycle": Lifecycle{}, "progress": Progress{}, "output": Output{},
	} {
		if e.Kind() != kind {
			t.Errorf("%T is a %s", e, e.Kind())
		}
	}
}

func TestDurationIsSeconds(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0.000", 1500 * time.Millisecond: "1.500", 90 * time.Second: "90.000", 4 * time.Hour: "14400.000", 1234567 * time.Nanosecond: "0.001",
	} {
		if got, err := json.Marshal(Duration(d)); err != nil || string(got) != want {
			t.Errorf("%v is %s, %v", d, got, err)
		}
	}
}

// The names are a promise to the readers of logs.
func TestFieldNames(t *testing.T) {
	for want, e := range map[string]Event{
		`{"level":"warning","text":"x"}`:                                Note{Level: Warning, Text: "x"},
		`{"step":"push","status":"started"}`:                            Stage{Step: "push", Status: StageStarted},
		`{"step":"push","status":"done","summary":"x","seconds":2.500}`: Stage{Step: "push", Status: StageDone, Summary: "x", Took: Duration(2500 * time.Millisecond)},
		`{"rule":"r","severity":"error","file":"f","line":1,"column":2,"endLine":3,"endColumn":4,"message":"m","help":"h","snippet":"s","ignored":{"by":"comment","reason":"r"}}`: Diagnostic{"r", "error", "f", 1, 2, 3, 4, "m", "h", "s", &Ignored{IgnoredInFile, "r"}},
		`{"file":"f","errors":1,"warnings":2,"ignored":3,"failFrom":"error"}`:                                                                                                     Checked{"f", 1, 2, 3, "error"},
		`{"file":"f","rules":["r"],"diff":"d","written":true}`:                                                                                                                    Fixed{"f", []string{"r"}, "d", true},
		`{"rule":"r","severity":"error","title":"t"}`:                                                                                                                             Rule{ID: "r", Severity: "error", Title: "t"},
		`{"rule":"r","severity":"error","title":"t","why":"w","agent":"a","remedy":"m","chapter":"c","fails":[{"name":"n","text":"x","line":1,"column":2,"endLine":3,"endColumn":4}],"passes":[{"name":"n","text":"x"}]}`:                                                                                                                                              Rule{"r", "error", "t", "w", "a", "m", "c", []ExampleFile{{"n", "x", 1, 2, 3, 4}}, []ExampleFile{{Name: "n", Text: "x"}}},
		`{"deploymentId":"d","application":"a","deploymentGroup":"g","deploymentConfig":"c","status":"Failed","rollback":true,"rollbackOf":"o","revision":"v","description":"n","created":"1970-01-01T00:00:01Z","ended":"1970-01-01T00:00:02Z","overview":{"pending":1,"inProgress":2,"succeeded":3,"failed":4,"skipped":5,"ready":6},"errorCode":"E","message":"m"}`: Deployment{"d", "a", "g", "c", "Failed", true, "o", "v", "n", time.Unix(1, 0).UTC(), time.Unix(2, 0).UTC(), &Overview{1, 2, 3, 4, 5, 6}, "E", "m"},
		`{"deploymentId":"d","target":"t","status":"Skipped"}`: Target{"d", "t", "Skipped"},
		`{"deploymentId":"d","target":"t","lifecycleEvent":"Install","status":"Failed","began":"1970-01-01T00:00:01Z","seconds":1.000,"failure":{"errorCode":"c","scriptName":"s","message":"m","logTail":"l","meaning":"w","remedy":"r"}}`: Lifecycle{"d", "t", "Install", "Failed", time.Unix(1, 0).UTC(), Duration(time.Second), "", &Failure{"c", "s", "m", "l", "w", "r"}},
		`{"deploymentId":"d","target":"t","lifecycleEvent":"Install","status":"Succeeded","logTail":"l"}`:                                                                                                                                   Lifecycle{Deployment: "d", Target: "t", Name: "Install", Status: "Succeeded", Log: "l"},
		`{"step":"push","done":1,"total":2}`: Progress{"push", 1, 2, 0, 0},
		`{"name":"n","value":"v"}`:           Output{"n", "v"},
	} {
		if got, err := json.Marshal(e); err != nil || string(got) != want {
			t.Errorf("%T is\n%s\nnot\n%s (%v)", e, got, want, err)
		}
	}
}
