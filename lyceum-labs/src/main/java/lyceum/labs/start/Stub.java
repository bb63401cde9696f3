package lyceum.labs.start;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.stream.Collectors;
import lyceum.labs.catalogue.Topic;

/** The texts that a topic starts from. */
final class Stub {

    private static final int WORDS_OF_A_NAME = 7;

    private Stub() {}

    /** {@code low-rank-approximation} as a class: {@code LowRankApproximation}. */
    static String typeName(String slug) {
        return Arrays.stream(slug.split("-")).map(word -> word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1))
                .collect(Collectors.joining());
    }

    /** The first words of a clause as a method: {@code Equals numpy to 1e-10} is {@code equalsNumpyTo1e10}. */
    static String methodName(String clause) {
        var words = Arrays.stream(clause.replaceAll("[^A-Za-z0-9]+", " ").strip().split(" +")).filter(word -> !word.isEmpty())
                .limit(WORDS_OF_A_NAME).map(word -> word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1))
                .collect(Collectors.joining());
        var name = words.isEmpty() ? "holds" : words.substring(0, 1).toLowerCase(Locale.ROOT) + words.substring(1);
        return Character.isDigit(name.charAt(0)) ? "with" + name : name;
    }

    static String test(Topic topic, String packageName, String simpleName) {
        var methods = new StringBuilder();
        var names = new HashSet<String>();
        for (int clause = 1; clause <= topic.clauses().size(); clause++) {
            var name = methodName(topic.clause(clause));
            methods.append("""

                    @Acceptance(topic = TOPIC, clause = %d)
                    @Test void %s() { fail("%s"); }
                """.formatted(clause, names.add(name) ? name : name + "InClause" + clause, quoted(topic.clause(clause))));
        }
        return """
            package %s;

            import static org.junit.jupiter.api.Assertions.fail;

            import lyceum.testing.Acceptance;
            import org.junit.jupiter.api.Test;

            /** The clauses of {@code %s}. Each fails until it measures what it claims: {@code Evidence.of(name, value, bound)}. */
            class %sTest {
                private static final String TOPIC = "%2$s";
            %s}
            """.formatted(packageName, topic.slug(), simpleName, methods);
    }

    static String lab(Topic topic, String packageName, String simpleName) { return """
            package %s;

            import lyceum.labs.Lab;
            import lyceum.labs.LabBody;
            import lyceum.labs.LabContext;

            /** What a reader sees here, in a sentence. */
            @Lab(topics = "%s", title = "%s")
            final class %sLab implements LabBody {
                @Override public void run(LabContext lab) {
                    int points = lab.param("points", 100, 10, 1000);
                    lab.shows("a figure of " + points + " points is drawn", false);
                }
            }
            """.formatted(packageName, topic.slug(), quoted(topic.title()), simpleName); }

    static String golden(Topic topic) { return """
            \"""lyceum-%s: %s. What the reference answers to inputs that the seed recipe draws.\"""
            from golden import Recipe, case, versions, write


            def main():
                raise SystemExit("%s: no reference is asked yet; write cases and then")
                r = Recipe(%d00)
                cases = [case("first", {"seed": %4$d00}, {"value": r.bell()})]
                write("%1$s", "%2$s", versions("numpy"), cases)


            if __name__ == "__main__":
                main()
            """.formatted(topic.module(), topic.slug(), topic.slug(), topic.number()); }

    static String article(Topic topic, String lines) { return """
            ---
            %ssee: %s
            sources:
            ---
            The article is still to come: the idea, the formula, when to use it, when not, and what costs people days.
            """.formatted(lines, String.join(", ", topic.related())); }

    static String packageInfo(String packageName, String module) { return """
            /** Labs of the topics of lyceum-%s; each class is one. */
            package %s;
            """.formatted(module, packageName); }

    private static String quoted(String text) { return text.replace("\\", "\\\\").replace("\"", "\\\""); }
}
