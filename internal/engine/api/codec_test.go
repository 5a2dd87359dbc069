package api

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	"github.com/codedeploy-steps/codedeploy-steps/internal/engine/deploy"
)

// operation is one that the engine serves, as the SDK's client calls it.
type operation struct {
	name    string
	call    reflect.Value // of the client: (ctx, *in, ...options) (*out, error)
	in, out reflect.Type
}

// operations lists what the engine serves.
func operations(t testing.TB, client *codedeploy.Client) []operation {
	t.Helper()
	var out []operation
	for _, target := range slices.Sorted(maps.Keys(CodeDeploy(&deploy.Service{}))) {
		name := strings.TrimPrefix(target, Prefix)
		call := reflect.ValueOf(client).MethodByName(name)
		if !call.IsValid() {
			t.Fatalf("the SDK has no operation %s", name)
		}
		out = append(out, operation{name, call, call.Type().In(1).Elem(), call.Type().Out(0).Elem()})
	}
	return out
}

// fill sets every member of a value, all to different ones.
func fill(v reflect.Value, n *int) {
	*n++
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Struct:
		if v.Type() == timeType {
			v.Set(reflect.ValueOf(time.Unix(1_700_000_000+int64(*n), 250_000_000).UTC()))
			return
		}
		for _, f := range members(v.Type()) {
			fill(v.FieldByIndex(f.Index), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n)
		fill(v.Index(1), n)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		item := reflect.New(v.Type().Elem()).Elem()
		fill(item, n)
		v.SetMapIndex(reflect.ValueOf("key").Convert(v.Type().Key()), item)
	case reflect.String:
		v.SetString(strings.Repeat("ü\n<", *n%3+1) + string(rune('a'+*n%26)))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(float64(*n) + 0.5)
	default:
		v.SetInt(int64(*n))
	}
}

// TestEveryMember sends every member of every input and output between the
// SDK's client and the codec.
func TestEveryMember(t *testing.T) {
	for _, empty := range []bool{false, true} {
		var got, answer reflect.Value
		served := map[string]Operation{}
		url := serve(t, served)
		for _, op := range operations(t, newClient(url, testSecret)) {
			served[Prefix+op.name] = func(_ context.Context, body []byte) (any, error) {
				var raw any
				if err := json.Unmarshal(body, &raw); err != nil {
					return nil, err
				}
				got = reflect.New(op.in)
				if err := decode(raw, got.Elem(), ""); err != nil {
					return nil, err
				}
				return answer.Interface(), nil
			}
			n := 0
			in := reflect.New(op.in)
			answer = reflect.New(op.out)
			fill(in.Elem(), &n)
			if !empty {
				fill(answer.Elem(), &n)
			}
			results := op.call.Call([]reflect.Value{reflect.ValueOf(t.Context()), in})
			if err, _ := results[1].Interface().(error); err != nil {
				t.Errorf("%s: %v", op.name, err)
				continue
			}
			out := results[0]
			out.Elem().FieldByName("ResultMetadata").Set(reflect.ValueOf(middleware.Metadata{}))
			if !reflect.DeepEqual(got.Interface(), in.Interface()) {
				t.Errorf("%s: the engine read\n%s\nof\n%s", op.name, show(got), show(in))
			}
			if !empty && !reflect.DeepEqual(out.Interface(), answer.Interface()) {
				t.Errorf("%s: the client read\n%s\nof\n%s", op.name, show(out), show(answer))
			}
		}
	}
}

func show(v reflect.Value) string {
	text, _ := json.MarshalIndent(v.Interface(), "", " ")
	return string(text)
}

// TestMemberNames compares the names on the wire with the names of the API's
// model (testdata/members.txt: a structure, then its members).
func TestMemberNames(t *testing.T) {
	text, err := os.ReadFile("testdata/members.txt")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, names, _ := strings.Cut(strings.TrimSpace(line), ":")
		want[name] = strings.TrimSpace(names)
	}
	seen := map[string]bool{}
	var walk func(t reflect.Type)
	walk = func(typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			walk(typ.Elem())
		case reflect.Struct:
			if typ == timeType || seen[typ.Name()] {
				return
			}
			seen[typ.Name()] = true
			var names []string
			for _, f := range members(typ) {
				names = append(names, memberName(typ, f))
				walk(f.Type)
			}
			slices.Sort(names)
			if got := strings.Join(names, " "); got != want[typ.Name()] {
				t.Errorf("%s travels as %q, the model has %q", typ.Name(), got, want[typ.Name()])
			}
		}
	}
	for _, op := range operations(t, newClient("http://127.0.0.1", "")) {
		walk(op.in)
		walk(op.out)
	}
	for name := range want {
		if !seen[name] {
			t.Errorf("%s of the model is nowhere in the SDK's operations", name)
		}
	}
}

// TestEncode is what is on the wire, byte by byte.
func TestEncode(t *testing.T) {
	type inner struct {
		Key  *string
		When *time.Time
	}
	value := "v"
	tests := []struct {
		in   any
		want string
	}{
		{struct{ A *string }{}, `{}`},
		{struct{ ApplicationName *string }{&value}, `{"applicationName":"v"}`},
		{struct{ Status string }{}, `{}`},
		{struct{ LinkedToGitHub bool }{}, `{"linkedToGitHub":false}`},
		{struct{ List []string }{}, `{}`},
		{struct{ List []string }{[]string{}}, `{"list":[]}`},
		{struct{ List []inner }{[]inner{{Key: &value}}}, `{"list":[{"key":"v"}]}`},
		{struct{ Map map[string]int32 }{map[string]int32{"A": 1}}, `{"map":{"A":1}}`},
		{struct{ T time.Time }{time.Unix(1700000000, 123_999_999)}, `{"t":1700000000.123}`},
		{struct{ T time.Time }{time.Unix(1700000000, 0).In(time.FixedZone("", 3600))}, `{"t":1700000000.000}`},
		{struct{ T, ResultMetadata *time.Time }{}, `{}`},
		{(*inner)(nil), `null`},
	}
	for _, test := range tests {
		text, err := json.Marshal(encode(reflect.ValueOf(test.in)))
		if err != nil || string(text) != test.want {
			t.Errorf("%+v: %s, %v, want %s", test.in, text, err, test.want)
		}
	}
}

// TestDecodeRefuses names the member that is not what it should be.
func TestDecodeRefuses(t *testing.T) {
	url := newSite(t, 0).url
	tests := []struct{ operation, body, message string }{
		{"GetApplication", `{"applicationName":1}`, "applicationName is not a string"},
		{"GetApplication", `[]`, "the body is not a structure"},
		{"GetApplication", `"a"`, "the body is not a structure"},
		{"GetApplication", `{`, "the body is not JSON: unexpected end of JSON input"},
		{"GetApplication", `{} {}`, "the body is not JSON: invalid character '{' after top-level value"},
		{"BatchGetApplications", `{"applicationNames":"a"}`, "applicationNames is not a list"},
		{"BatchGetApplications", `{"applicationNames":["a",{}]}`, "applicationNames[1] is not a string"},
		{"CreateDeployment", `{"updateOutdatedInstancesOnly":"true"}`, "updateOutdatedInstancesOnly is not a boolean"},
		{"CreateDeployment", `{"revision":"s3"}`, "revision is not a structure"},
		{"CreateDeployment", `{"revision":{"s3Location":{"eTag":false}}}`, "revision.s3Location.eTag is not a string"},
		{"CreateDeploymentGroup", `{"ec2TagSet":{"ec2TagSetList":[[{"Key":1}]]}}`, "ec2TagSet.ec2TagSetList[0][0].Key is not a string"},
		{"CreateDeploymentConfig", `{"minimumHealthyHosts":{"value":1.5}}`, "minimumHealthyHosts.value is not a whole number"},
		{"CreateDeploymentConfig", `{"minimumHealthyHosts":{"value":"1"}}`, "minimumHealthyHosts.value is not a whole number"},
		{"CreateDeploymentConfig", `{"minimumHealthyHosts":{"value":2147483648}}`, "minimumHealthyHosts.value is not a whole number"},
		{"CreateDeploymentConfig", `{"zonalConfig":{"monitorDurationInSeconds":1e300}}`, "zonalConfig.monitorDurationInSeconds is not a whole number"},
		{"ListDeployments", `{"createTimeRange":{"start":"now"}}`, "createTimeRange.start is not a time in seconds since the epoch"},
		{"ListDeployments", `{"createTimeRange":{"start":1e300}}`, "createTimeRange.start is not a time in seconds since the epoch"},
		{"ListDeploymentTargets", `{"targetFilters":[]}`, "targetFilters is not a map"},
		{"ListDeploymentTargets", `{"targetFilters":{"TargetStatus":"Failed"}}`, "targetFilters.TargetStatus is not a list"},
	}
	for _, test := range tests {
		status, header, text := post(t, url, Prefix+test.operation, test.body)
		var e struct {
			Type    string `json:"__type"`
			Message string
		}
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			t.Errorf("%s: %v: %s", test.body, err, text)
			continue
		}
		if status != 400 || e.Type != "SerializationException" || e.Message != test.message || header.Get("Content-Type") != "application/x-amz-json-1.1" {
			t.Errorf("%s: %d %+v, want %q", test.body, status, e, test.message)
		}
	}
	// An absent body, null and members that nobody knows are no mistake.
	for _, body := range []string{"", " ", "null", "{}", `{"nextToken":null}`, `{"colour":"red","nextToken":null}`} {
		if status, _, text := post(t, url, Prefix+"ListApplications", body); status != 200 || text != `{"applications":[]}` {
			t.Errorf("%q: %d %s", body, status, text)
		}
	}
}

// FuzzDecode: whatever is sent is read or refused with a member's name, and
// what was read is written so that it is read again as the same.
func FuzzDecode(f *testing.F) {
	n := 0
	for _, op := range operations(f, newClient("http://127.0.0.1", "")) {
		in := reflect.New(op.in)
		fill(in.Elem(), &n)
		text, err := json.Marshal(encode(in))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(op.name, text)
	}
	f.Add("ListDeployments", []byte(`{"createTimeRange":{"start":-1e18,"end":253402300799.9999}}`))
	f.Add("CreateDeploymentConfig", []byte(`{"zonalConfig":{"monitorDurationInSeconds":9223372036854775808}}`))
	f.Add("CreateDeployment", []byte(`{"revision":{"string":null,"s3Location":[]}}`))
	types := map[string]reflect.Type{}
	for _, op := range operations(f, newClient("http://127.0.0.1", "")) {
		types[op.name] = op.in
	}
	f.Fuzz(func(t *testing.T, name string, body []byte) {
		typ := types[name]
		if typ == nil {
			return
		}
		read := func(text []byte) (any, error) {
			var raw any
			if err := json.Unmarshal(text, &raw); err != nil {
				return nil, err
			}
			in := reflect.New(typ)
			return in.Interface(), decode(raw, in.Elem(), "")
		}
		in, err := read(body)
		if err != nil {
			if in != nil && !strings.Contains(err.Error(), " is not ") {
				t.Fatalf("error %q", err)
			}
			return
		}
		text, err := json.Marshal(encode(reflect.ValueOf(in)))
		if err != nil {
			t.Fatalf("%+v can't be written: %v", in, err)
		}
		again, err := read(text)
		if err != nil {
			t.Fatalf("%s can't be read again: %v", text, err)
		}
		second, err := json.Marshal(encode(reflect.ValueOf(again)))
		if err != nil || string(second) != string(text) {
			t.Fatalf("%s is written as %s, %v", text, second, err)
		}
	})
}

// TestOwn: the engine's own operations are plain JSON.
func TestOwn(t *testing.T) {
	type in struct{ A int }
	type out struct{ B int }
	url := serve(t, map[string]Operation{
		"Own.Add": Own(func(_ context.Context, i *in) (*out, error) { return &out{i.A + 1}, nil }),
		"Own.Fail": Own(func(context.Context, *in) (*out, error) {
			return nil, &smithy.GenericAPIError{Code: "Odd", Message: "no"}
		}),
		"Own.Bug": Own(func(context.Context, *in) (*out, error) { return nil, os.ErrClosed }),
	})
	tests := []struct {
		target, body string
		status       int
		want         string
	}{
		{"Own.Add", `{"A":1}`, 200, `{"b":2}`},
		{"Own.Add", `{"A":"1"}`, 400, `"__type":"SerializationException"`},
		{"Own.Fail", `{}`, 400, `{"__type":"Odd","message":"no"}`},
		{"Own.Bug", `{}`, 500, `{"__type":"InternalFailure","message":"file already closed"}`},
	}
	for _, test := range tests {
		status, header, text := post(t, url, test.target, test.body)
		if status != test.status || !strings.Contains(text, test.want) || !strings.HasPrefix(header.Get("x-amzn-RequestId"), "request-") {
			t.Errorf("%s %s: %d %s (%s)", test.target, test.body, status, text, header.Get("x-amzn-RequestId"))
		}
	}
}
