package lyceum.stats.learner;

import static org.assertj.core.api.Assertions.fail;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/**
 * What every learner must keep, as tests; the learner's {@linkplain Tag tags} say which of them apply.
 *
 * {@snippet :
 * class RidgeContractTest {
 *     @TestFactory Stream<DynamicTest> ridge() { return LearnerContract.of(new Ridge(1.0)).tests(); }
 * }
 * }
 *
 * <p>A check that a learner cannot keep is declared with its reason ({@link #knownFailure}); it still runs, and must still fail.
 *
 * @param tolerance relative bound for results that may differ by rounding (order of rows, weights against copies)
 * @param knownFailures the reason by check
 */
public record LearnerContract(Learner learner, int rows, int columns, double tolerance, Map<String, String> knownFailures) {

    /** The contract for one learner, on 36 rows of 4 columns. */
    public static LearnerContract of(Learner learner) { return new LearnerContract(learner, 36, 4, 1e-7, Map.of()); }

    public LearnerContract withRows(int rows) { return new LearnerContract(learner, rows, columns, tolerance, knownFailures); }

    public LearnerContract withColumns(int columns) { return new LearnerContract(learner, rows, columns, tolerance, knownFailures); }

    /** For iterative learners, whose results agree only as far as their stopping rule goes. */
    public LearnerContract withTolerance(double tolerance) { return new LearnerContract(learner, rows, columns, tolerance, knownFailures); }

    /** Declares that the check with this name fails, and why. */
    public LearnerContract knownFailure(String check, String reason) {
        var longer = new LinkedHashMap<>(knownFailures);
        longer.put(check, reason);
        return new LearnerContract(learner, rows, columns, tolerance, longer);
    }

    /** A named claim about a learner. */
    interface Claim {
        void check() throws Exception;
    }

    record Check(String name, Claim claim) {}

    /** One test a check. */
    public Stream<DynamicTest> tests() {
        var subject = ContractSubject.of(learner, rows, columns, 20250101);
        var checks = new ArrayList<Check>();
        checks.addAll(new InputChecks(subject).checks());
        checks.addAll(new ResultChecks(subject, tolerance).checks());
        checks.addAll(new KindChecks(subject, tolerance).checks());
        for (var name : knownFailures.keySet()) {
            if (checks.stream().noneMatch(c -> c.name().equals(name))) throw new IllegalArgumentException(
                    "knownFailure: no check is called \"" + name + "\"; there are " + checks.stream().map(Check::name).toList());
        }
        return checks.stream().map(c -> DynamicTest.dynamicTest(learner.name() + ": " + c.name(), () -> run(c)));
    }

    private void run(Check check) throws Exception {
        var reason = knownFailures.get(check.name());
        if (reason == null) {
            check.claim().check();
            return;
        }
        try {
            check.claim().check();
        } catch (AssertionError | RuntimeException expected) {
            return;
        }
        fail("declared to fail (%s), but it holds: remove the declaration", reason);
    }

    /** The names of the checks that fail: for tests of the contract itself, and of many learners in one. */
    public List<String> failures() {
        var failed = new ArrayList<String>();
        tests().forEach(test -> {
            try {
                test.getExecutable().execute();
            } catch (Throwable e) {
                failed.add(test.getDisplayName().substring(learner.name().length() + 2));
            }
        });
        return failed;
    }
}
