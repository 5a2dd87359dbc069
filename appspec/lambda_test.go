package appspec

import (
	"strings"
	"testing"
)

const lambdaHead = "version: 0.0\nResources:\n  - orders:\n      Type: AWS::Lambda::Function\n      Properties:\n"

// lambda puts a body below the properties of a function, at line 6.
func lambda(body string) string { return lambdaHead + indented(8, body) }

// versions gives a whole function, with its versions in the lines 8 and 9.
func versions(current, target string) string {
	return lambda("Name: orders\nAlias: live\nCurrentVersion: " + current + "\nTargetVersion: " + target)
}

// named gives a whole function with another name or alias, in line 6 or 7.
func named(name, alias string) string {
	return lambda("Name: " + name + "\nAlias: " + alias + "\nCurrentVersion: \"1\"\nTargetVersion: \"2\"")
}

// lambdaHooks puts a body below the Hooks of a function, at line 11.
func lambdaHooks(body string) string {
	return versions(`"1"`, `"2"`) + "Hooks:\n" + indented(2, body)
}

func TestLambdaRules(t *testing.T) {
	const properties = "{Name: f, Alias: live, CurrentVersion: \"1\", TargetVersion: \"2\"}\n"
	whole := versions(`"1"`, `"2"`)
	for _, c := range []ruleCase{
		{"whole", whole, nil},
		{"lower case", strings.Replace("version: 0.0\nresources:\n  - f:\n      type: AWS::Lambda::Function\n      properties: "+strings.ToLower(properties), "live", "Live", 1), nil},
		{"JSON", `{"version": 0.0, "Resources": [{"f": {"Type": "AWS::Lambda::Function", "Properties": {"Name": "f", "Alias": "live", "CurrentVersion": "1", "TargetVersion": "2"}}}],
			"Hooks": [{"BeforeAllowTraffic": "check"}, {"AfterAllowTraffic": "check"}]}`, nil},
		{"version missing", whole[len("version: 0.0\n"):], []string{"LAM-001 error 1:1-10"}},
		{"version 0", strings.Replace(whole, "0.0", "0", 1), []string{"LAM-001 warning 1:10-11"}},
		{"resources a mapping", "version: 0.0\nResources:\n  f:\n    Type: AWS::Lambda::Function\n    Properties: " + properties, []string{"LAM-002 error 3:3-5"}},
		{"two functions", whole + "  - g: {}\n", []string{"LAM-003 error 10:5-10"}},
		{"two platforms' resources", whole + "  - TargetService:\n      Type: AWS::ECS::Service\n", []string{"LAM-003 error 10:5-19"}},
		{"type in another case", strings.Replace(whole, "Function", "function", 1), []string{"LAM-004 error 4:13-34"}},
		{"no properties", "version: 0.0\nResources:\n  - f:\n      Type: AWS::Lambda::Function\n", []string{"LAM-005 error 3:5-6"}},
		{"empty properties", lambdaHead + "        {}\n", []string{"LAM-006 error 5:7-17", "LAM-007 error 5:7-17", "LAM-008 error 5:7-17", "LAM-009 error 5:7-17"}},
		{"name blank", named(`""`, "live"), []string{"LAM-006 error 6:15-17"}},
		{"name a number", named("12", "live"), []string{"LAM-006 error 6:15-17"}},
		{"name with a dot", named("orders.py", "live"), []string{"LAM-006 error 6:15-24"}},
		{"name as a template", named("${FUNCTION}", "<ALIAS>"), nil},
		{"name as an ARN", named("arn:aws-cn:lambda:cn-north-1:111122223333:function:orders", "live"), nil},
		{"name as an ARN of something else", named("arn:aws:s3:::orders", "live"), []string{"LAM-006 error 6:15-34"}},
		{"alias blank", named("orders", "''"), []string{"LAM-007 error 7:16-18"}},
		{"alias a number", named("orders", "5"), []string{"LAM-007 error 7:16-17"}},
		{"alias of digits", named("orders", `"5"`), []string{"LAM-007 error 7:16-19"}},
		{"alias with a dot", named("orders", "v1.2"), []string{"LAM-007 error 7:16-20"}},
		{"alias boolean", named("orders", "on"), []string{"LAM-007 warning 7:16-18"}},
		{"alias list", named("orders", "[live]"), []string{"LAM-007 error 7:16-17"}},
		{"current version null", versions("", `"2"`), []string{"LAM-008 error 8:9-23"}},
		{"target version blank", versions(`"1"`, `" "`), []string{"LAM-009 error 9:24-27"}},
		{"version $LATEST", versions("$LATEST", `"2"`), []string{"LAM-010 error 8:25-32"}},
		{"version 0 of a function", versions(`"1"`, `"0"`), []string{"LAM-010 error 9:24-27"}},
		{"version negative", versions(`"1"`, "-1"), []string{"LAM-010 error 9:24-26"}},
		{"version fraction", versions(`"1"`, "1.0"), []string{"LAM-010 error 9:24-27"}},
		{"version octal", versions(`"1"`, "010"), []string{"LAM-010 error 9:24-27"}},
		{"version of an alias", versions(`"1"`, "live"), []string{"LAM-010 error 9:24-28"}},
		{"version too long", versions(`"1"`, `"99999999999999999999"`), []string{"LAM-010 error 9:24-46"}},
		{"versions without quotes", versions("1", "2"), []string{"LAM-011 warning 8:25-26", "LAM-011 warning 9:24-25"}},
		{"versions as templates", versions("<CURRENT>", `"%target%"`), nil},
		{"same version", versions(`"2"`, "2"), []string{"LAM-011 warning 9:24-25", "LAM-012 warning 9:24-25"}},
		{"older version", versions(`"10"`, `"9"`), []string{"LAM-013 warning 9:24-27"}},
		{"hooks mapping", lambdaHooks("BeforeAllowTraffic: check"), []string{"LAM-014 error 11:3-28"}},
		{"hooks null", whole + "Hooks: ~\n", []string{"LAM-014 warning 10:1-6"}},
		{"event of ECS", lambdaHooks("- BeforeInstall: check"), []string{"LAM-015 error 11:5-18"}},
		{"event of servers", lambdaHooks("- ValidateService: check"), []string{"LAM-015 error 11:5-20"}},
		{"event reserved", lambdaHooks("- AllowTraffic: check"), []string{"LAM-015 error 11:5-17"}},
		{"event misspelt", lambdaHooks("- BeforeAllowTrafic: check"), []string{"LAM-015 error 11:5-22"}},
		{"event boolean", lambdaHooks("- on: check"), []string{"LAM-015 error 11:5-7"}},
		{"function missing", lambdaHooks("- BeforeAllowTraffic:"), []string{"LAM-016 error 11:5-23"}},
		{"function list", lambdaHooks("- BeforeAllowTraffic: [check]"), []string{"LAM-016 error 11:25-26"}},
		{"event twice", lambdaHooks("- BeforeAllowTraffic: a\n- BeforeAllowTraffic: b"), []string{"LAM-017 error 12:5-23"}},
		{"any order of two events", lambdaHooks("- AfterAllowTraffic: a\n- BeforeAllowTraffic: b"), nil},
		{"hook calls itself", lambdaHooks("- BeforeAllowTraffic: orders"), []string{"LAM-018 warning 11:25-31"}},
		{"hook calls itself by its ARN", lambdaHooks("- BeforeAllowTraffic: arn:aws:lambda:eu-west-1:111122223333:function:orders:2"), []string{"LAM-018 warning 11:25-80"}},
		{"unusual case", strings.Replace(whole, "CurrentVersion", "currentVersion", 1), []string{"LAM-020 warning 8:9-23"}},
		{"unknown property", whole[:len(whole)-1] + "\n        Timeout: 3\n", []string{"LAM-020 warning 10:9-16"}},
	} {
		t.Run(c.name, func(t *testing.T) { checkServiceCase(t, c, Options{}) })
	}
}

func TestModelOfAFunction(t *testing.T) {
	f, _ := Parse("appspec.yml", []byte(lambdaHooks("- beforeAllowTraffic: check")))
	fn := f.Function
	if f.Platform != Lambda || f.Version.Value != "0.0" || f.Service != nil || fn.Key.Value != "orders" || fn.Name.Value != "orders" || fn.Alias.Value != "live" ||
		fn.CurrentVersion.Value != "1" || fn.TargetVersion.Value != "2" || fn.TargetVersion.Pos != (Pos{9, 24}) {
		t.Errorf("read as %+v, %+v", f, fn)
	}
	if v := f.Validations; len(v) != 1 || v[0].Event.Value != "BeforeAllowTraffic" || v[0].Event.Raw != "beforeAllowTraffic" || v[0].Function.Value != "check" || v[0].Function.Pos != (Pos{11, 25}) {
		t.Errorf("hooks are %+v", v)
	}
}
