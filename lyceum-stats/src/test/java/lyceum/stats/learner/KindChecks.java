package lyceum.stats.learner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerContract.Check;
import lyceum.tensor.Tensor;

/** What holds for one kind of learner: shapes, probabilities, labels, inverses. */
record KindChecks(ContractSubject subject, double tolerance) {
    List<Check> checks() {
        var checks = new ArrayList<Check>();
        var learner = subject.learner();
        if (learner instanceof Classifier) {
            checks.add(new Check("labels are those given", this::labels));
            checks.add(new Check("probabilities are probabilities", this::probabilities));
            checks.add(new Check("decisions, probabilities and labels agree", this::decisionsAgree));
            checks.add(new Check("one class is learned or refused by name", this::oneClass));
            checks.add(new Check("BOOL labels are 0 and 1", this::booleanLabels));
            checks.add(new Check("separate groups are told apart", this::groupsAreToldApart));
        } else if (learner instanceof Regressor) {
            checks.add(new Check("predictions have the targets' shape", this::predictionShapes));
            checks.add(new Check("a linear target is explained", this::linearTarget));
        }
        if (learner instanceof Transformer) {
            checks.add(new Check("transform has nOutputs columns", this::transformShapes));
            checks.add(new Check("inverse and transform agree", this::inverse));
        }
        if (learner instanceof Clusterer) checks.add(new Check("cluster labels are numbered from 0", this::clusterLabels));
        if (learner instanceof Density) checks.add(new Check("densities score and sample", this::density));
        return checks;
    }

    private ClassificationModel classifier() { return (ClassificationModel) subject.fit(); }

    private void labels() {
        var model = classifier();
        long[] expected = Arrays.stream(subject.y().toLongArray()).distinct().sorted().toArray();
        assertThat(model.classes()).isEqualTo(expected);
        model.classes()[0] = 77;
        assertThat(model.classes()).as("classes() is a copy").isEqualTo(expected);
        var predicted = model.predict(subject.x());
        assertThat(predicted.dtype()).isEqualTo(DType.I64);
        assertThat(predicted.shape()).isEqualTo(subject.y().shape());
        for (long label : predicted.toLongArray()) assertThat(label).isIn(Arrays.stream(expected).boxed().toList());
    }

    private void probabilities() {
        var model = classifier();
        assertThat(model.hasProbabilities()).isEqualTo(!subject.has(Tag.NO_PROBABILITIES));
        if (!model.hasProbabilities()) {
            assertThatThrownBy(() -> model.predictProba(subject.x())).isInstanceOf(UnsupportedOperationException.class);
            return;
        }
        var p = model.predictProba(subject.x());
        assertThat(p.shape().toArray()).containsExactly(subject.x().size(0), model.classes().length);
        for (double value : p.toDoubleArray()) assertThat(value).isBetween(0.0, 1.0);
        for (double sum : p.sum(1).toDoubleArray()) assertThat(sum).isCloseTo(1, within(1e-9));
    }

    private void decisionsAgree() {
        var model = classifier();
        var decisions = model.decisionFunction(subject.x());
        int k = model.classes().length;
        assertThat(decisions.shape().toArray()).isEqualTo(k == 2 ? new long[] {subject.x().size(0)} : new long[] {subject.x().size(0), k});
        double[] d = decisions.toDoubleArray();
        double[] p = model.hasProbabilities() ? model.predictProba(subject.x()).toDoubleArray() : null;
        long[] predicted = model.predict(subject.x()).toLongArray();
        for (int i = 0; i < predicted.length; i++) {
            int code = Arrays.binarySearch(model.classes(), predicted[i]);
            if (k == 2) {
                if (d[i] != 0) assertThat(code).as("row %d, decision %s", i, d[i]).isEqualTo(d[i] > 0 ? 1 : 0);
            } else {
                for (int c = 0; c < k; c++) assertThat(d[i * k + code]).as("row " + i).isGreaterThanOrEqualTo(d[i * k + c]);
            }
            if (p != null) for (int c = 0; c < k; c++) assertThat(p[i * k + code]).as("row " + i).isGreaterThanOrEqualTo(p[i * k + c]);
        }
    }

    private void oneClass() {
        var y = Tensor.full(DType.I64, 7, subject.x().size(0));
        ClassificationModel model;
        try {
            model = (ClassificationModel) subject.fit(subject.x(), y, null);
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).contains("7", "class");
            return;
        }
        assertThat(model.predict(subject.x()).toLongArray()).containsOnly(7);
    }

    private void booleanLabels() {
        var truth = subject.x().select(1, 0).gt(1.5);
        var model = (ClassificationModel) subject.fit(subject.x(), truth, null);
        assertThat(model.classes()).containsExactly(0, 1);
    }

    private void groupsAreToldApart() { assertThat(classifier().score(subject.x(), subject.y())).isGreaterThan(0.8); }

    private void predictionShapes() {
        var model = (RegressionModel) subject.fit();
        assertThat(model.predict(subject.x()).shape()).isEqualTo(subject.y().shape());
        var two = Tensor.stack(1, subject.y(), subject.y().neg());
        if (subject.has(Tag.MULTI_OUTPUT)) {
            var both = (RegressionModel) subject.fit(subject.x(), two, null);
            assertThat(both.predict(subject.x()).shape()).isEqualTo(two.shape());
            assertThat(both.score(subject.x(), two)).isFinite();
        } else {
            assertThatThrownBy(() -> subject.fit(subject.x(), two, null)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    private void linearTarget() { assertThat(((RegressionModel) subject.fit()).score(subject.x(), subject.y())).isBetween(0.3, 1.0); }

    private void transformShapes() {
        var model = (FittedTransformer) subject.fit();
        var z = model.transform(subject.x());
        assertThat(z.shape().toArray()).containsExactly(subject.x().size(0), model.nOutputs());
    }

    private void inverse() {
        var model = (FittedTransformer) subject.fit();
        var z = model.transform(subject.x());
        if (!model.isInvertible()) {
            assertThatThrownBy(() -> model.inverse(z)).isInstanceOf(UnsupportedOperationException.class);
            return;
        }
        var back = model.inverse(z);
        assertThat(back.shape()).isEqualTo(subject.x().shape());
        double[] expected = z.toDoubleArray(), again = model.transform(back).toDoubleArray();
        for (int i = 0; i < expected.length; i++)
            assertThat(again[i]).isCloseTo(expected[i], within(tolerance * Math.max(1, Math.abs(expected[i]))));
    }

    private void clusterLabels() {
        var model = (ClusterModel) subject.fit();
        assertThat(model.labels().dtype()).isEqualTo(DType.I64);
        assertThat(model.labels().shape().toArray()).containsExactly(subject.x().size(0));
        for (long label : model.labels().toLongArray()) assertThat(label).isBetween(-1L, model.nClusters() - 1L);
        if (subject.has(Tag.TRANSDUCTIVE))
            assertThatThrownBy(() -> model.predict(subject.x())).isInstanceOf(UnsupportedOperationException.class);
        else assertThat(model.predict(subject.x()).toLongArray()).isEqualTo(model.labels().toLongArray());
    }

    private void density() {
        var model = (DensityModel) subject.fit();
        assertThat(model.logDensity(subject.x()).shape().toArray()).containsExactly(subject.x().size(0));
        assertThat(model.score(subject.x())).isFinite();
        try {
            assertThat(model.sample(Rng.of(1), 5).shape().toArray()).containsExactly(5, subject.x().size(1));
        } catch (UnsupportedOperationException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }
}
