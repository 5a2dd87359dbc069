// The class of every script, of Jenkinsfiles and of the library's files alike:
// what it does not have itself are steps, global variables and the library.
abstract class Pipeline extends Script {
    def methodMissing(String name, args) { binding.controller.call(this, name, args as List) }

    def propertyMissing(String name) { binding.controller.global(name) }
}
