package lyceum.stats.learner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerContract.Check;
import lyceum.tensor.Tensor;

/** Results depend on the data and the hyper-parameters, and on nothing else. */
record ResultChecks(ContractSubject subject, double tolerance) {
    List<Check> checks() {
        var checks = new ArrayList<Check>();
        checks.add(new Check("the same data gives the same model", this::deterministic));
        checks.add(new Check("data and hyper-parameters are not changed", this::nothingIsChanged));
        checks.add(new Check("F32 in, F32 out", this::singlePrecision));
        checks.add(new Check("integers count as numbers", this::integers));
        checks.add(new Check("strided views give what copies give", this::views));
        checks.add(new Check("a constant column does no harm", this::constantColumn));
        checks.add(new Check("a column that stands twice does no harm", this::duplicateColumn));
        checks.add(new Check("a row's result does not depend on its neighbours", this::subsetInvariance));
        checks.add(new Check("a loaded model says what the saved one said", this::saveAndLoad));
        checks.add(new Check("threads share a model", this::threadsShareAModel));
        checks.add(new Check("threads share a learner", this::threadsShareALearner));
        checks.add(new Check("an empty pipeline changes nothing", this::pipeline));
        boolean exact = !subject.has(Tag.RANDOMISED) && !subject.has(Tag.WEIGHTS_ARE_NOT_COPIES) && !subject.has(Tag.NO_WEIGHTS);
        if (!subject.has(Tag.NO_WEIGHTS)) checks.add(new Check("weights of one change nothing", this::unitWeights));
        if (exact && !subject.has(Tag.ORDER_DEPENDENT))
            checks.add(new Check("weight 2 is the row twice, weight 0 is no row", this::weightsAreCopies));
        if (!subject.has(Tag.ORDER_DEPENDENT) && !subject.has(Tag.RANDOMISED) && !(subject.learner() instanceof Clusterer)) {
            checks.add(new Check("the order of rows does not matter", this::order));
        }
        return checks;
    }

    private void deterministic() { same(subject.outputs(), subject.outputs()); }

    private void nothingIsChanged() {
        var x = subject.x().copy();
        var y = subject.y().copy();
        double[] before = x.toDoubleArray(), targets = y.toDoubleArray();
        String learner = subject.learner().toString();
        int hash = subject.learner().hashCode();
        var w = subject.has(Tag.NO_WEIGHTS) ? null : subject.uniformWeights();
        var model = subject.fit(x, y, w);
        var first = subject.outputs(model, x);
        assertThat(x.toDoubleArray()).as("x").isEqualTo(before);
        assertThat(y.toDoubleArray()).as("y").isEqualTo(targets);
        if (w != null) assertThat(w.toDoubleArray()).as("weights").containsOnly(1);
        assertThat(subject.learner().toString()).isEqualTo(learner);
        assertThat(subject.learner().hashCode()).isEqualTo(hash);
        same(first, subject.outputs(model, x));
    }

    private void singlePrecision() {
        var x = subject.x().to(DType.F32);
        var outputs = subject.outputs(subject.fit(x, subject.y(), null), x);
        outputs.forEach((name, output) -> {
            if (output.dtype().isFloat()) assertThat(output.dtype()).as(name).isEqualTo(DType.F32);
            assertThat(output.toDoubleArray()).as(name).doesNotContain(Double.NaN);
        });
    }

    private void integers() {
        var x = subject.x().mul(8).round().add(0.0); // -0.0 has no integer
        same(subject.outputs(subject.fit(x, subject.y(), null), x),
                subject.outputs(subject.fit(x.to(DType.I32), subject.y(), null), x.to(DType.I32)));
    }

    private void views() {
        var view = subject.x().transpose().contiguous().transpose();
        assertThat(view.isContiguous()).isFalse();
        close(subject.outputs(), subject.outputs(subject.fit(view, subject.y(), null), view), tolerance);
    }

    private void constantColumn() { harmless(Tensor.full(DType.F64, 2.5, subject.x().size(0), 1)); }

    private void duplicateColumn() { harmless(subject.x().narrow(1, 1, 1)); }

    private void harmless(Tensor column) {
        long n = subject.x().size(0);
        var x = Tensor.concat(1, subject.x(), column);
        subject.outputs(subject.fit(x, subject.y(), null), x).forEach((name, output) -> {
            assertThat(output.size(0)).as(name).isEqualTo(n);
            assertThat(output.toDoubleArray()).as(name).doesNotContain(Double.NaN, Double.POSITIVE_INFINITY);
        });
    }

    private void subsetInvariance() {
        var model = subject.fit();
        var whole = subject.outputs(model, subject.x());
        for (int i = 0; i < subject.x().size(0); i += 7) {
            var row = subject.outputs(model, subject.x().narrow(0, i, 1));
            int at = i;
            whole.forEach((name, output) -> close(name, output.narrow(0, at, 1), row.get(name), 1e-9));
        }
    }

    private void saveAndLoad() throws Exception {
        var model = subject.fit();
        var file = Files.createTempFile("lyceum-contract", ".safetensors");
        try {
            if (subject.has(Tag.NOT_SAVABLE)) {
                assertThatThrownBy(() -> model.save(file)).isInstanceOf(LyceumException.class);
                return;
            }
            model.save(file);
            var loaded = Model.load(file);
            assertThat(loaded).isInstanceOf(model.getClass());
            assertThat(loaded.nFeatures()).isEqualTo(model.nFeatures());
            same(subject.outputs(model, subject.x()), subject.outputs(loaded, subject.x()));
            if (model instanceof ClassificationModel m) assertThat(((ClassificationModel) loaded).classes()).isEqualTo(m.classes());
            if (model instanceof ClusterModel m)
                assertThat(((ClusterModel) loaded).labels().toLongArray()).isEqualTo(m.labels().toLongArray());
        } finally {
            Files.delete(file);
        }
    }

    private void threadsShareAModel() throws Exception {
        var model = subject.fit();
        var expected = subject.outputs(model, subject.x());
        var fresh = subject.fit();
        together(() -> subject.outputs(fresh, subject.x())).forEach(outputs -> same(expected, outputs));
    }

    private void threadsShareALearner() throws Exception {
        var expected = subject.outputs();
        together(subject::outputs).forEach(outputs -> same(expected, outputs));
    }

    private static List<Map<String, Tensor>> together(Callable<Map<String, Tensor>> work) throws Exception {
        try (var pool = Executors.newFixedThreadPool(4)) {
            var results = new ArrayList<Map<String, Tensor>>();
            for (var future : pool.invokeAll(List.of(work, work, work, work))) results.add(future.get());
            return results;
        }
    }

    private void pipeline() {
        var empty = Pipeline.of();
        Learner piped = switch (subject.learner()) {
            case Classifier c -> empty.then(c);
            case Regressor r -> empty.then(r);
            case Transformer t -> empty.then(t);
            case Clusterer c -> empty.then(c);
            case Density d -> empty.then(d);
            case NoveltyDetector d -> empty.then(d);
            default -> throw new AssertionError();
        };
        if (!subject.learner().tags().contains(Tag.SUPERVISED)) assertThat(piped.tags()).isEqualTo(subject.tags());
        same(onlyShared(subject.outputs(), piped), new ContractSubject(piped, subject.x(), subject.y()).outputs());
    }

    /** A learner of two kinds is one of them in a pipeline. */
    private Map<String, Tensor> onlyShared(Map<String, Tensor> outputs, Learner piped) {
        var names = new ContractSubject(piped, subject.x(), subject.y()).outputs().keySet();
        outputs.keySet().retainAll(names);
        return outputs;
    }

    private void unitWeights() {
        var weighted = subject.fit(subject.x(), subject.y(), subject.uniformWeights());
        close(subject.outputs(), subject.outputs(weighted, subject.x()), tolerance);
    }

    private void weightsAreCopies() {
        int n = (int) subject.x().size(0);
        var weights = new double[n];
        var copies = new ArrayList<Integer>();
        for (int i = 0; i < n; i++) {
            weights[i] = new int[] {1, 2, 0, 1, 3}[i % 5];
            for (int c = 0; c < weights[i]; c++) copies.add(i);
        }
        int[] rows = copies.stream().mapToInt(Integer::intValue).toArray();
        var weighted = subject.fit(subject.x(), subject.y(), Tensor.of(weights));
        var copied = subject.fit(subject.x().rows(rows), subject.y().rows(rows), null);
        close(subject.outputs(copied, subject.x()), subject.outputs(weighted, subject.x()), tolerance);
    }

    private void order() {
        int[] rows = Rng.of(5).permutation((int) subject.x().size(0));
        var shuffled = subject.fit(subject.x().rows(rows), subject.y().rows(rows), null);
        close(subject.outputs(), subject.outputs(shuffled, subject.x()), tolerance);
    }

    private static void same(Map<String, Tensor> expected, Map<String, Tensor> actual) {
        assertThat(actual.keySet()).isEqualTo(expected.keySet());
        expected.forEach((name, output) -> {
            assertThat(actual.get(name).shape()).as(name).isEqualTo(output.shape());
            assertThat(actual.get(name).toDoubleArray()).as(name).isEqualTo(output.toDoubleArray());
        });
    }

    private static void close(Map<String, Tensor> expected, Map<String, Tensor> actual, double tolerance) {
        assertThat(actual.keySet()).isEqualTo(expected.keySet());
        expected.forEach((name, output) -> close(name, output, actual.get(name), tolerance));
    }

    private static void close(String name, Tensor expected, Tensor actual, double tolerance) {
        assertThat(actual.shape()).as(name).isEqualTo(expected.shape());
        double[] e = expected.toDoubleArray(), a = actual.toDoubleArray();
        for (int i = 0; i < e.length; i++) {
            if (e[i] == a[i]) continue;
            assertThat(Math.abs(a[i] - e[i])).as("%s, value %d: %s against %s", name, i, a[i], e[i])
                    .isLessThanOrEqualTo(tolerance * Math.max(1, Math.abs(e[i])));
        }
    }
}
