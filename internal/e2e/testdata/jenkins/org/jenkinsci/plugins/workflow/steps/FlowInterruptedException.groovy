package org.jenkinsci.plugins.workflow.steps

// Stands for what a step throws when its build is aborted.
class FlowInterruptedException extends InterruptedException {}
