// A failure that Jenkins shows without a stack trace, as the step error makes it.
class Abort extends IOException {
    Abort(String message) { super(message) }
}
