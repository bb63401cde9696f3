package lyceum.studio;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Java that the documentation shows: an example of a Javadoc comment or of a page.
 *
 * @param place    file and line
 * @param file     where it stands
 * @param code     as it is read, without the comment's asterisks
 */
record Example(String place, Path file, String code) {
    private static final Pattern IN_JAVADOC = Pattern.compile("\\{@snippet\\s*:|<pre>\\{@code");
    private static final Pattern IN_A_PAGE = Pattern.compile("(?s)```java\n(.*?)```");

    /** Those of every main source below a folder of modules, in the order of their files. */
    static List<Example> inJavadoc(Path root) throws IOException {
        var examples = new ArrayList<Example>();
        try (var files = Files.walk(root, 20)) {
            for (var file : files.filter(f -> f.toString().contains("/src/main/java/") && f.toString().endsWith(".java")).sorted()
                    .toList()) {
                var text = Files.readString(file);
                for (var begin : IN_JAVADOC.matcher(text).results().toList())
                    examples.add(new Example(place(root, file, text, begin.start()), file,
                            uncommented(text.substring(begin.end(), end(text, begin.end())))));
            }
        }
        return examples;
    }

    /** Those of a page of Markdown. */
    static List<Example> inPage(Path root, Path page) throws IOException {
        var text = Files.readString(page);
        return IN_A_PAGE.matcher(text).results().map(m -> new Example(place(root, page, text, m.start()), page, m.group(1))).toList();
    }

    /** Where the brace that encloses the text from {@code at} on is closed. */
    private static int end(String text, int at) {
        for (int depth = 1;; at++) {
            char c = text.charAt(at);
            if (c == '{') depth++;
            if (c == '}' && --depth == 0) return at;
        }
    }

    private static String uncommented(String comment) {
        return String.join("\n", comment.lines().map(line -> line.replaceFirst("^\\s*\\* ?", "")).toList()).strip();
    }

    private static String place(Path root, Path file, String text, int at) {
        return root.relativize(file) + ":" + (text.substring(0, at).chars().filter(c -> c == '\n').count() + 1);
    }

    /** Name of the class that it explains. */
    String subject() { return file.getFileName().toString().replace(".java", ""); }

    /** The package of that class; empty for a page. */
    String home() throws IOException { return first("(?m)^package ([\\w.]+);"); }

    /** Whether users see that class. */
    boolean isPublic() throws IOException {
        return !first("(?m)^(public )(?:\\w+ )*(?:class|record|interface|enum|@interface) ").isEmpty();
    }

    /** What the file itself imports. */
    List<String> imports() throws IOException {
        return Pattern.compile("(?m)^import [^;]+;").matcher(Files.readString(file)).results().map(m -> m.group()).toList();
    }

    private String first(String pattern) throws IOException {
        var found = Pattern.compile(pattern).matcher(Files.readString(file));
        return found.find() ? found.group(1) : "";
    }

    /** Whether it is a member of a class rather than statements. */
    boolean isMember() { return code.matches("(?s)(@Override|@Test|private|static|public) ?.*"); }

    /** Public types of the package of a source file, but for its own. */
    static List<String> neighbours(Path file) throws IOException {
        try (Stream<Path> files = Files.list(file.getParent())) {
            var names = new ArrayList<String>();
            for (var other : files.filter(f -> f.toString().endsWith(".java") && !f.endsWith("package-info.java")).sorted().toList())
                if (new Example("", other, "").isPublic()) names.add(new Example("", other, "").subject());
            return names;
        }
    }
}
