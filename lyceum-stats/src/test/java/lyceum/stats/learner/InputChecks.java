package lyceum.stats.learner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.stats.learner.LearnerContract.Check;
import lyceum.tensor.Tensor;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Bad data is refused in words; unusual data that means something is accepted. */
record InputChecks(ContractSubject subject) {
    List<Check> checks() {
        var checks = new ArrayList<Check>();
        checks.add(new Check("NaN in x is refused by row and column", this::nanIsRefused));
        checks.add(new Check("infinity in x is refused by row and column", this::infinityIsRefused));
        checks.add(new Check("x without rows is refused", this::noRows));
        checks.add(new Check("x without columns is refused", this::noColumns));
        checks.add(new Check("a vector for x is refused with the fix", this::vectorIsRefused));
        checks.add(new Check("another number of columns is refused", this::otherWidth));
        checks.add(new Check("one row fits or is refused in words", this::oneRow));
        checks.add(new Check("one column fits", this::oneColumn));
        checks.add(new Check("more columns than rows fit or are refused in words", this::moreColumnsThanRows));
        checks.add(new Check("bad weights are refused", this::badWeights));
        if (subject.has(Tag.POSITIVE_ONLY)) checks.add(new Check("negative values are refused", this::negativeIsRefused));
        if (subject.usesY()) checks.add(new Check("x and y of different lengths are refused", this::otherLength));
        if (subject.learner() instanceof Regressor) checks.add(new Check("NaN in y is refused by row", this::nanInTargets));
        if (subject.isClassifier()) checks.add(new Check("float labels are refused", this::floatLabels));
        return checks;
    }

    private static void refused(ThrowingCallable call, String... parts) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).satisfies(e -> assertThat(e.getMessage()).contains(parts));
    }

    private void nanIsRefused() {
        var x = subject.with(3, 1, Double.NaN);
        if (subject.has(Tag.ALLOWS_NAN)) {
            var model = subject.fit(x, subject.y(), null);
            subject.outputs(model, x).forEach((name, output) -> assertThat(output.size(0)).as(name).isEqualTo(x.size(0)));
            return;
        }
        refused(() -> subject.fit(x, subject.y(), null), "NaN", "row 3, column 1");
        var model = subject.fit();
        if (!subject.outputs(model, subject.x()).isEmpty()) refused(() -> subject.outputs(model, x), "NaN", "row 3, column 1");
    }

    private void infinityIsRefused() {
        var x = subject.with(5, 2, Double.NEGATIVE_INFINITY);
        refused(() -> subject.fit(x, subject.y(), null), "Infinity", "row 5, column 2");
        var model = subject.fit();
        if (!subject.outputs(model, subject.x()).isEmpty()) refused(() -> subject.outputs(model, x), "Infinity", "row 5, column 2");
    }

    private void negativeIsRefused() { refused(() -> subject.fit(subject.with(2, 0, -1), subject.y(), null), "-1", "row 2, column 0"); }

    private void noRows() {
        var none = Tensor.zeros(DType.F64, 0, subject.x().size(1));
        var y = Tensor.zeros(subject.y().dtype(), 0);
        refused(() -> subject.fit(none, y, null), "(0, " + subject.x().size(1) + ")", "row");
    }

    private void noColumns() {
        refused(() -> subject.fit(Tensor.zeros(DType.F64, subject.x().size(0), 0), subject.y(), null), "(" + subject.x().size(0) + ", 0)",
                "column");
    }

    private void vectorIsRefused() {
        refused(() -> subject.fit(Tensor.zeros(DType.F64, subject.x().size(0)), subject.y(), null), "(" + subject.x().size(0) + ",)",
                "reshape");
    }

    private void otherWidth() {
        var model = subject.fit();
        long p = subject.x().size(1);
        assertThat(model.nFeatures()).isEqualTo((int) p);
        if (subject.outputs(model, subject.x()).isEmpty()) return;
        refused(() -> subject.outputs(model, subject.x().narrow(1, 0, p - 1)), Long.toString(p - 1), Long.toString(p), "column");
        refused(() -> subject.outputs(model, Tensor.concat(1, subject.x(), subject.x().narrow(1, 0, 1))), Long.toString(p + 1),
                Long.toString(p), "column");
    }

    private void otherLength() {
        var shorter = subject.y().narrow(0, 0, subject.y().size(0) - 1);
        refused(() -> subject.fit(subject.x(), shorter, null), Long.toString(subject.x().size(0)), Long.toString(shorter.size(0)));
    }

    private void nanInTargets() {
        double[] y = subject.y().toDoubleArray();
        y[4] = Double.NaN;
        refused(() -> subject.fit(subject.x(), Tensor.of(y), null), "NaN", "row 4");
    }

    private void floatLabels() { refused(() -> subject.fit(subject.x(), subject.y().to(DType.F64), null), "F64"); }

    /** Fits with finite results, or says why one row is too few. */
    private void oneRow() {
        var x = subject.x().narrow(0, 0, 1);
        Model model;
        try {
            model = subject.fit(x, subject.y().narrow(0, 0, 1), null);
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).hasSizeGreaterThan(15);
            return;
        }
        subject.outputs(model, x).forEach((name, output) -> {
            // The log odds of a class that was the only one seen are infinite.
            if (!name.equals("decisionFunction")) assertThat(output.toDoubleArray()).as(name).doesNotContain(Double.NaN);
        });
    }

    private void oneColumn() {
        var x = subject.x().narrow(1, 0, 1);
        Model model;
        try {
            model = subject.fit(x, subject.y(), null);
        } catch (IllegalArgumentException e) {
            // A learner may need more (ten components of one column); then it says so.
            assertThat(e.getMessage()).contains("1");
            return;
        }
        assertThat(model.nFeatures()).isEqualTo(1);
        subject.outputs(model, x).forEach((name, output) -> assertThat(output.size(0)).as(name).isEqualTo(x.size(0)));
    }

    private void moreColumnsThanRows() {
        // Rows 0 to 5, each with the columns of two others of its class beside its own.
        var x = Tensor.concat(1, subject.x().narrow(0, 0, 6), subject.x().narrow(0, 6, 6), subject.x().narrow(0, 12, 6));
        Model model;
        try {
            model = subject.fit(x, subject.y().narrow(0, 0, 6), null);
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).hasSizeGreaterThan(15);
            return;
        }
        assertThat(model.nFeatures()).isEqualTo((int) x.size(1));
        subject.outputs(model, x).forEach((name, output) -> assertThat(output.toDoubleArray()).as(name).doesNotContain(Double.NaN));
    }

    private void badWeights() {
        int n = (int) subject.x().size(0);
        if (subject.has(Tag.NO_WEIGHTS)) {
            refused(() -> subject.fit(subject.x(), subject.y(), subject.uniformWeights()), "weights");
            return;
        }
        refused(() -> subject.fit(subject.x(), subject.y(), weight(n, 2, -0.5)), "weight 2", "-0.5");
        refused(() -> subject.fit(subject.x(), subject.y(), weight(n, 7, Double.NaN)), "weight 7", "NaN");
        refused(() -> subject.fit(subject.x(), subject.y(), weight(n - 1, 0, 1)), "weights", Integer.toString(n), Integer.toString(n - 1));
        refused(() -> subject.fit(subject.x(), subject.y(), Tensor.zeros(DType.F64, n)), "weights", "0");
    }

    private static Tensor weight(int n, int at, double value) {
        var w = new double[n];
        Arrays.fill(w, 1);
        w[at] = value;
        return Tensor.of(w);
    }
}
