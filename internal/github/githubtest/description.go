package githubtest

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

//go:embed api.json
var apiText []byte

// operation is one operation of GitHub's API description.
type operation struct {
	ID          string `json:"operationId"`
	Parameters  []parameter
	RequestBody *struct{ Schema json.RawMessage }
	Responses   []int

	method string
	path   *regexp.Regexp
	fixed  int // segments of the path that are no parameters
	names  []string
	body   *jsonschema.Schema
}

type parameter struct {
	Name, In string
	Schema   struct {
		Type    string
		Maximum int
	}
}

// description reads the operations, those with the most fixed paths first.
func description() ([]*operation, error) {
	var text struct {
		Paths map[string]map[string]*operation
	}
	if err := json.Unmarshal(apiText, &text); err != nil {
		return nil, err
	}
	var all []*operation
	inBraces := regexp.MustCompile(`\\\{(\w+)\\\}`)
	for path, methods := range text.Paths {
		for method, op := range methods {
			op.method = strings.ToUpper(method)
			quoted := regexp.QuoteMeta(path)
			for _, m := range inBraces.FindAllStringSubmatch(quoted, -1) {
				op.names = append(op.names, m[1])
			}
			op.fixed = strings.Count(path, "/") - len(op.names)
			// A ref may have slashes in it.
			quoted = strings.ReplaceAll(quoted, `\{ref\}`, `(.+)`)
			op.path = regexp.MustCompile("^" + inBraces.ReplaceAllString(quoted, `([^/]+)`) + "$")
			if op.RequestBody != nil {
				schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(op.RequestBody.Schema))
				if err != nil {
					return nil, err
				}
				c := jsonschema.NewCompiler()
				if err := c.AddResource(op.ID, schema); err != nil {
					return nil, err
				}
				if op.body, err = c.Compile(op.ID); err != nil {
					return nil, err
				}
			}
			all = append(all, op)
		}
	}
	slices.SortFunc(all, func(a, b *operation) int {
		if a.fixed != b.fixed {
			return b.fixed - a.fixed
		}
		return strings.Compare(a.ID, b.ID)
	})
	return all, nil
}

// check says what is wrong with a request by the description.
func (op *operation) check(r *http.Request, body []byte) error {
	for name, values := range r.URL.Query() {
		n := slices.IndexFunc(op.Parameters, func(p parameter) bool { return p.In == "query" && p.Name == name })
		if n < 0 || len(values) != 1 {
			return fmt.Errorf("%s: the query has %s=%q", op.ID, name, values)
		}
		if s := op.Parameters[n].Schema; s.Type == "integer" {
			if v, err := strconv.Atoi(values[0]); err != nil || s.Maximum > 0 && v > s.Maximum {
				return fmt.Errorf("%s: %s=%s", op.ID, name, values[0])
			}
		}
	}
	if op.body == nil {
		if len(body) > 0 {
			return fmt.Errorf("%s: it has a body", op.ID)
		}
		return nil
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err == nil {
		err = op.body.Validate(v)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", op.ID, err)
	}
	if r.Header.Get("Content-Type") != "application/json" {
		return fmt.Errorf("%s: Content-Type %q", op.ID, r.Header.Get("Content-Type"))
	}
	return nil
}
