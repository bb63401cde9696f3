package lyceum.studio;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the documentation shows compiles, under the imports that the shell begins with and those of the file it stands in. */
class ExamplesTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Path IMPORTS = ROOT.resolve("tools/launcher/imports.jsh");
    /** An annotation processor's example needs the processor: its own test compiles it. */
    private static final String PROCESSED = "Withers";

    /** What those who use a package import by habit. */
    private static final Map<String, List<String>> BY_HABIT = Map.of("lyceum.labs", List.of("import static lyceum.labs.Bounds.*;"),
            "lyceum.testing",
            List.of("import static lyceum.testing.Bound.*;", "import static org.assertj.core.api.Assertions.*;",
                    "import org.junit.jupiter.api.*;"),
            "lyceum.backend.x86.asm", List.of("import static lyceum.backend.x86.asm.Instruction.*;",
                    "import static lyceum.backend.x86.asm.Gp.*;", "import static lyceum.backend.x86.asm.Vec.*;"));

    private static final List<String> GIVEN = List.of("Given", "GivenStatistics", "GivenNetworks", "GivenTraining", "GivenData",
            "GivenRegimes", "GivenText", "GivenLanguage", "GivenGeneration", "GivenWeights", "GivenModels", "GivenFiles", "GivenServing");

    @TempDir Path classes;

    @Test void everyExampleOfTheApiCompiles() throws IOException {
        var examples = Example.inJavadoc(ROOT).stream().filter(e -> !e.subject().equals(PROCESSED)).toList();
        assertThat(examples).hasSizeGreaterThan(100);
        var sources = new LinkedHashMap<String, String>();
        var places = new LinkedHashMap<String, Example>();
        for (var example : examples) {
            var name = "Example" + places.size();
            places.put(name, example);
            sources.put(name, source(example, name));
        }
        for (var given : GIVEN) sources.put(given, given(given).replace("// imports", String.join("\n", shellImports())));
        assertThat(Compilation.problems(classes, sources).stream()
                .map(p -> p.replaceFirst("^(\\w+)", places.containsKey(first(p)) ? places.get(first(p)).place() : "$1"))).isEmpty();
    }

    private static String first(String problem) { return problem.split("\\W", 2)[0]; }

    private static List<Example> inPages() throws IOException {
        var examples = new ArrayList<>(Example.inPage(ROOT, ROOT.resolve("README.md")));
        try (var guides = Files.newDirectoryStream(ROOT.resolve("docs/guides"), "*.md")) {
            for (var guide : guides) examples.addAll(Example.inPage(ROOT, guide));
        }
        return examples;
    }

    @Test void everyExampleOfReadmeAndGuidesCompilesAsItStands() throws IOException {
        var sources = new LinkedHashMap<String, String>();
        for (var example : inPages()) {
            var lines = example.code().lines().collect(Collectors.partitioningBy(line -> line.startsWith("import ")));
            sources.put("Page" + sources.size(), String.join("\n", lines.get(true)) + "\nclass Page" + sources.size()
                    + " { void run() throws Exception {\n" + String.join("\n", lines.get(false)) + "\n} }");
        }
        assertThat(sources).isNotEmpty();
        assertThat(Compilation.problems(classes, sources)).isEmpty();
    }

    /** Under the shell's imports each public type of their packages is what its simple name means, or is left to its longer name for a reason. */
    @Test void noNameIsAmbiguousInTheShell() throws IOException {
        var text = new StringBuilder(String.join("\n", shellImports())).append("\nclass Names {\n");
        var single = shellImports().stream().filter(ExamplesTest::isSingle).map(i -> i.substring(7, i.length() - 1)).toList();
        int types = 0;
        for (var type : publicTypes()) {
            var simple = type.substring(type.lastIndexOf('.') + 1);
            if (single.stream().anyMatch(s -> s.endsWith("." + simple) && !s.equals(type))) continue;
            text.append("    static { Class<").append(type).append("> c").append(types++).append(" = null; Class<? extends ").append(simple)
                    .append("> d = c").append(types - 1).append("; }\n");
        }
        assertThat(types).isGreaterThan(300);
        assertThat(Compilation.problems(classes, Map.of("Names", text.append("}\n").toString()))).isEmpty();
    }

    /** A new package of the library is imported too, unless it is for those who build it. */
    @Test void theShellImportsWhatUsersUse() throws IOException {
        var imported = shellImports().stream().filter(i -> i.endsWith(".*;") && i.startsWith("import lyceum"))
                .map(i -> i.substring(7, i.length() - 3)).toList();
        var packages = new TreeSet<String>();
        for (var module : List.of("core", "plot", "data", "stats", "nn", "learn", "text", "models", "llm", "serve", "labs")) {
            var source = ROOT.resolve("lyceum-" + module + "/src/main/java");
            try (var files = Files.walk(source)) {
                files.filter(f -> f.endsWith("package-info.java")).map(f -> source.relativize(f.getParent()).toString().replace('/', '.'))
                        .filter(p -> !p.matches("lyceum\\.(backend|labs)\\..*|.*\\.dense|.*\\.internal.*")).forEach(packages::add);
            }
        }
        packages.add("lyceum.labs.catalogue");
        assertThat(imported).containsExactlyInAnyOrderElementsOf(packages);
    }

    /** Those of the launcher's file behind what JShell itself begins with. */
    private static List<String> shellImports() throws IOException {
        return Stream
                .concat(Stream.of("import module java.base;"),
                        Files.readAllLines(IMPORTS).stream().filter(line -> line.startsWith("import ")))
                .map(line -> line.replaceFirst(";.*", ";")).toList();
    }

    /** Public top-level types of the packages that the shell imports whole. */
    private static List<String> publicTypes() throws IOException {
        var types = new ArrayList<String>();
        for (var line : shellImports()) {
            if (!line.startsWith("import lyceum") || !line.endsWith(".*;")) continue;
            var name = line.substring(7, line.length() - 3);
            for (var module : List.of("core", "plot", "data", "stats", "nn", "learn", "labs")) {
                var folder = ROOT.resolve("lyceum-" + module + "/src/main/java/" + name.replace('.', '/'));
                if (Files.isDirectory(folder))
                    Example.neighbours(folder.resolve("package-info.java")).forEach(type -> types.add(name + "." + type));
            }
        }
        return types;
    }

    /** A class around the example: its home's types and its file's imports count before the shell's. */
    private static String source(Example example, String name) throws IOException {
        var own = new ArrayList<>(example.imports());
        own.removeIf(i -> i.startsWith("import lyceum.withers.")); // a processor's annotation: not there when the library is used
        for (var type : Example.neighbours(example.file())) own.add("import " + example.home() + "." + type + ";");
        own.addAll(BY_HABIT.getOrDefault(example.home(), List.of()));
        var names = own.stream().map(ExamplesTest::simple).toList();
        var imports = Stream.concat(shellImports().stream().filter(i -> !isSingle(i) || !names.contains(simple(i))), own.stream())
                .distinct().collect(Collectors.joining("\n"));
        var code = example.isMember() ? example.code() : "void run() throws Exception {\n" + example.code() + "\n}";
        var given = "Given";
        for (var holder : GIVEN)
            if (given(holder).contains("class For" + example.subject() + " ")) given = holder + ".For" + example.subject();
        return "package " + (example.isPublic() ? "examples" : example.home()) + ";\n" + imports + "\nimport examples.*;\nabstract class "
                + name + " extends " + given + " {\n" + code + "\n}\n";
    }

    private static String given(String name) throws IOException {
        return Files.readString(Path.of("src/test/resources/examples/" + name + ".java"));
    }

    private static boolean isSingle(String importLine) { return !importLine.endsWith(".*;") && !importLine.startsWith("import module "); }

    private static String simple(String importLine) { return importLine.replaceFirst(".*\\.", "").replace(";", ""); }
}
