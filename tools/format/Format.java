import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.eclipse.jdt.core.ToolFactory;
import org.eclipse.jdt.core.formatter.CodeFormatter;
import org.eclipse.jface.text.BadLocationException;
import org.eclipse.jface.text.Document;
import org.w3c.dom.Element;

/**
 * Formats every Java file of a checkout with Eclipse's formatter and the profile beside this file, which IDEs can import.
 * {@code Format ROOT [--check]}; with {@code --check} it only names the files that differ.
 */
final class Format {
    private static final int WIDTH = 140;
    /** A method of one statement that Eclipse has laid over three lines, as it does wherever a long comment stands above it. */
    private static final Pattern THREE_LINES = Pattern.compile("(?m)^( +)(\\S.*\\)(?: throws [\\w., ]+)?) \\{\n +(\\S.*;)\n\\1\\}$");
    private static final Pattern STATEMENT = Pattern.compile("(if|for|while|switch|try|catch|synchronized|do|else|return|\\}).*");

    /** A guard in braces: a single statement after {@code if} has none. */
    private static final Pattern GUARD = Pattern
            .compile("(?m)^( +(?:\\} )?if \\(.*\\)) \\{ ((?:return|throw|continue|break)\\b[^{}]*;) \\}$");

    /** An annotation with arguments and what it stands on, where they do not fit one line. */
    private static final Pattern LONG_ANNOTATION = Pattern
            .compile("(?m)^( +)(@\\w+\\((?:[^()\"]|\"(?:\\\\.|[^\"\\\\])*\")*\\)) ((?:static |public |private )*(?:void|<|[A-Z])[^\n]*)$");

    private Format() {}

    public static void main(String[] args) throws Exception {
        var root = Path.of(args[0]);
        boolean check = args.length > 1 && args[1].equals("--check");
        var options = options(root.resolve("tools/format/eclipse.xml"));
        var differ = files(root).parallelStream().filter(file -> differs(file, options, check)).sorted().toList();
        for (var file : differ) System.err.println((check ? "not formatted: " : "formatted: ") + root.relativize(file));
        if (check && !differ.isEmpty()) System.err.println(differ.size() + " files are not formatted; mend them: ./lyceum format");
        System.exit(check && !differ.isEmpty() ? 1 : 0);
    }

    private static List<Path> files(Path root) throws IOException {
        var files = new ArrayList<Path>();
        try (var modules = Files.newDirectoryStream(root, "{lyceum-*,tools}")) {
            for (var module : modules) {
                var source = module.endsWith("tools") ? module : module.resolve("src");
                if (!Files.isDirectory(source)) continue;
                try (var all = Files.walk(source)) {
                    all.filter(f -> f.toString().endsWith(".java")).forEach(files::add);
                }
            }
        }
        return files;
    }

    private static boolean differs(Path file, Map<String, String> options, boolean check) {
        try {
            var before = Files.readString(file);
            var after = formatted(before, options, file);
            if (after.equals(before)) return false;
            if (!check) Files.writeString(file, after);
            return true;
        } catch (IOException | BadLocationException e) {
            throw new IllegalStateException(file + ": " + e.getMessage(), e);
        }
    }

    private static String formatted(String source, Map<String, String> options, Path file) throws BadLocationException {
        var formatter = ToolFactory.createCodeFormatter(options, ToolFactory.M_FORMAT_EXISTING);
        int kind = (file.endsWith("module-info.java") ? CodeFormatter.K_MODULE_INFO : CodeFormatter.K_COMPILATION_UNIT)
                | CodeFormatter.F_INCLUDE_COMMENTS;
        var edit = formatter.format(kind, source, 0, source.length(), 0, "\n");
        if (edit == null) throw new IllegalStateException(file + " does not parse");
        var document = new Document(source);
        edit.apply(document);
        var text = THREE_LINES.matcher(document.get()).replaceAll(Format::oneLine);
        return LONG_ANNOTATION.matcher(GUARD.matcher(text).replaceAll("$1 $2")).replaceAll(Format::ownLine);
    }

    private static String oneLine(MatchResult m) {
        var line = m.group(1) + m.group(2) + " { " + m.group(3) + " }";
        return Matcher.quoteReplacement(line.length() > WIDTH || STATEMENT.matcher(m.group(2)).matches() ? m.group() : line);
    }

    private static String ownLine(MatchResult m) {
        boolean isLong = m.group(2).contains("\n") || !m.group(3).endsWith("{") && !m.group(3).endsWith("}");
        return Matcher.quoteReplacement(isLong ? m.group(1) + m.group(2) + "\n" + m.group(1) + m.group(3) : m.group());
    }

    private static Map<String, String> options(Path profile) throws Exception {
        var options = new HashMap<String, String>();
        var settings = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(profile.toFile()).getElementsByTagName("setting");
        for (int i = 0; i < settings.getLength(); i++) {
            var setting = (Element) settings.item(i);
            options.put(setting.getAttribute("id"), setting.getAttribute("value"));
        }
        return options;
    }
}
