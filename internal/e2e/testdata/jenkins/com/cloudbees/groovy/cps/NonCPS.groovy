package com.cloudbees.groovy.cps

import java.lang.annotation.Retention
import java.lang.annotation.RetentionPolicy

// Stands for Jenkins' annotation of methods that its interpreter leaves alone.
@Retention(RetentionPolicy.RUNTIME)
@interface NonCPS {}
