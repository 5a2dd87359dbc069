package org.jenkinsci.plugins.workflow.libs

// Stands for the annotation that loads a shared library.
@interface Library {
    String[] value()
}
