import org.jenkinsci.plugins.workflow.steps.FlowInterruptedException

// Runs scripts as Jenkins' plugins do (jenkinsci/durable-task-plugin:
// BourneShellScript; jenkinsci/docker-workflow-plugin: WithContainerStep;
// jenkinsci/jenkins: hudson.util.ProcessTree).
class Agent {
    static final String COOKIE = 'JENKINS_SERVER_COOKIE'

    File workspace
    Map host = [:]                // the agent's own environment
    StringBuffer log = new StringBuffer()
    String abortAt                // the build is aborted when the log has what matches this
    String container              // that of inside, while in it
    Process running

    // sh runs a script with an environment and gives its exit code.
    int sh(String script, File cwd, Map environment) {
        cwd.mkdirs()
        File control = new File(temporary(), 'durable-' + UUID.randomUUID())
        control.mkdirs()
        File file = new File(control, 'script.sh')
        file.setText(script, 'UTF-8')
        String cookie = 'durable-' + UUID.randomUUID()
        ProcessBuilder builder
        if (container) {
            List command = ['docker', 'exec']
            if (cwd != workspace) {
                command += ['--workdir', cwd.path]
            }
            (environment - host).each { k, v -> if (k != 'PATH') { command += ['--env', k + '=' + v] } }
            command += ['--env', COOKIE + '=please-do-not-kill-me', container, 'sh', '-c', "jsc=$cookie; $COOKIE=\$jsc sh -xe '$file'".toString()]
            builder = new ProcessBuilder(command)
            builder.environment().put(COOKIE, 'please-do-not-kill-me')
        } else {
            builder = new ProcessBuilder('sh', '-xe', file.path).directory(cwd)
            builder.environment().clear()
            builder.environment().putAll(environment + [(COOKIE): cookie])
        }
        running = builder.redirectErrorStream(true).start()
        running.outputStream.close()
        Thread reader = Thread.startDaemon { running.inputStream.eachLine('UTF-8') { log << it + '\n' } }
        boolean aborted = false
        while (!running.waitFor(20, java.util.concurrent.TimeUnit.MILLISECONDS)) {
            if (abortAt && log =~ abortAt) {
                aborted = true
                abortAt = null
                log << 'Sending interrupt signal to process\n'
                abort(cookie)
                if (container) {
                    throw new FlowInterruptedException()
                }
                if (!running.waitFor(20, java.util.concurrent.TimeUnit.SECONDS)) {
                    log << 'After 20s process did not stop\n'
                    throw new FlowInterruptedException()
                }
            }
        }
        reader.join()
        control.deleteDir()
        if (aborted) {
            throw new FlowInterruptedException()
        }
        return running.exitValue()
    }

    File temporary() { new File(workspace.path + '@tmp') }

    private void abort(String cookie) {
        if (container) {
            // The plugin wants ps of procps here; without it the step fails at once, and its process goes on.
            if (docker('exec', container, 'ps', '-A', '-o', 'pid,command', 'e').code == 0) {
                throw new IllegalStateException('this image has a ps as the plugin wants it: have it kill what ps lists')
            }
            log << 'failed to run ps\n'
            return
        }
        processes().findAll { marked(it, cookie) }.each { kill(it, System.nanoTime() + 5_000_000_000L) }
    }

    private static List processes() { new File('/proc').list().findAll { it.isInteger() } }

    // read gives what a process's file in /proc says; nothing once it is gone.
    private static String read(String process, String file) {
        try {
            return new File("/proc/$process/$file").getText('UTF-8')
        } catch (IOException gone) {
            return ''
        }
    }

    private static boolean marked(String process, String cookie) { ('\0' + read(process, 'environ')).contains('\0' + COOKIE + '=' + cookie + '\0') }

    // kill sends SIGTERM to what a process started, then to itself, and waits a while for each.
    private static void kill(String process, long deadline) {
        processes().findAll { read(it, 'status') =~ /(?m)^PPid:\s+$process$/ }.each { kill(it, deadline) }
        ['kill', '-TERM', process].execute().waitFor()
        while (read(process, 'status') != '' && System.nanoTime() < deadline) {
            sleep(10)
        }
    }

    def inside(String image, String args, Map environment, Closure body) {
        temporary().mkdirs()
        List command = ['run', '-t', '-d', '-u', id('-u') + ':' + id('-g')]
        command += args.tokenize(' ').collect { it.replace("'", '') }
        command += ['-w', workspace.path, '-v', "${workspace.path}:${workspace.path}:rw,z", '-v', "${temporary().path}:${temporary().path}:rw,z"]
        (environment - host).each { k, v -> if (k != 'PATH') { command += ['-e', k + '=' + v] } }
        def run = docker(*(command + [image, 'cat']))
        if (run.code != 0) {
            throw new IOException("Failed to run image '$image'. Error: ${run.text}")
        }
        container = run.text.trim()
        try {
            String top = docker('top', container, '-eo', 'pid,comm').text
            for (int i = 0; i < 100 && top.contains('runc'); i++) { // which starts cat
                sleep(100)
                top = docker('top', container, '-eo', 'pid,comm').text
            }
            if (!(top =~ /(?m)\scat$/)) {
                throw new IllegalStateException('the container did not run cat, but:\n' + top)
            }
            return body()
        } finally {
            docker('stop', '--time=1', container)
            docker('rm', '-f', container)
            container = null
        }
    }

    private static String id(String flag) { ['id', flag].execute().text.trim() }

    private static Map docker(Object... args) {
        Process p = new ProcessBuilder(['docker', *args].collect { it.toString() }).redirectErrorStream(true).start()
        p.outputStream.close()
        String text = p.inputStream.getText('UTF-8')
        return [text: text, code: p.waitFor()]
    }
}
