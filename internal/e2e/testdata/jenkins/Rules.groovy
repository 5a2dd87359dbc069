import org.codehaus.groovy.ast.ClassCodeVisitorSupport
import org.codehaus.groovy.ast.ClassNode
import org.codehaus.groovy.ast.MethodNode
import org.codehaus.groovy.ast.expr.ArgumentListExpression
import org.codehaus.groovy.ast.expr.ClosureExpression
import org.codehaus.groovy.ast.expr.MethodCallExpression
import org.codehaus.groovy.ast.stmt.ForStatement
import org.codehaus.groovy.classgen.GeneratorContext
import org.codehaus.groovy.control.CompilePhase
import org.codehaus.groovy.control.SourceUnit
import org.codehaus.groovy.control.customizers.CompilationCustomizer

// Checks what Jenkins' interpreter would stumble over (jenkins.io: "Pipeline CPS
// Method Mismatches", "Pipeline Best Practices"): a @NonCPS method calls nothing
// of the library that is not @NonCPS, and no step; any other has no loop over an
// iterator, and closures for steps only. It is no proof, for it runs nothing.
class Rules extends CompilationCustomizer {
    Rules() { super(CompilePhase.SEMANTIC_ANALYSIS) }

    void call(SourceUnit source, GeneratorContext context, ClassNode type) {
        Set plain = type.methods.findAll { left(it) }*.name as Set
        new ClassCodeVisitorSupport() {
            MethodNode at

            protected SourceUnit getSourceUnit() { source }

            void visitMethod(MethodNode method) {
                at = method
                super.visitMethod(method)
            }

            void visitForLoop(ForStatement loop) {
                if (!left(at) && loop.variable != ForStatement.FOR_LOOP_DUMMY) {
                    wrong(loop, 'has a loop over an iterator, which cannot be saved')
                }
                super.visitForLoop(loop)
            }

            void visitMethodCallExpression(MethodCallExpression call) {
                if (left(at) && call.implicitThis && !(call.methodAsString in plain)) {
                    wrong(call, "is @NonCPS and calls ${call.methodAsString}, which is not")
                }
                boolean closure = call.arguments instanceof ArgumentListExpression && call.arguments.expressions.any { it instanceof ClosureExpression }
                if (closure && !left(at) && !call.implicitThis && call.methodAsString != 'inside') {
                    wrong(call, "gives a closure to ${call.methodAsString}, which is no step")
                }
                super.visitMethodCallExpression(call)
            }

            void wrong(node, String text) {
                throw new IllegalStateException("${source.name}:${node.lineNumber}: ${at.name} ${text}")
            }
        }.visitClass(type)
    }

    static boolean left(MethodNode method) { method.annotations.any { it.classNode.nameWithoutPackage == 'NonCPS' } }
}
