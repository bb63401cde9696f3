import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;

/**
 * What {@code ./lyceum test --mutants SLUG} changes and asks. {@code targets ROOT SLUG [CLASSES]} prints, a line each, the module,
 * the classes to change (the article's api and what of its package its source names), and the test classes and methods that
 * claim a clause of the topic. {@code report FILE} prints which changes nobody noticed, by method.
 */
final class Mutants {

    private static final Pattern NAME = Pattern.compile("\\b[A-Z]\\w+\\b");
    private static final Pattern METHOD = Pattern.compile("\\bvoid\\s+(\\w+)\\s*\\(");

    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "targets" -> targets(Path.of(args[1]), args[2], args.length > 3 ? args[3] : "").forEach(System.out::println);
            case "report" -> report(Path.of(args[1]));
            default -> throw new IllegalArgumentException(args[0]);
        }
    }

    private static List<String> targets(Path root, String slug, String classes) throws IOException {
        var article = root.resolve("lyceum-labs/src/main/resources/topics/" + slug + ".md");
        var api = Files.exists(article)
                ? Files.readAllLines(article).stream().filter(l -> l.startsWith("api:")).map(l -> l.substring(4).strip()).findFirst()
                : null;
        if (api == null || api.isEmpty()) throw fail(slug + " has no article that names its class (api)");
        var source = module(root, "src/main/java/" + path(api.get()));
        if (source == null) throw fail("there is no source of " + api.get() + ", which the article of " + slug + " names");
        var tests = new TreeMap<String, List<String>>();
        try (var files = Files.walk(source.resolve("src/test/java"))) {
            for (var file : files.filter(f -> f.toString().endsWith("Test.java")).sorted().toList()) {
                var methods = claims(Files.readString(file), slug);
                if (!methods.isEmpty()) {
                    tests.put(source.resolve("src/test/java").relativize(file).toString().replace(".java", "").replace('/', '.'), methods);
                }
            }
        }
        if (tests.isEmpty()) throw fail("no test of " + source.getFileName() + " claims a clause of " + slug);
        return List.of(source.getFileName().toString(), classes.isEmpty() ? String.join(",", unit(source, api.get())) : classes,
                String.join(",", tests.keySet()), String.join(",", tests.values().stream().flatMap(List::stream).toList()));
    }

    /** The class, and the classes of its package that its source names; each with what is nested in it. */
    private static TreeSet<String> unit(Path module, String api) throws IOException {
        var file = module.resolve("src/main/java/" + path(api));
        var names = new TreeSet<String>();
        var m = NAME.matcher(Files.readString(file).replaceAll("(?s)/\\*.*?\\*/", ""));
        while (m.find()) {
            if (Files.exists(file.resolveSibling(m.group() + ".java"))) {
                var type = api.substring(0, api.lastIndexOf('.') + 1) + m.group();
                names.addAll(List.of(type, type + "$*"));
            }
        }
        return names;
    }

    /** The methods of a test class that claim a clause of the topic. */
    private static List<String> claims(String test, String slug) {
        var topic = test.contains("TOPIC = \"" + slug + "\"") ? "(?:TOPIC|\"" + Pattern.quote(slug) + "\")"
                : "\"" + Pattern.quote(slug) + "\"";
        var claim = Pattern.compile("@Acceptance\\(topic = " + topic).matcher(test);
        var methods = new ArrayList<String>();
        while (claim.find()) {
            var m = METHOD.matcher(test);
            if (m.find(claim.end()) && !methods.contains(m.group(1))) {
                methods.add(m.group(1));
            }
        }
        return methods;
    }

    private static Path module(Path root, String file) throws IOException {
        try (var modules = Files.list(root)) {
            return modules.filter(m -> Files.exists(m.resolve(file))).findFirst().orElse(null);
        }
    }

    private static String path(String type) { return type.replace('.', '/') + ".java"; }

    private static RuntimeException fail(String why) {
        System.err.println(why);
        System.exit(2);
        return new IllegalStateException(why);
    }

    private static void report(Path file) throws Exception {
        var nodes = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file.toFile()).getElementsByTagName("mutation");
        Map<String, List<String>> survivors = new TreeMap<>();
        int killed = 0, survived = 0, unseen = 0;
        for (int i = 0; i < nodes.getLength(); i++) {
            var mutation = (Element) nodes.item(i);
            switch (mutation.getAttribute("status")) {
                case "SURVIVED" -> {
                    survived++;
                    var type = text(mutation, "mutatedClass");
                    survivors
                            .computeIfAbsent(type.substring(type.lastIndexOf('.') + 1) + "." + text(mutation, "mutatedMethod"),
                                    k -> new ArrayList<>())
                            .add(String.format("%5s  %s", text(mutation, "lineNumber"), text(mutation, "description")));
                }
                // PIT runs all tests of a class and knows the named ones alone: a change that only others reach ends their JVM with an error.
                case "NO_COVERAGE", "RUN_ERROR" -> unseen++;
                default -> killed++;
            }
        }
        survivors.forEach((method, changes) -> {
            System.out.println(method);
            changes.forEach(System.out::println);
        });
        System.out.printf("%d changes were noticed, %d were not, %d lie in code that these tests do not run.%n", killed, survived, unseen);
    }

    private static String text(Element mutation, String name) { return mutation.getElementsByTagName(name).item(0).getTextContent(); }
}
