// Package appspec reads the AppSpec file of a CodeDeploy revision for
// EC2/on-premises servers and says what is wrong with it, where, and what the
// CodeDeploy agent would answer.
//
// [Find] names the AppSpec file of a revision, [Parse] turns its text into a
// [File] in which every value keeps its position and the value that the agent
// sees (YAML 1.1: mode: 0644 is the number 420), and [Check] looks at the
// revision around it: sources and scripts that are missing, scripts that
// cannot start. Each finding is a [Diagnostic]; its rule id is a promise and
// is never reused.
//
// The package installs nothing, runs nothing and knows no AWS. The documents
// of Amazon ECS and AWS Lambda are recognised and refused with one diagnostic,
// PLATFORM-001.
//
// The rules come from the CodeDeploy User Guide (chapters
// reference-appspec-file*, troubleshooting-*) and from what version 1.8.1 of
// the CodeDeploy agent does under Ruby 3.1 with Psych 4.0. Where the two
// differ, the agent decides.
//
// Nothing here is shared between calls: all functions may be used from any
// number of goroutines, and a File is not changed once Parse has returned it.
package appspec
