// What the steps of this library have in common: each file beside this one says which inputs and outputs its step has and
// how its program is called, and calls this. It is written for Jenkins' interpreter: what calls a Pipeline step has no
// iterator and no closure over anything but text, lists and maps; what needs loops calls no step and is @NonCPS.
//
// No argument becomes part of a script: arguments are variables of the program's environment, and the scripts are constants.

import com.cloudbees.groovy.cps.NonCPS

def call(Map given, Map step, Closure program) {
    Map run = null
    try {
        run = read(given, step)
    } catch (Exception wrong) {
        error("codedeploy-steps ${step.name}: ${wrong.message}")
    }
    if (run.image) {
        // The image's entry point is the program; Jenkins wants to start cat.
        return docker.image(run.image).inside("--entrypoint=''") { bind(run, program) }
    }
    return bind(run, program)
}

def bind(Map run, Closure program) {
    if (run.credentials) {
        return withCredentials(run.credentials) { execute(run, program) }
    }
    return execute(run, program)
}

// execute runs the program with a file for its outputs, and gives them back.
def execute(Map run, Closure program) {
    boolean unix = isUnix()
    String folder = pwd(tmp: true) + '/codedeploy-steps-' + UUID.randomUUID()
    String file = folder + '/outputs.env'
    writeFile(file: file, text: '') // makes the folder
    String outputs = run.outputs ?: env.CODEDEPLOY_STEPS_OUTPUTS ?: file
    try {
        int code = withEnv(run.variables + ['CODEDEPLOY_STEPS_OUTPUTS=' + outputs]) { started(run, unix, outputs, program) }
        if (code != 0) {
            error("codedeploy-steps ${run.step} ended with exit code ${code}; what failed stands above")
        }
        return said(run, outputs)
    } finally {
        publish(run)
        dir(folder) { deleteDir() }
    }
}

// started gives the exit code of the program.
def started(Map run, boolean unix, String outputs, Closure program) {
    try {
        return program(unix)
    } catch (InterruptedException aborted) {
        if (run.follows) {
            stop(run, unix, said(run, outputs))
        }
        throw aborted
    }
}

// stop asks for the end of a deployment that an aborted step has left. In a container Jenkins finds processes with procps
// only; elsewhere the program was told and has asked for the stop by now, and to ask again harms nothing.
def stop(Map run, boolean unix, Map reached) {
    boolean ended = reached.status in ['Succeeded', 'Failed', 'Stopped']
    if (!reached.deploymentId || ended || (run.onCancel ?: env.CODEDEPLOY_STEPS_ON_CANCEL) == 'leave') {
        return
    }
    withEnv(['CODEDEPLOY_STEPS_DEPLOYMENT_ID=' + reached.deploymentId, 'CODEDEPLOY_STEPS_WAIT=false', 'CODEDEPLOY_STEPS_REPORT=', 'CODEDEPLOY_STEPS_ON_CANCEL=']) {
        if (unix) {
            sh(label: 'codedeploy-steps stop', script: 'exec codedeploy-steps stop', returnStatus: true)
        } else {
            bat(label: 'codedeploy-steps stop', script: '@codedeploy-steps stop', returnStatus: true)
        }
    }
}

def said(Map run, String file) {
    return fileExists(file) ? parse(readFile(file: file, encoding: 'UTF-8'), run.named) : [:]
}

// publish has Jenkins show the reports, whatever the step's end.
def publish(Map run) {
    if (run.junit) {
        junit(testResults: run.junit, allowEmptyResults: true)
    }
    if (run.html) {
        publishHTML(target: [reportName: 'CodeDeploy', reportDir: run.htmlFolder, reportFiles: run.htmlFile,
                             allowMissing: true, alwaysLinkToLastBuild: true, keepAll: true])
    }
}

// read makes variables and options of the arguments, or throws what is wrong with them.
@NonCPS
Map read(Map given, Map step) {
    Map inputs = step.inputs
    Map run = [step: step.name, named: step.outputs, variables: [], credentials: [], follows: inputs.containsKey('onCancel')]
    List options = ['image', 'awsCredentials']
    if (inputs.containsKey('report')) {
        options += ['junit', 'html']
    }
    List secrets = []
    for (input in inputs) {
        if (input.value == 'secret') {
            secrets << input.key
            options << input.key + 'Credentials'
        }
    }
    List reports = []
    Map values = [:]
    for (argument in given) {
        String name = argument.key.toString()
        String kind = options.contains(name) ? 'text' : inputs[name]
        if (kind == null) {
            throw new Exception("there is no argument ${name}" + meant(name, inputs.keySet() + options - secrets))
        }
        if (kind == 'secret') {
            throw new Exception("${name} is a secret: give the id of its credential as ${name}Credentials, or bind the variable ${variable(name)} around the step")
        }
        String value = text(name, argument.value, kind)
        if (value != '') {
            values[name] = value
        }
    }
    for (kind in ['junit', 'html']) {
        if (options.contains(kind) && values[kind]) {
            reports << text(kind, [kind + '=' + values[kind]], 'list')
        }
    }
    if (reports) {
        values.report = (values.report ? [values.report] + reports : reports).join('\n')
    }
    for (value in values) {
        if (!options.contains(value.key)) {
            run.variables << variable(value.key) + '=' + value.value
        }
    }
    for (name in secrets) {
        if (values[name + 'Credentials']) {
            run.credentials << [$class: 'StringBinding', credentialsId: values[name + 'Credentials'], variable: variable(name)]
        }
    }
    if (values.awsCredentials) {
        run.credentials << [$class: 'AmazonWebServicesCredentialsBinding', credentialsId: values.awsCredentials,
                            accessKeyVariable: 'AWS_ACCESS_KEY_ID', secretKeyVariable: 'AWS_SECRET_ACCESS_KEY']
    }
    run.image = values.image
    run.outputs = values.outputs
    run.onCancel = values.onCancel
    run.junit = values.junit
    run.html = values.html
    if (run.html) {
        int slash = run.html.lastIndexOf('/')
        run.htmlFolder = slash < 0 ? '.' : run.html.substring(0, slash + 1)
        run.htmlFile = run.html.substring(slash + 1)
    }
    return run
}

// text is a value as the program reads it. Nothing and '' are no value.
@NonCPS
String text(String name, Object value, String kind) {
    String whole = ''
    if (value instanceof List) {
        if (kind == 'text') {
            throw new Exception("${name} takes one value, not a list")
        }
        for (entry in value) {
            String one = text(name, entry, 'text')
            if (one.contains('\n') || kind == 'list' && one.contains(',')) {
                throw new Exception("an entry of ${name} has a ${kind == 'list' ? 'comma or a ' : ''}line break, which would make two entries of it: ${one}")
            }
            whole += whole == '' ? one : '\n' + one
        }
    } else if (value instanceof CharSequence || value instanceof Boolean || value instanceof Number) {
        whole = value.toString()
    } else if (value != null) {
        throw new Exception("${name} takes text, a number, true, false${kind == 'text' ? '' : ' or a list of them'}")
    }
    if (whole.indexOf(0) >= 0) {
        throw new Exception("${name} has a NUL character, which no variable can hold")
    }
    return whole
}

// variable is the variable of an input: s3Bucket is CODEDEPLOY_STEPS_S3_BUCKET.
@NonCPS
String variable(String name) {
    return 'CODEDEPLOY_STEPS_' + name.replaceAll('([A-Z])', '_$1').toUpperCase(Locale.ROOT)
}

// parse reads the file of outputs: name=value lines, perhaps with some of other steps.
@NonCPS
Map parse(String file, Map named) {
    Map outputs = [:]
    for (line in file.split('\n')) {
        int equals = line.indexOf('=')
        String name = equals < 0 ? null : named[line.substring(0, equals)]
        if (name != null) {
            String value = line.substring(equals + 1)
            outputs[name] = value == 'true' ? true : value == 'false' ? false : value
        }
    }
    return outputs
}

// meant ends a sentence about an unknown name with one that differs in few letters.
@NonCPS
String meant(String word, Collection names) {
    String best = null
    int least = (int) (word.length() / 3) + 2
    for (name in names) {
        int d = distance(word.toLowerCase(Locale.ROOT), name.toLowerCase(Locale.ROOT))
        if (d < least) {
            best = name
            least = d
        }
    }
    return best == null ? '' : "; did you mean ${best}?"
}

// distance counts the letters to change, add or drop.
@NonCPS
int distance(String a, String b) {
    List row = []
    for (int j = 0; j <= b.length(); j++) {
        row << j
    }
    for (int i = 1; i <= a.length(); i++) {
        List next = [i]
        for (int j = 1; j <= b.length(); j++) {
            int swap = row[j - 1] + (a.substring(i - 1, i) == b.substring(j - 1, j) ? 0 : 1)
            next << Math.min(swap, Math.min(row[j], next[j - 1]) + 1)
        }
        row = next
    }
    return row[b.length()]
}
