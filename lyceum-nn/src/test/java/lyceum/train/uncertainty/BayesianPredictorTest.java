package lyceum.train.uncertainty;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.nn.Activation;
import lyceum.nn.BatchNorm;
import lyceum.nn.Dropout;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class BayesianPredictorTest {
    private static final String TOPIC = "mc-dropout-ensembles";

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void dropoutBeforeALinearLayerHasTheVarianceOfItsMasks() {
        var gap = Gap.relative();
        var centre = Gap.absolute();
        for (double p : new double[] {0.1, 0.5, 0.8}) {
            var rng = Rng.of(7);
            var linear = new Linear(20, 10, rng);
            double[][] w = Tensor.randn(rng, DType.F64, 10, 20).toRows();
            double[] x = Tensor.randn(rng, DType.F64, 20).toDoubleArray(), b = Tensor.randn(rng, DType.F64, 10).toDoubleArray();
            linear.load(Map.of("weight", Tensor.of(w).to(DType.F32), "bias", Tensor.of(b).to(DType.F32)));
            var network = new Sequential(new Dropout(p), linear);
            var forecast = BayesianPredictor.dropout(network, 200_000, 1).numbers(Tensor.of(x, 1, 20).to(DType.F32), 0);
            double[] variance = forecast.epistemic().toDoubleArray(), mean = forecast.mean().toDoubleArray();
            for (int o = 0; o < 10; o++) {
                double expected = 0, at = b[o];
                for (int i = 0; i < 20; i++) {
                    expected += p / (1 - p) * w[o][i] * w[o][i] * x[i] * x[i];
                    at += w[o][i] * x[i];
                }
                gap.see("p = " + p + ", output " + o, variance[o], expected);
                centre.see("p = " + p + ", output " + o, (mean[o] - at) / Math.sqrt(expected / 200_000), 0);
            }
        }
        Evidence.of("outputs compared", gap.seen(), exactly(30));
        Evidence.of("relative gap to p/(1-p) sum (w x)^2", gap, atMost(0.02));
        Evidence.of("gap of means in standard errors", centre, below(4.5));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void theMixtureIsNoWorseThanItsMembersOnAverage() {
        Gap own = Gap.absolute(), alone = Gap.absolute();
        double least = Double.POSITIVE_INFINITY, largest = 0;
        int cases = 0;
        for (int seed = 0; seed < 100; seed++, cases++) {
            var rng = Rng.of(seed);
            int members = 2 + rng.nextInt(6), n = 1 + rng.nextInt(30), classes = 2 + rng.nextInt(5);
            boolean numbers = seed % 2 == 1;
            var x = Tensor.randn(rng, DType.F64, n, 4);
            var config = MlpConfig.classifier(4, numbers ? 2 : classes, 8).withDtype(DType.F64);
            double scale = 0.1 + (numbers ? 0.5 : 3) * rng.nextDouble();
            var predictor = BayesianPredictor.ensemble(members, rng, stream -> {
                var mlp = new Mlp(config, stream);
                return (Layer) (in, pass) -> mlp.forward(in, pass).mul(scale);
            });
            var targets = numbers ? Tensor.randn(rng, DType.F64, n) : Tensor.randint(rng, 0, classes, n);
            double mixture, mean = 0, expected = 0;
            double[] each;
            if (numbers) {
                var forecast = predictor.gaussians(x);
                mixture = forecast.logLoss(targets);
                each = forecast.logLosses(targets);
            } else {
                var forecast = predictor.classes(x);
                mixture = forecast.logLoss(targets);
                each = forecast.logLosses(targets);
            }
            // By definition: densities added in the open.
            var said = predictor.members(x);
            double[] alones = new double[members];
            for (int i = 0; i < n; i++) {
                double sum = 0;
                for (int m = 0; m < members; m++) {
                    double density;
                    if (numbers) {
                        double v = Math.exp(said.item(m, i, 1)), d = targets.item(i) - said.item(m, i, 0);
                        density = Math.exp(-d * d / (2 * v)) / Math.sqrt(2 * Math.PI * v);
                    } else {
                        double z = 0;
                        for (int c = 0; c < classes; c++) z += Math.exp(said.item(m, i, c));
                        density = Math.exp(said.item(m, i, targets.itemLong(i))) / z;
                    }
                    sum += density / members;
                    alones[m] -= Math.log(density) / n;
                }
                expected -= Math.log(sum) / n;
            }
            for (double a : each) mean += a / members;
            own.see("case " + seed, mixture, expected);
            alone.see("case " + seed, each, alones);
            least = Math.min(least, mean - mixture);
            largest = Math.max(largest, mean - mixture);
        }
        Evidence.of("cases", cases, exactly(100));
        Evidence.of("least of mean member loss less ensemble loss", least, atLeast(0));
        Evidence.of("largest of it", largest, above(0.5));
        Evidence.of("ensemble loss against -log of the mean density", own, below(1e-9));
        Evidence.of("member losses against theirs", alone, below(1e-9));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Tag("slow")
    @Test void ensemblesDisagreeWhereThereAreNoData() {
        double least = Double.POSITIVE_INFINITY, error = 0;
        for (int seed = 0; seed < 3; seed++) {
            var rng = Rng.of(seed);
            int n = 200;
            double[] x = new double[n], y = new double[n];
            for (int i = 0; i < n; i++) {
                x[i] = (i % 2 == 0 ? -1 : 1) * (1 + 2 * rng.nextDouble());
                y[i] = Math.sin(2 * x[i]) + 0.1 * rng.nextGaussian();
            }
            var data = new Dataset(Tensor.of(x, n, 1).to(DType.F32), Tensor.of(y, n, 1).to(DType.F32), List.of(), List.of(), "gap");
            var predictor = BayesianPredictor.ensemble(10, rng.split(1), stream -> {
                var mlp = new Mlp(MlpConfig.regressor(1, 1, 32, 32), stream);
                new Trainer(new Adam(1e-2), 100).withBatchSize(50).withSchedule(new Schedule.Cosine(400)).fit(mlp, Loss::mse, data, stream);
                return mlp;
            });
            var grid = Tensor.linspace(-3, 3, 121).reshape(-1, 1).to(DType.F32);
            double[] at = grid.toDoubleArray(), sd = predictor.numbers(grid, 0).total().sqrt().toDoubleArray(),
                    mean = predictor.numbers(grid, 0).mean().toDoubleArray();
            double inside = 0, on = 0;
            for (int i = 0; i < at.length; i++) {
                double a = Math.abs(at[i]);
                if (a <= 0.5) inside += sd[i] / 21;
                if (a >= 1.1 && a <= 2.9) {
                    on += sd[i] / 74;
                    error += Math.pow(mean[i] - Math.sin(2 * at[i]), 2) / 74 / 3;
                }
            }
            least = Math.min(least, inside / on);
        }
        Evidence.of("mean std in the gap over that on the data, least of 3 seeds", least, atLeast(3));
        Evidence.of("root mean squared error of the mean on the data", Math.sqrt(error), below(0.2));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Tag("slow")
    @Test void ensemblesTellAnUnknownDigitAtLeastAsWellAsTheirMembers() {
        double least = Double.POSITIVE_INFINITY, ensemble = 0;
        for (int seed = 0; seed < 3; seed++) {
            var digits = Datasets.digits().scaled(1 / 16.0).to(DType.F32).shuffled(Rng.of(seed));
            int[] known = IntStream.range(0, digits.size()).filter(i -> digits.y().itemLong(i) != 9).toArray(),
                    unknown = IntStream.range(0, digits.size()).filter(i -> digits.y().itemLong(i) == 9).toArray();
            int cut = known.length * 2 / 3;
            var train = digits.rows(Arrays.copyOf(known, cut));
            Tensor inside = digits.x().rows(Arrays.copyOfRange(known, cut, known.length)), outside = digits.x().rows(unknown);
            var members = new ArrayList<Mlp>();
            var predictor = BayesianPredictor.ensemble(5, Rng.of(100 + seed), stream -> {
                var mlp = new Mlp(MlpConfig.classifier(64, 9, 32), stream);
                new Trainer(new Adam(3e-3), 15).withBatchSize(50).fit(mlp, Loss::crossEntropy, train, stream);
                members.add(mlp);
                return mlp;
            });
            double single = 0;
            for (var member : members) {
                var alone = BayesianPredictor.ensemble(List.of(member));
                single += auroc(alone.classes(inside).entropy(), alone.classes(outside).entropy()) / members.size();
            }
            double all = auroc(predictor.classes(inside).entropy(), predictor.classes(outside).entropy());
            least = Math.min(least, all - single);
            ensemble += all / 3;
        }
        Evidence.of("AUROC of the ensemble's entropy less the members' mean, least of 3 seeds", least, atLeast(0));
        Evidence.of("AUROC of the ensemble's entropy, mean", ensemble, above(0.8));
    }

    /** The share of pairs in which the unknown row has the larger entropy. */
    private static double auroc(double[] known, double[] unknown) {
        double wins = 0;
        for (double u : unknown) for (double k : known) wins += u > k ? 1 : u == k ? 0.5 : 0;
        return wins / known.length / unknown.length;
    }

    @Test void passesAreTheNetworksOwnAndRepeat() {
        var rng = Rng.of(3);
        var network = new Sequential(new Linear(4, 16, rng), new BatchNorm(16), Activation.RELU, new Dropout(0.5), new Linear(16, 3, rng));
        Supplier<double[]> state = () -> network.state().values().stream().flatMapToDouble(t -> Arrays.stream(t.toDoubleArray())).toArray();
        double[] before = state.get();
        var x = Tensor.randn(rng, 5, 4).compute();
        var predictor = BayesianPredictor.dropout(network, 300, 1);
        var draws = predictor.members(x);
        assertThat(draws.shape().toArray()).containsExactly(300, 5, 3);
        assertThat(draws.toDoubleArray()).containsExactly(predictor.members(x).toDoubleArray());
        assertThat(state.get()).as("running averages stand still").containsExactly(before);
        assertThat(draws.std(0).min().item()).isGreaterThan(0);
        assertThat(draws.isTracked()).isFalse();
        double gap = draws.mean(0).sub(network.forward(x)).abs().max().item() / draws.std(0).max().item();
        assertThat(gap).as("linear behind the masks: the mean is the network's").isLessThan(5 / Math.sqrt(300));
        // The same members, whatever number of rows goes with a pass.
        double one = BayesianPredictor.dropout(network, 4_000, 2).numbers(x, 0).total().sum().item();
        double many = BayesianPredictor.dropout(network, 4_000, 2).numbers(x.repeat(0, 300), 0).total().sum().item() / 300;
        assertThat(many / one).isBetween(0.93, 1.07);
    }

    @Test void partsAddUp() {
        var p = Tensor.randn(Rng.of(1), DType.F64, 6, 7, 4).softmax(-1);
        var mixture = ClassMixture.of(p);
        for (int i = 0; i < 7; i++)
            assertThat(mixture.aleatoric()[i] + mixture.mutualInformation()[i]).isCloseTo(mixture.entropy()[i], offset(1e-12));
        assertThat(mixture.variance().item(2, 1)).isCloseTo(p.select(1, 2).select(1, 1).var(0, 0, false).item(), offset(1e-15));
        assertThat(mixture.labels().toLongArray()).containsExactly(p.mean(0).argmax(-1).toLongArray());
        var certain = ClassMixture.of(Tensor.full(DType.F64, 0.25, 5, 2, 4));
        assertThat(certain.mutualInformation()).containsExactly(0, 0);
    }

    @Test void badInputIsNamed() {
        assertThatThrownBy(() -> BayesianPredictor.dropout(new Dropout(0.5), 0, 1)).hasMessageContaining("passes is 0");
        assertThatThrownBy(() -> BayesianPredictor.ensemble(List.of())).hasMessageContaining("no networks");
        var three = BayesianPredictor.ensemble(List.of(new Linear(2, 3, Rng.of(1))));
        assertThatThrownBy(() -> three.gaussians(Tensor.zeros(4, 2))).hasMessageContaining("a mean and a log variance");
        assertThatThrownBy(() -> three.members(Tensor.scalar(1))).hasMessageContaining("scalar");
        assertThatThrownBy(() -> three.numbers(Tensor.zeros(4, 2), -1)).hasMessageContaining("variance is -1.0");
        assertThatThrownBy(() -> three.numbers(Tensor.zeros(4, 2), 0).logLoss(Tensor.zeros(4, 3))).hasMessageContaining("variance is 0");
        assertThatThrownBy(() -> three.classes(Tensor.zeros(4, 2)).logLoss(Tensor.zeros(3))).hasMessageContaining("4 forecasts");
        assertThatThrownBy(() -> ClassMixture.of(Tensor.zeros(2, 2))).hasMessageContaining("(members, n, classes)");
        assertThatThrownBy(() -> NumberMixture.of(Tensor.zeros(2, 2), Tensor.zeros(2, 3))).hasMessageContaining("alike");
    }
}
