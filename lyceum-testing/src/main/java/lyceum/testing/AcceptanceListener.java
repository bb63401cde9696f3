package lyceum.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestTag;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Records what became of every {@link Acceptance} test that ran. Registered by {@code META-INF/services}, so a module need only
 * have lyceum-testing in test scope.
 *
 * <p>Writes when the test plan ends, into the file that {@link AcceptanceFile#ofThisModule()} names. A test whose container
 * failed before it could run (a throwing {@code @BeforeAll}) is recorded as not holding, and so is one without {@link Evidence}
 * (of a test factory, whose tests no extension sees).
 */
public final class AcceptanceListener implements TestExecutionListener {

    private final Path file;
    private final Map<Method, Outcome> outcomes = new LinkedHashMap<>();
    private final Map<String, Long> started = new LinkedHashMap<>();
    private TestPlan plan;

    /** Records into this module's file; the constructor that the service loader calls. */
    public AcceptanceListener() { this(AcceptanceFile.ofThisModule()); }

    /** Records into {@code file}; nowhere if it is null. */
    public AcceptanceListener(Path file) { this.file = file; }

    private static final class Outcome {
        boolean holds = true;
        boolean heavy;
        double seconds;
        final List<Evidence.Entry> measured = new ArrayList<>();
    }

    @Override public synchronized void testPlanExecutionStarted(TestPlan testPlan) {
        plan = testPlan;
        outcomes.clear();
    }

    @Override public void executionStarted(TestIdentifier test) {
        if (test.isTest() && accepts(test) != null) {
            synchronized (this) {
                started.put(test.getUniqueId(), System.nanoTime());
            }
            Evidence.begin();
        }
    }

    @Override public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        var failed = result.getStatus() == TestExecutionResult.Status.FAILED;
        var method = accepts(test);
        if (test.isTest() && method != null) {
            var measured = Evidence.end();
            if (result.getStatus() != TestExecutionResult.Status.ABORTED) {
                note(test, method, !failed, measured);
            }
        } else if (failed) {
            fail(test);
        }
    }

    private synchronized void note(TestIdentifier test, Method method, boolean holds, List<Evidence.Entry> measured) {
        var outcome = outcomes.computeIfAbsent(method, m -> new Outcome());
        outcome.holds &= holds;
        outcome.heavy |= test.getTags().contains(TestTag.create("heavy"));
        outcome.measured.addAll(measured);
        var start = started.remove(test.getUniqueId());
        outcome.seconds += start == null ? 0 : (System.nanoTime() - start) * 1e-9;
    }

    private synchronized void fail(TestIdentifier container) {
        var own = accepts(container);
        if (own != null) {
            note(container, own, false, List.of());
        }
        for (var test : plan.getDescendants(container)) {
            var method = accepts(test);
            if (method != null) {
                note(test, method, false, List.of());
            }
        }
    }

    @Override public synchronized void testPlanExecutionFinished(TestPlan testPlan) {
        var records = new ArrayList<AcceptanceRecord>();
        outcomes.forEach((method, outcome) -> records.addAll(recordsOf(method, outcome)));
        outcomes.clear();
        if (file == null || records.isEmpty()) return;
        try {
            AcceptanceFile.merge(file, records);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
    }

    private static List<AcceptanceRecord> recordsOf(Method method, Outcome outcome) {
        var records = new ArrayList<AcceptanceRecord>();
        for (var acceptance : method.getAnnotationsByType(Acceptance.class)) {
            for (int clause : acceptance.clause()) {
                records.add(new AcceptanceRecord(acceptance.topic(), clause, AcceptanceFile.nameOf(method, outcome.heavy),
                        outcome.holds && !outcome.measured.isEmpty(), outcome.measured, outcome.seconds));
            }
        }
        return records;
    }

    /** The annotated method behind a test or container, or null. */
    private static Method accepts(TestIdentifier test) {
        if (test.getSource().orElse(null) instanceof MethodSource source) {
            var method = source.getJavaMethod();
            return method.getAnnotationsByType(Acceptance.class).length > 0 ? method : null;
        }
        return null;
    }
}
