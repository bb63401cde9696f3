import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.DoublePredicate;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * Reads Surefire's XML reports below a folder. {@code summary DIR [NOTE...]} prints what failed, what was slow and the
 * count as the last line (each note counts as one failure); {@code quick DIR} lists the test classes that took under a
 * second, {@code slow DIR} those that took half a second and more, as slow-tests.txt has them; {@code passed DIR} only answers by its exit code.
 */
final class TestReport {

    /** Of a report below the parts of a full run, and not of older runs that are kept below a checkout. */
    private static final int DEPTH = 5;
    private static final double SLOW_SECONDS = 5;
    private static final double QUICK_SECONDS = 1, FAST_SECONDS = 0.5;

    enum Outcome {
        PASSED, FAILED, SKIPPED
    }

    record Case(String module, String type, String name, double seconds, Outcome outcome, String message, String trace) {
        String label() { return name.isBlank() ? type + ", before its tests" : type + "." + name; }
    }

    public static void main(String[] args) throws IOException {
        var cases = read(Path.of(args[1]));
        switch (args[0]) {
            case "summary" -> System.exit(summary(cases, List.of(args).subList(2, args.length)));
            case "quick" -> classes(cases, s -> s < QUICK_SECONDS).forEach(System.out::println);
            case "slow" -> slow(cases);
            case "passed" -> System.exit(cases.stream().anyMatch(c -> c.outcome() == Outcome.FAILED) || cases.isEmpty() ? 1 : 0);
            default -> System.exit(2);
        }
    }

    private static List<Case> read(Path root) throws IOException {
        var cases = new ArrayList<Case>();
        try (var files = Files.find(root, DEPTH,
                (p, a) -> a.isRegularFile() && p.toString().matches(".*/surefire-reports/TEST-[^/]*\\.xml"))) {
            for (var file : files.sorted().toList()) {
                try {
                    read(file, cases);
                } catch (XMLStreamException e) {
                    cases.add(new Case(module(file), file.getFileName().toString(), "report", 0, Outcome.FAILED,
                            "the report is cut off: " + e.getMessage(), ""));
                }
            }
        }
        return cases;
    }

    private static String module(Path report) { return report.getParent().getParent().getParent().getFileName().toString(); }

    private static void read(Path file, List<Case> cases) throws IOException, XMLStreamException {
        var factory = XMLInputFactory.newFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_COALESCING, true);
        try (var in = Files.newInputStream(file)) {
            var xml = factory.createXMLStreamReader(in);
            while (xml.hasNext()) {
                if (xml.next() == XMLStreamConstants.START_ELEMENT && xml.getLocalName().equals("testcase")) {
                    cases.add(testCase(module(file), run(file), xml));
                }
            }
        }
    }

    /** The second run of a test under another locale carries it in its report's name. */
    private static String run(Path report) { return report.toString().endsWith("-tr-TR.xml") ? " (tr-TR)" : ""; }

    private static Case testCase(String module, String run, XMLStreamReader xml) throws XMLStreamException {
        String type = xml.getAttributeValue(null, "classname");
        String name = xml.getAttributeValue(null, "name") + run;
        double seconds = Double.parseDouble(xml.getAttributeValue(null, "time").replace(",", ""));
        var outcome = Outcome.PASSED;
        String message = "", trace = "";
        while (!(xml.next() == XMLStreamConstants.END_ELEMENT && xml.getLocalName().equals("testcase"))) {
            if (xml.getEventType() != XMLStreamConstants.START_ELEMENT) {
                continue;
            }
            switch (xml.getLocalName()) {
                case "failure", "error" -> {
                    outcome = Outcome.FAILED;
                    message = orEmpty(xml.getAttributeValue(null, "message"));
                    trace = xml.getElementText();
                }
                case "skipped" -> {
                    outcome = Outcome.SKIPPED;
                    message = orEmpty(xml.getAttributeValue(null, "message"));
                    message = message.isBlank() ? xml.getElementText() : message;
                }
                default -> {}
            }
        }
        return new Case(module, type, name, seconds, outcome, message, trace);
    }

    private static String orEmpty(String text) { return text == null ? "" : text; }

    /** Classes by the seconds that they took, as paths without an ending. */
    private static TreeSet<String> classes(List<Case> cases, DoublePredicate wanted) {
        Map<String, Double> seconds = new TreeMap<>();
        for (var c : cases) seconds.merge(outermost(c.type()), c.seconds(), Double::sum);
        var classes = new TreeSet<String>();
        seconds.forEach((type, taken) -> {
            if (wanted.test(taken)) classes.add(type.replace('.', '/'));
        });
        return classes;
    }

    private static void slow(List<Case> cases) {
        System.out.println(
                "# What ./lyceum test --fast leaves out besides tests tagged slow: classes that took half a second or more in a whole run.");
        System.out.println("# Written by\n#   java tools/launcher/TestReport.java slow . >tools/launcher/slow-tests.txt");
        System.out.println("**/*$*");
        var once = cases.stream().filter(c -> !c.name().endsWith(" (tr-TR)")).toList();
        classes(once, s -> s >= FAST_SECONDS).forEach(c -> System.out.println(c + ".java"));
    }

    private static String outermost(String type) {
        int nested = type.indexOf('$');
        return nested < 0 ? type : type.substring(0, nested);
    }

    private static int summary(List<Case> cases, List<String> notes) {
        modules(cases);
        var slow = cases.stream().filter(c -> c.seconds() > SLOW_SECONDS).sorted(Comparator.comparingDouble(Case::seconds).reversed())
                .limit(12).toList();
        if (!slow.isEmpty()) {
            System.out.printf(Locale.ROOT, "%nSlow, over %.0f s%n", SLOW_SECONDS);
            slow.forEach(c -> System.out.printf(Locale.ROOT, "  %6.1f s  %s%n", c.seconds(), c.label()));
        }
        var skipped = cases.stream().filter(c -> c.outcome() == Outcome.SKIPPED).toList();
        if (!skipped.isEmpty()) {
            System.out.println("\nSkipped");
            skipped.forEach(c -> System.out.printf("  %s%s%n", c.label(), c.message().isBlank() ? "" : ": " + firstLine(c.message())));
        }
        var failed = cases.stream().filter(c -> c.outcome() == Outcome.FAILED).toList();
        if (failed.size() + notes.size() > 0) {
            System.out.println("\nFailed");
            failed.forEach(TestReport::failure);
            notes.forEach(n -> System.out.println("  " + n));
        }
        long passed = cases.size() - failed.size() - skipped.size();
        int failures = failed.size() + notes.size();
        System.out.println();
        System.out.println(passed + " passed, " + failures + " failed" + (skipped.isEmpty() ? "" : ", " + skipped.size() + " skipped"));
        return failures > 0 || cases.isEmpty() ? 1 : 0;
    }

    private static void modules(List<Case> cases) {
        record Sum(int tests, double seconds) {}
        var sums = new TreeMap<String, Sum>();
        for (var c : cases) {
            sums.merge(c.module(), new Sum(1, c.seconds()), (a, b) -> new Sum(a.tests() + b.tests(), a.seconds() + b.seconds()));
        }
        sums.forEach((name, sum) -> System.out.printf(Locale.ROOT, "  %-18s %6d tests  %7.1f s%n", name, sum.tests(), sum.seconds()));
    }

    private static void failure(Case c) {
        System.out.println("  " + c.label());
        var lines = (c.message().isBlank() ? c.trace() : c.message()).strip().lines().limit(8).toList();
        lines.forEach(l -> System.out.println("      " + l));
        String at = "at " + outermost(c.type());
        c.trace().lines().map(String::strip).filter(l -> l.startsWith(at)).findFirst().ifPresent(l -> System.out.println("      " + l));
    }

    private static String firstLine(String text) { return text.strip().lines().findFirst().orElse(""); }
}
