package step

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Field is one input of a step, as its tags declare it.
type Field struct {
	Name    string
	Help    string
	Default string
	Group   string // the heading it stands below; "" for the step's own
	// Required says that the step does nothing without the input: "true", or "aws"
	// where the engine of the endpoint local gives it a value.
	Required string
	Enum     []string
	Env      []string
	Arg      bool
	NoFile   bool // not from the repository's file
	NoChain  bool // not from an earlier step's outputs
	Secret   bool
	Lines    bool   // a list with one value a line
	Bare     string // the value of the flag alone, and of true
	Type     reflect.Type

	values []reflect.Value // every field of that name
}

// Fields lists the inputs of a step in the order of their declaration. It
// panics on a wrong declaration, which the tests of every step would meet.
func Fields(in Inputs) []*Field {
	var all []*Field
	index := map[string]*Field{}
	var walk func(v reflect.Value, group string)
	walk = func(v reflect.Value, group string) {
		t := v.Type()
		for i := range t.NumField() {
			sf := t.Field(i)
			name, ok := sf.Tag.Lookup("flag")
			if !ok {
				if sf.Type.Kind() == reflect.Struct && sf.IsExported() {
					walk(v.Field(i), heading(sf.Type))
				}
				continue
			}
			f := index[name]
			if f == nil {
				f = &Field{
					Name: name, Help: sf.Tag.Get("help"), Default: sf.Tag.Get("default"),
					Enum: list(sf.Tag.Get("enum")), Env: list(sf.Tag.Get("env")),
					Arg: sf.Tag.Get("arg") == "true", NoFile: sf.Tag.Get("file") == "no",
					NoChain: sf.Tag.Get("output") == "no", Secret: sf.Tag.Get("secret") == "true",
					Lines: sf.Tag.Get("list") == "lines", Bare: sf.Tag.Get("bare"),
					Group: group, Required: sf.Tag.Get("required"),
					Type: sf.Type,
				}
				if own, ok := sf.Tag.Lookup("group"); ok {
					f.Group = own
				}
				f.check()
				index[name] = f
				all = append(all, f)
			}
			switch {
			case f.Type != sf.Type:
				panic(fmt.Sprintf("input %s is a %s here and a %s there", name, f.Type, sf.Type))
			case !sf.IsExported():
				panic(fmt.Sprintf("input %s: its field %s is not exported", name, sf.Name))
			}
			f.values = append(f.values, v.Field(i))
		}
	}
	walk(reflect.ValueOf(in).Elem(), "")
	return all
}

// check panics on a declaration by which no value could be read.
func (f *Field) check() {
	switch t := f.Type; {
	case t == reflect.TypeFor[time.Duration](), t == reflect.TypeFor[[]string]():
	case t.Kind() == reflect.String, t.Kind() == reflect.Bool, t.Kind() == reflect.Int:
	case t == reflect.TypeFor[*bool](), t == reflect.TypeFor[*int]():
	default:
		panic(fmt.Sprintf("input %s has the unknown type %s", f.Name, t))
	}
	if !slices.Contains([]string{"", "true", "aws"}, f.Required) {
		panic(fmt.Sprintf("input %s: required is %q", f.Name, f.Required))
	}
	if f.Default != "" {
		if _, err := f.parse(f.Default); err != nil {
			panic(fmt.Sprintf("input %s: its default: %v", f.Name, err))
		}
	}
}

func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// IsBool says if the input is a switch, so that its flag needs no value.
func (f *Field) IsBool() bool {
	return f.Type.Kind() == reflect.Bool || f.Type == reflect.TypeFor[*bool]()
}

// IsList says if the input takes several values.
func (f *Field) IsList() bool { return f.Type.Kind() == reflect.Slice }

// isZero says if the input has no value yet.
func (f *Field) isZero() bool { return f.values[0].IsZero() }

// String gives the value as it would be typed.
func (f *Field) String() string {
	v := f.values[0]
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	if l, ok := v.Interface().([]string); ok {
		return strings.Join(l, ",")
	}
	return fmt.Sprint(v.Interface())
}

// set gives the input its value, everywhere it occurs.
func (f *Field) set(text string) error {
	v, err := f.parse(text)
	if err != nil {
		return err
	}
	for _, to := range f.values {
		to.Set(v)
	}
	return nil
}

func (f *Field) parse(text string) (reflect.Value, error) {
	if f.Bare != "" && text == "true" {
		text = f.Bare
	}
	if len(f.Enum) > 0 && !slices.Contains(f.Enum, text) {
		return reflect.Value{}, fmt.Errorf("%q is not one of %s", text, strings.Join(f.Enum, ", "))
	}
	pointer := f.Type.Kind() == reflect.Pointer
	t := f.Type
	if pointer {
		t = t.Elem()
	}
	v := reflect.New(t).Elem()
	switch {
	case t == reflect.TypeFor[time.Duration]():
		d, err := duration(text)
		if err != nil {
			return v, fmt.Errorf("%q is not a duration such as 90s, 30m, 2h or 30d", text)
		}
		if d <= 0 {
			return v, fmt.Errorf("%q is not a duration above zero", text)
		}
		v.SetInt(int64(d))
	case t.Kind() == reflect.String:
		v.SetString(text)
	case t.Kind() == reflect.Bool:
		b, err := parseBool(text)
		if err != nil {
			return v, err
		}
		v.SetBool(b)
	case t.Kind() == reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return v, fmt.Errorf("%q is not a whole number", text)
		}
		if n < 0 { // inputs count things
			return v, fmt.Errorf("%q is below zero", text)
		}
		v.SetInt(int64(n))
	case t == reflect.TypeFor[[]string]():
		var items []string
		for _, item := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' && !f.Lines || r == '\n' }) {
			if item = strings.TrimSpace(item); item != "" {
				items = append(items, item)
			}
		}
		v.Set(reflect.ValueOf(items))
	}
	if pointer {
		p := reflect.New(t)
		p.Elem().Set(v)
		return p, nil
	}
	return v, nil
}

// duration takes what Go takes, days of 24 hours as well, and a bare number as
// seconds: so CI systems write them.
func duration(text string) (time.Duration, error) {
	unit, digits := time.Second, text
	if days, ok := strings.CutSuffix(text, "d"); ok {
		unit, digits = 24*time.Hour, days
	}
	if n, err := strconv.Atoi(digits); err == nil && n >= 0 && time.Duration(n) <= math.MaxInt64/unit {
		return time.Duration(n) * unit, nil
	}
	return time.ParseDuration(text)
}

// parseBool takes what people and YAML write; CI systems pass text only.
func parseBool(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "true", "1", "yes", "on":
		return true, nil
	case "false", "0", "no", "off":
		return false, nil
	}
	return false, fmt.Errorf("%q is neither true nor false", text)
}
