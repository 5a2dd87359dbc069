// The part of Declarative Pipeline that the quick starts use: sections are
// closures, and what a section does not know is a step in steps and script only.
class Declarative {
    Controller controller
    List known

    static void run(Closure body, Controller controller) { section(body, controller, ['agent', 'options', 'stages']) }

    private static section(Closure body, Controller controller, List known) {
        Closure copy = body.clone()
        copy.delegate = new Declarative(controller: controller, known: known)
        copy.resolveStrategy = Closure.DELEGATE_FIRST
        return copy.call()
    }

    def invokeMethod(String name, Object args) {
        args = args as List
        if (!(name in known)) {
            throw new Abort("Undefined section \"$name\"; there are $known")
        }
        switch (name) {
            case 'agent':
                if (args != ['any']) {
                    throw new Abort("agent $args")
                }
                return
            case 'options': return section(args[0], controller, ['disableConcurrentBuilds'])
            case 'disableConcurrentBuilds': return
            case 'stages': return section(args[0], controller, ['stage'])
            case 'stage': return section(args[1], controller, ['steps'])
            case 'steps': return steps(args[0])
        }
        throw new Abort("section $name is not here")
    }

    private static steps(Closure body) {
        Closure copy = body.clone()
        copy.delegate = body.thisObject
        copy.resolveStrategy = Closure.DELEGATE_ONLY
        return copy.call()
    }
}
