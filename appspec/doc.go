// Package appspec reads the AppSpec file of a CodeDeploy revision and says what
// is wrong with it, where, and, for EC2/on-premises servers, what the
// CodeDeploy agent would answer.
//
// [Find] names the AppSpec file of a revision, [Parse] turns its text into a
// [File] in which every value keeps its position and the value that the agent
// sees (YAML 1.1: mode: 0644 is the number 420), and [Check] looks at the
// revision around it: sources and scripts that are missing, scripts that
// cannot start. Each finding is a [Diagnostic]; its rule id is a promise and
// is never reused.
//
// Files for Amazon ECS and AWS Lambda are told by their keys, or by
// [Options].Platform. No agent reads them, so their diagnostics quote none and
// [Refusal] never finds one; a placeholder that a pipeline fills in, such as
// <TASK_DEFINITION>, is taken for what it is. Who deploys to servers has to
// look at [File].Platform, or to read every file with Options{Platform: Server}
// as an agent does.
//
// The package installs nothing, runs nothing and knows no AWS.
//
// The rules come from the CodeDeploy User Guide (chapters
// reference-appspec-file*, troubleshooting-*) and from what version 1.8.1 of
// the CodeDeploy agent does under Ruby 3.1 with Psych 4.0. Where the two
// differ, the agent decides; about files for Amazon ECS and AWS Lambda the
// guide alone does.
//
// Nothing here is shared between calls: all functions may be used from any
// number of goroutines, and a File is not changed once Parse has returned it.
package appspec
