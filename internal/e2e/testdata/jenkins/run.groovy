// Carries out a plan of builds, each a Jenkinsfile, with the library of a folder,
// and writes what became of each. Usage: groovy run.groovy PLAN RESULTS
import groovy.json.JsonOutput
import groovy.json.JsonSlurper
import org.codehaus.groovy.control.CompilerConfiguration
import org.codehaus.groovy.control.customizers.ImportCustomizer
import org.jenkinsci.plugins.workflow.libs.Library
import org.jenkinsci.plugins.workflow.steps.FlowInterruptedException

Map plan = new JsonSlurper().parse(new File(args[0]), 'UTF-8')

CompilerConfiguration compiler(boolean rules) {
    CompilerConfiguration c = new CompilerConfiguration(scriptBaseClass: Pipeline.name, sourceEncoding: 'UTF-8')
    c.addCompilationCustomizers(new ImportCustomizer().addImports(Library.name, com.cloudbees.groovy.cps.NonCPS.name))
    if (rules) {
        c.addCompilationCustomizers(new Rules())
    }
    return c
}

Map compile(GroovyShell shell, Map sources) {
    sources.collectEntries { name, text -> [name, shell.parse(text, name + '.groovy').class] }
}

Map functions = compile(new GroovyShell(this.class.classLoader, new Binding(), compiler(true)), new File(plan.library).listFiles()
    .findAll { it.name.endsWith('.groovy') }.collectEntries { [it.name - '.groovy', it.getText('UTF-8')] })
Map refused = (plan.wrong ?: [:]).collectEntries { name, text ->
    try {
        compile(new GroovyShell(this.class.classLoader, new Binding(), compiler(true)), [(name): text])
    } catch (org.codehaus.groovy.control.CompilationFailedException rule) {
        return [name, rule.message]
    }
    return [name, '']
}
GroovyShell jenkinsfiles = new GroovyShell(this.class.classLoader, new Binding(), compiler(false))
Map compiled = [:]

List results = plan.builds.collect { Map build ->
    File workspace = new File(build.dir)
    Agent agent = new Agent(workspace: workspace, host: plan.host, abortAt: build.abortAt)
    Controller controller = new Controller(build: build, agent: agent, cwd: workspace, environment: plan.host + (build.env ?: [:]))
    Binding binding = new Binding(controller: controller)
    Map singletons = [:]
    controller.library = { String name ->
        if (functions[name] && !singletons[name]) {
            singletons[name] = functions[name].newInstance()
            singletons[name].binding = binding
        }
        return singletons[name]
    }
    Map result = [name: build.name, calls: controller.calls]
    System.err.println(build.name) // seen if a build never ends
    try {
        if (!compiled[build.script]) {
            compiled[build.script] = jenkinsfiles.parse(build.script, "Jenkinsfile${compiled.size()}.groovy").class
        }
        Script script = compiled[build.script].newInstance()
        script.binding = binding
        result.returned = script.run()
    } catch (Abort failed) {
        result.error = failed.message
    } catch (FlowInterruptedException aborted) {
        result.aborted = true
    } catch (Throwable broken) {
        StringWriter trace = new StringWriter()
        broken.printStackTrace(new PrintWriter(trace))
        result.broken = trace.toString().readLines().findAll { !(it =~ /at (java|groovy|org.codehaus|jdk)\./) }.join('\n')
    }
    result.log = controller.secrets.inject(agent.log.toString()) { text, secret -> text.replace(secret, '****') }
    result.left = agent.temporary().list()?.findAll { it.startsWith('codedeploy-steps') } ?: []
    return result
}
new File(args[1]).setText(JsonOutput.toJson([functions: functions.keySet().sort(), builds: results, refused: refused]), 'UTF-8')
