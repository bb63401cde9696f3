package lyceum.studio;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/** Sources by name of their file, compiled on the class path of the tests. */
public final class Compilation {
    private Compilation() {}

    /** Errors of these sources, each with the line it is in; what was compiled lies in the folder. */
    public static List<String> problems(Path classes, Map<String, String> sources) {
        var seen = new DiagnosticCollector<JavaFileObject>();
        var files = sources.entrySet().stream().map(e -> source(e.getKey(), e.getValue())).toList();
        var classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        ToolProvider.getSystemJavaCompiler().getTask(new StringWriter(), null, seen,
                List.of("-proc:none", "-Xlint:none", "-Xmaxerrs", "1000", "-d", classes.toString(), "-classpath", classPath), null, files)
                .call();
        return seen.getDiagnostics().stream().filter(d -> d.getKind() == Diagnostic.Kind.ERROR)
                .map(d -> d.getSource().getName().replaceAll(".*/|\\.java", "") + " " + line(d) + ": " + d.getMessage(null)).toList();
    }

    private static String line(Diagnostic<? extends JavaFileObject> d) {
        try {
            return "\"" + d.getSource().getCharContent(true).toString().lines().skip(d.getLineNumber() - 1).findFirst().orElse("").strip()
                    + "\"";
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static JavaFileObject source(String name, String text) {
        return new SimpleJavaFileObject(URI.create("string:///" + name + ".java"), JavaFileObject.Kind.SOURCE) {
            @Override public CharSequence getCharContent(boolean ignoreEncodingErrors) { return text; }
        };
    }
}
