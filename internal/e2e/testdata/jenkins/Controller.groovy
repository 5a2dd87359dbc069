// A build: the Pipeline steps that the library and the quick starts call. Each
// takes what Jenkins' "Pipeline Steps Reference" lists and nothing else.
class Controller {
    Map build                     // of the plan
    Agent agent
    Map environment               // that steps see now
    File cwd
    Closure library               // gives a function of the library by its name
    List calls = []
    List secrets = []

    // A step's arguments with their types; the first is the one that needs no name. ! must be there.
    static final Map STEPS = [
        error: ['message!': String], echo: ['message!': String], isUnix: [:], deleteDir: [:], pwd: [tmp: Boolean],
        sh: ['script!': String, label: String, returnStatus: Boolean, returnStdout: Boolean, encoding: String],
        bat: ['script!': String, label: String, returnStatus: Boolean, returnStdout: Boolean, encoding: String],
        writeFile: ['file!': String, 'text!': String, encoding: String], readFile: ['file!': String, encoding: String], fileExists: ['file!': String],
        withEnv: ['overrides!': List, 'body!': Closure], withCredentials: ['bindings!': List, 'body!': Closure],
        dir: ['path!': String, 'body!': Closure], node: [label: String, 'body!': Closure], stage: ['name!': String, 'body!': Closure],
        junit: ['testResults!': String, allowEmptyResults: Boolean], publishHTML: ['target!': Map], checkout: ['scm!': Map],
        library: ['identifier!': String, retriever: Map], modernSCM: ['scm!': Map],
        string: ['credentialsId!': String, 'variable!': String], pipeline: ['body!': Closure],
    ]

    def call(Script from, String name, List args) {
        if (!STEPS.containsKey(name)) {
            Script function = library(name)
            if (function == null) {
                throw new Abort("No such DSL method '$name' found")
            }
            return function.call(*args)
        }
        Map given = arguments(name, args)
        calls << [step: name, args: given.findAll { k, v -> !(v instanceof Closure) && k != 'overrides' }]
        return "$name"(given)
    }

    def global(String name) {
        switch (name) {
            case 'env': return environment.withDefault { null }
            case 'params': return build.params
            case 'scm': return [$class: 'GitSCM']
            case 'docker': return [image: { String id -> new Image(controller: this, id: id) }]
            case 'any': return 'any'
        }
        throw new MissingPropertyException("No such property: $name")
    }

    private Map arguments(String step, List args) {
        Map known = STEPS[step]
        Map types = known.collectEntries { k, v -> [k.replace('!', ''), v] }
        Map given = [:]
        if (args && args.last() instanceof Closure && types.body) {
            given.body = args.last()
            args = args[0..<-1]
        }
        if (args.size() == 1 && args[0] instanceof Map && !(types.values()[0] == Map && !args[0].keySet().any { types.containsKey(it) })) {
            given += args[0]
        } else if (args.size() == 1 && args[0] != null) {
            given[types.keySet()[0]] = args[0]
        } else if (args) {
            throw new IllegalArgumentException("$step takes named arguments, not $args")
        }
        given = given.collectEntries { k, v -> [k, v instanceof GString ? v.toString() : v] }
        given.each { k, v ->
            if (!types.containsKey(k) || !types[k].isInstance(v)) {
                throw new IllegalArgumentException("$step takes no $k: ${v?.class?.name}")
            }
        }
        known.keySet().findAll { it.endsWith('!') && !given.containsKey(it.replace('!', '')) }.each { throw new IllegalArgumentException("$step needs $it") }
        return given
    }

    private error(Map a) { throw new Abort(a.message) }

    private echo(Map a) { agent.log << a.message + '\n' }

    private isUnix(Map a) { !build.windows }

    private pwd(Map a) { cwd.path + (a.tmp ? '@tmp' : '') }

    private sh(Map a) { shell(!build.windows, a) }

    private bat(Map a) { shell(build.windows, a) }

    private shell(boolean fits, Map a) {
        if (!fits) {
            throw new IOException('Batch scripts can only be run on Windows nodes, and others on the other ones')
        }
        Map seen = environment.findAll { k, v -> k.startsWith('CODEDEPLOY_STEPS_') || k.startsWith('AWS_') }
        calls.last().env = seen.collectEntries { k, v -> [k, v.length() < 200 ? v : digest(v)] }
        calls.last().container = agent.container != null
        if (build.record) {
            return 0
        }
        int code = agent.sh(a.script, cwd, environment)
        if (a.returnStatus) {
            return code
        }
        if (code != 0) {
            throw new Abort("script returned exit code $code")
        }
    }

    static String digest(String text) {
        java.security.MessageDigest.getInstance('SHA-256').digest(text.getBytes('UTF-8')).encodeHex().toString()
    }

    private File path(String name) { name.startsWith('/') ? new File(name) : new File(cwd, name) }

    private writeFile(Map a) {
        path(a.file).parentFile.mkdirs()
        path(a.file).setText(a.text, a.encoding ?: 'UTF-8')
    }

    private readFile(Map a) {
        if (!path(a.file).exists()) {
            throw new java.nio.file.NoSuchFileException(a.file)
        }
        path(a.file).getText(a.encoding ?: 'UTF-8')
    }

    private fileExists(Map a) { path(a.file).exists() }

    private deleteDir(Map a) { cwd.deleteDir() }

    private dir(Map a) {
        File before = cwd
        cwd = path(a.path)
        try {
            return a.body.call()
        } finally {
            cwd = before
        }
    }

    private withEnv(Map a) { within(variables(a.overrides), a.body) }

    private Map variables(List overrides) {
        overrides.collectEntries {
            if (!(it instanceof CharSequence) || it.indexOf('=') < 1) {
                throw new IllegalArgumentException("withEnv: $it")
            }
            String pair = it
            [pair.substring(0, pair.indexOf('=')), pair.substring(pair.indexOf('=') + 1)]
        }
    }

    // within runs a body with further variables; an empty one is taken away.
    private within(Map more, Closure body) {
        Map before = environment
        environment = (before + more).findAll { k, v -> v != '' }
        try {
            return body.call()
        } finally {
            environment = before
        }
    }

    private withCredentials(Map a) {
        Map bound = [:]
        a.bindings.each { Map b ->
            Map entry = build.credentials?.get(b.credentialsId)
            if (entry == null || entry['$class'] != b['$class']) {
                throw new Abort("Could not find credentials entry with ID '${b.credentialsId}'")
            }
            Map needs = [StringBinding: ['variable'], AmazonWebServicesCredentialsBinding: ['accessKeyVariable', 'secretKeyVariable']]
            if (b.keySet() != ['$class', 'credentialsId', *needs[b['$class']]] as Set) {
                throw new IllegalArgumentException("withCredentials: $b")
            }
            needs[b['$class']].each {
                bound[b[it]] = entry[it]
                secrets << entry[it]
            }
        }
        within(bound, a.body)
    }

    private string(Map a) { [$class: 'StringBinding'] + a }

    private junit(Map a) {
        File file = path(a.testResults)
        if (!file.exists()) {
            if (!a.allowEmptyResults) {
                throw new Abort('No test report files were found. Configuration error?')
            }
            return
        }
        def suites = new XmlSlurper().parse(file)
        calls.last().tests = suites.'**'.findAll { it.name() == 'testcase' }.size()
        calls.last().failures = suites.'**'.findAll { it.name() in ['failure', 'error'] }.size()
    }

    private publishHTML(Map a) {
        Map target = a.target
        List takes = ['reportName', 'reportDir', 'reportFiles', 'reportTitles', 'allowMissing', 'alwaysLinkToLastBuild', 'keepAll', 'escapeUnderscores', 'includes']
        if (target.keySet() - takes || !target.reportName || !target.containsKey('reportDir') || !target.reportFiles) {
            throw new IllegalArgumentException("publishHTML: $target")
        }
        File page = new File(path(target.reportDir), target.reportFiles)
        if (!page.exists() && !target.allowMissing) {
            throw new Abort("Specified HTML directory '${target.reportDir}' does not exist.")
        }
        calls.last().page = page.exists() && page.text.contains('</html>')
    }

    private node(Map a) { a.body.call() }

    private stage(Map a) { a.body.call() }

    private checkout(Map a) {}

    private modernSCM(Map a) {
        if (a.scm['$class'] != 'GitSCMSource' || !a.scm.remote || a.scm.size() != 2) {
            throw new IllegalArgumentException("modernSCM: $a")
        }
        a
    }

    private library(Map a) {
        if (!(a.identifier ==~ /codedeploy-steps@\S+/)) {
            throw new Abort("No version specified for library ${a.identifier}")
        }
    }

    private pipeline(Map a) { Declarative.run(a.body, this) }

    static class Image {
        Controller controller
        String id

        def inside(String args = '', Closure body) { controller.agent.inside(id, args, controller.environment, body) }
    }
}
