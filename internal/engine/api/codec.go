package api

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"
)

// The SDK's structs carry no JSON tags: the names on the wire follow from the
// fields' names. Members begin with a lower-case letter, except in these types
// (the API's model; tagging operations and tag filters).
var upperCase = map[string]bool{
	"DeploymentOverview": true, "EC2TagFilter": true, "ListTagsForResourceInput": true, "ListTagsForResourceOutput": true,
	"Tag": true, "TagFilter": true, "TagResourceInput": true, "UntagResourceInput": true,
}

func memberName(t reflect.Type, f reflect.StructField) string {
	name := strings.TrimSuffix(f.Name, "_") // the SDK's String_ would be a method's name without
	if upperCase[t.Name()] {
		return name
	}
	return strings.ToLower(name[:1]) + name[1:]
}

const (
	maxSeconds = 253402300799 // the end of the year 9999
	maxInteger = 1 << 53      // beyond it JSON's numbers are not exact any more
)

var timeType = reflect.TypeFor[time.Time]()

// members lists the fields of an SDK struct that travel.
func members(t reflect.Type) []reflect.StructField {
	var out []reflect.StructField
	for i := range t.NumField() {
		if f := t.Field(i); f.IsExported() && f.Name != "ResultMetadata" {
			out = append(out, f)
		}
	}
	return out
}

// encode turns an SDK struct into what encoding/json writes as the service does:
// absent members are left out, times are seconds since the epoch.
func encode(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return encode(v.Elem())
	case reflect.Struct:
		if v.Type() == timeType {
			return json.Number(fmt.Sprintf("%.3f", float64(v.Interface().(time.Time).UnixMilli())/1000))
		}
		out := map[string]any{}
		for _, f := range members(v.Type()) {
			fv := v.FieldByIndex(f.Index)
			switch fv.Kind() {
			case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
				if fv.IsNil() {
					continue
				}
			case reflect.String:
				if fv.Len() == 0 {
					continue // an enumeration that is not set
				}
			}
			out[memberName(v.Type(), f)] = encode(fv)
		}
		return out
	case reflect.Slice:
		out := make([]any, v.Len())
		for i := range out {
			out[i] = encode(v.Index(i))
		}
		return out
	case reflect.Map:
		out := map[string]any{}
		for _, k := range v.MapKeys() {
			out[k.String()] = encode(v.MapIndex(k))
		}
		return out
	}
	return v.Interface()
}

// decode fills an SDK struct from a request. Unknown members are ignored, as
// the service does; null is absent.
func decode(in any, to reflect.Value, path string) error {
	if in == nil {
		return nil
	}
	wrong := func(want string) error {
		if path == "" {
			path = "the body"
		}
		return fmt.Errorf("%s is not %s", strings.TrimPrefix(path, "."), want)
	}
	t := to.Type()
	switch {
	case t.Kind() == reflect.Pointer:
		p := reflect.New(t.Elem())
		if err := decode(in, p.Elem(), path); err != nil {
			return err
		}
		to.Set(p)
		return nil
	case t == timeType:
		n, ok := in.(float64)
		if !ok || math.Abs(n) > maxSeconds {
			return wrong("a time in seconds since the epoch")
		}
		to.Set(reflect.ValueOf(time.UnixMilli(int64(math.Round(n * 1000))).UTC()))
		return nil
	}
	switch t.Kind() {
	case reflect.Struct:
		m, ok := in.(map[string]any)
		if !ok {
			return wrong("a structure")
		}
		for _, f := range members(t) {
			name := memberName(t, f)
			if err := decode(m[name], to.FieldByIndex(f.Index), path+"."+name); err != nil {
				return err
			}
		}
	case reflect.Slice:
		l, ok := in.([]any)
		if !ok {
			return wrong("a list")
		}
		s := reflect.MakeSlice(t, len(l), len(l))
		for i, item := range l {
			if err := decode(item, s.Index(i), fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
		to.Set(s)
	case reflect.Map:
		m, ok := in.(map[string]any)
		if !ok {
			return wrong("a map")
		}
		out := reflect.MakeMap(t)
		for k, item := range m {
			v := reflect.New(t.Elem()).Elem()
			if err := decode(item, v, path+"."+k); err != nil {
				return err
			}
			out.SetMapIndex(reflect.ValueOf(k).Convert(t.Key()), v)
		}
		to.Set(out)
	case reflect.String:
		s, ok := in.(string)
		if !ok || !utf8.ValidString(s) {
			return wrong("a string")
		}
		to.SetString(s)
	case reflect.Bool:
		b, ok := in.(bool)
		if !ok {
			return wrong("a boolean")
		}
		to.SetBool(b)
	case reflect.Int, reflect.Int32, reflect.Int64:
		n, ok := in.(float64)
		if !ok || n != math.Trunc(n) || math.Abs(n) > maxInteger || to.OverflowInt(int64(n)) {
			return wrong("a whole number")
		}
		to.SetInt(int64(n))
	default:
		return wrong("of a kind that the engine reads")
	}
	return nil
}
