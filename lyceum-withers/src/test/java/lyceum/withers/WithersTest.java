package lyceum.withers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WithersTest {
    @TempDir Path folder;

    private static final String PLAIN = """
            package sample;
            import java.util.List;
            import lyceum.withers.Withers;
            /**
             * A sample.
             * @param k how many, from 1 on
             * @param names what they are called, as in {@link #toString()}
             */
            @Withers
            public record Plain(int k, List<String> names, double[] weights) implements PlainWithers {
                public Plain {
                    if (k < 1) throw new IllegalArgumentException("k is " + k);
                }
                public Plain withNames(String... names) { return withNames(List.of(names)); }
            }
            """;

    @Test void eachComponentCanBeChangedAndTheOthersStay() throws Exception {
        var plain = compiled(Map.of("sample.Plain", PLAIN)).loadClass("sample.Plain");
        var weights = new double[] {1, 2};
        var one = plain.getConstructor(int.class, List.class, double[].class).newInstance(1, List.of("a"), weights);
        var other = call(one, "withK", int.class, 7);
        assertThat(read(other, "k")).isEqualTo(7);
        assertThat(read(other, "names")).isEqualTo(List.of("a"));
        assertThat(read(other, "weights")).isSameAs(weights);
        assertThat(read(one, "k")).as("the first is as it was").isEqualTo(1);
        assertThat(read(call(one, "withNames", String[].class, new String[] {"b"}), "names")).isEqualTo(List.of("b"));
    }

    @Test void aCopyIsCheckedAsTheRecordChecks() throws Exception {
        var plain = compiled(Map.of("sample.Plain", PLAIN)).loadClass("sample.Plain");
        var one = plain.getConstructor(int.class, List.class, double[].class).newInstance(1, List.of(), null);
        assertThatThrownBy(() -> call(one, "withK", int.class, 0)).isInstanceOf(InvocationTargetException.class).cause()
                .isInstanceOf(IllegalArgumentException.class).hasMessage("k is 0");
    }

    @Test void theJavadocIsThatOfTheComponent() throws IOException {
        compiled(Map.of("sample.Plain", PLAIN));
        assertThat(Files.readString(folder.resolve("sample/PlainWithers.java")))
                .contains("A copy with another {@code k}: how many, from 1 on.")
                .contains("what they are called, as in {@code toString()}.");
    }

    @Test void aFlatComponentLendsItsWithers() throws Exception {
        var loader = compiled(Map.of("sample.Plain", PLAIN, "sample.Outer", """
                package sample;
                import lyceum.withers.Withers;
                public final class Outer {
                    @Withers
                    public record Inner<T extends Comparable<T>>(T least, @Withers.Flat Plain plain) implements OuterInnerWithers<T> { }
                }
                """));
        var inner = loader.loadClass("sample.Outer$Inner");
        var plain = loader.loadClass("sample.Plain").getConstructor(int.class, List.class, double[].class).newInstance(1, List.of(), null);
        var one = inner.getConstructors()[0].newInstance("x", plain);
        var other = call(one, "withK", int.class, 3);
        assertThat(read(read(other, "plain"), "k")).isEqualTo(3);
        assertThat(read(other, "least")).isEqualTo("x");
        var named = call(other, "withNames", String[].class, new String[] {"b"});
        assertThat(read(read(named, "plain"), "names")).isEqualTo(List.of("b"));
        assertThat(read(call(named, "withLeast", Comparable.class, "y"), "least")).isEqualTo("y");
    }

    @Test void whatIsMissingIsSaid() {
        assertThat(errors(Map.of("sample.Plain", PLAIN.replace("implements PlainWithers", ""))))
                .anyMatch(e -> e.contains("Plain implements PlainWithers"));
        assertThat(errors(Map.of("sample.No", "package sample; @lyceum.withers.Withers class No { }")))
                .anyMatch(e -> e.contains("No, which is not a record"));
    }

    /** The interface is not public, which only reflection minds. */
    private static Object call(Object of, String wither, Class<?> type, Object value) throws ReflectiveOperationException {
        var method = of.getClass().getMethod(wither, type);
        method.setAccessible(true);
        return method.invoke(of, value);
    }

    private static Object read(Object of, String component) throws ReflectiveOperationException {
        return of.getClass().getMethod(component).invoke(of);
    }

    private ClassLoader compiled(Map<String, String> sources) throws IOException {
        assertThat(errors(sources)).isEmpty();
        return new URLClassLoader(new URL[] {folder.toUri().toURL()}, getClass().getClassLoader());
    }

    private List<String> errors(Map<String, String> sources) {
        var found = new DiagnosticCollector<JavaFileObject>();
        var units = sources.entrySet().stream().map(e -> new Source(e.getKey(), e.getValue())).toList();
        var task = ToolProvider.getSystemJavaCompiler().getTask(null, null, found,
                List.of("-d", folder.toString(), "-s", folder.toString(), "-classpath", System.getProperty("java.class.path")), null,
                units);
        task.setProcessors(List.of(new WithersProcessor()));
        task.call();
        return found.getDiagnostics().stream().filter(d -> d.getKind() == Diagnostic.Kind.ERROR).map(d -> d.getMessage(null)).toList();
    }

    private static final class Source extends SimpleJavaFileObject {
        private final String text;

        Source(String name, String text) {
            super(URI.create("string:///" + name.replace('.', '/') + Kind.SOURCE.extension), Kind.SOURCE);
            this.text = text;
        }

        @Override public CharSequence getCharContent(boolean ignored) { return text; }
    }
}
