package lyceum.labs.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import lyceum.backend.Profile;
import lyceum.labs.CheckResult;
import lyceum.labs.run.LabClass;
import lyceum.labs.run.LabRequest;
import lyceum.labs.run.LabResult;
import lyceum.labs.run.LabRunner;
import lyceum.labs.NumberText;
import lyceum.plot.Audio;
import lyceum.plot.Axis;
import lyceum.plot.Cloud;
import lyceum.plot.Figure;
import lyceum.plot.Frames;
import lyceum.plot.Layer;
import lyceum.plot.Panels;
import lyceum.plot.Plot;
import lyceum.testing.AcceptanceFile;
import lyceum.testing.AcceptanceRecord;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.DynamicTest;

/** What every lab that an article names must keep. Runs it as a test, and records what its checks said. */
final class LabContract {

    private static final Catalogue CATALOGUE = Catalogue.load();
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    /** A second or so of kernels, and of small objects, on one core: the work is counted, not the time. */
    private static final double MOST_OPERATIONS = 2e10, MOST_BYTES = 5e9;

    private LabContract() {}

    /** A test a lab, of those whose class is wanted. */
    static Stream<DynamicTest> tests(Predicate<String> wanted) {
        return CATALOGUE.topics().stream().flatMap(t -> Article.find(t.slug()).flatMap(Article::lab).filter(LabClass::isThere).stream())
                .distinct().filter(wanted).map(lab -> DynamicTest.dynamicTest(lab, () -> {
                    LabResult result;
                    double kernels;
                    long before = THREADS.getTotalThreadAllocatedBytes();
                    try (var profile = Profile.start()) {
                        result = run(lab);
                        kernels = profile.rows().stream().mapToDouble(Profile.Row::operations).sum();
                    }
                    double heap = THREADS.getTotalThreadAllocatedBytes() - before;
                    record(result);
                    var problems = problems(result);
                    if (kernels > MOST_OPERATIONS)
                        problems.add("its kernels take %.1e operations; %.0e are allowed".formatted(kernels, MOST_OPERATIONS));
                    if (heap > MOST_BYTES)
                        problems.add("it allocates %.1e bytes on the heap; %.0e are allowed".formatted(heap, MOST_BYTES));
                    assertThat(problems).isEmpty();
                }));
    }

    static LabResult run(String lab) {
        var topic = LabClass.of(lab).topics().getFirst();
        try (var runner = new LabRunner()) {
            return runner.run(LabRequest.of(topic, lab).asTest(), e -> {});
        }
    }

    static List<String> problems(LabResult result) {
        var problems = new ArrayList<String>();
        for (var topic : LabClass.of(result.lab()).topics()) {
            if (CATALOGUE.find(topic).isEmpty()) {
                problems.add("@Lab names " + topic + ", which is no topic");
            } else if (result.checks().stream().noneMatch(c -> c.topic().equals(topic))) {
                problems.add("nothing is checked about " + topic);
            }
        }
        result.checks().forEach(c -> check(c, problems));
        result.figures().forEach(f -> figure(f.figure(), problems));
        if (result.figures().isEmpty() && result.tables().isEmpty()) {
            problems.add("it draws nothing and shows no table");
        }
        return problems;
    }

    private static void check(CheckResult check, List<String> problems) {
        if (!check.holds()) {
            problems.add("check '" + check.name() + "' is " + NumberText.of(check.value()) + " and should be " + check.expected());
        }
        var topic = CATALOGUE.find(check.topic());
        if (topic.isPresent() && check.clause() > topic.get().clauses().size()) {
            problems.add(check.topic() + " has no clause " + check.clause());
        }
    }

    private static void figure(Figure figure, List<String> problems) {
        if (figure.title().isBlank()) {
            problems.add("a figure has no title");
        }
        if (figure.description().isBlank()) {
            problems.add("figure '" + figure.title() + "' has no description");
        }
        switch (figure) {
            case Plot plot -> {
                if (needsAxes(plot) && (blank(plot.x()) || blank(plot.y()))) {
                    problems.add("figure '" + figure.title() + "' has an axis without a label");
                }
            }
            case Panels panels -> panels.figures().forEach(f -> part(f, problems));
            case Frames frames -> frames.figures().forEach(f -> part(f, problems));
            case Cloud cloud -> {
                if (cloud.x().isBlank() || cloud.y().isBlank() || cloud.z().isBlank())
                    problems.add("figure '" + figure.title() + "' has an axis without a label");
            }
            case Audio _ -> {}
        }
    }

    /** The whole is described; its parts need axes. */
    private static void part(Figure figure, List<String> problems) {
        figure(figure.description().isBlank() ? figure.describedAs("part of a described figure") : figure, problems);
    }

    private static boolean needsAxes(Plot plot) {
        return plot.layers().stream().noneMatch(l -> l instanceof Layer.Network || l instanceof Layer.ImageGrid);
    }

    private static boolean blank(Axis axis) { return axis.label().isBlank(); }

    private static void record(LabResult result) throws IOException {
        var file = AcceptanceFile.ofThisModule();
        if (file == null) return;
        var prefix = "lab:" + result.lab() + "/";
        var records = new ArrayList<AcceptanceRecord>();
        for (var c : result.checks()) {
            if (c.clause() > 0) {
                records.add(new AcceptanceRecord(c.topic(), c.clause(), prefix + c.name(), c.holds(),
                        List.of(new Evidence.Entry("value", c.value(), c.expected())), result.seconds()));
            }
        }
        AcceptanceFile.replace(file, test -> test.startsWith(prefix), records);
    }
}
