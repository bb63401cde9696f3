package lyceum.models.ssl;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.stream.IntStream;
import lyceum.ConvergenceException;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.nn.Activation;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.Sequential;
import lyceum.nn.loss.ContrastiveLoss;
import lyceum.nn.loss.PairDistance;
import lyceum.nn.loss.TripletLoss;
import lyceum.nn.loss.TripletMining;
import lyceum.optim.Adam;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SiameseNetworkTest {
    private static Sequential layers(int inputs, int hidden, int width) {
        var rng = Rng.of(3);
        return new Sequential(new Linear(inputs, hidden, true, DType.F64, Init.torchLinear(inputs), rng), Activation.TANH,
                new Linear(hidden, width, true, DType.F64, Init.torchLinear(hidden), rng));
    }

    private static Tensor scaled(double[][] rows, double factor) { return Tensor.of(rows).mul(factor).compute(); }

    @Acceptance(topic = "siamese-network", clause = 1)
    @Test void lossesAndGradientsOfPairsAndMinedTripletsAreTorchs() {
        var gap = Gap.absolute();
        int pairs = 0, triplets = 0;
        for (var c : Golden.load("golden/siamese.json").list("cases")) {
            var recipe = new Recipe(c.integer("input.seed"));
            double margin = c.number("input.margin");
            var kind = c.text("name").split(" ");
            var distance = switch (kind[1]) {
                case "euclidean" -> PairDistance.norm(2);
                case "squared" -> PairDistance.SQUARED;
                default -> PairDistance.COSINE;
            };
            var net = new SiameseNetwork(layers(6, 5, 4), new SiameseConfig().withDistance(distance));
            Tensor weight = scaled(recipe.matrix(5, 6), 0.5), bias = Tensor.of(recipe.bells(5)), head = scaled(recipe.matrix(4, 5), 0.5);
            net.load(Map.of("encoder.0.weight", weight, "encoder.0.bias", bias, "encoder.2.weight", head, "encoder.2.bias",
                    Tensor.of(recipe.bells(4))));
            Tensor first = Tensor.of(recipe.matrix(12, 6)), second = Tensor.of(recipe.matrix(12, 6)),
                    labels = Tensor.of(recipe.belows(3, 12));
            Tensor loss;
            if (kind[0].equals("pairs")) {
                loss = new ContrastiveLoss().withMargin(margin).withDistance(distance).of(net.forward(first), net.forward(second),
                        labels.ne(0));
                pairs++;
            } else {
                var mining = kind[0].equals("hard") ? TripletMining.HARD : TripletMining.SEMI_HARD;
                loss = net.triplets(Dataset.of(first, labels), new TripletLoss().withMargin(margin).withMining(mining))
                        .of(IntStream.range(0, 12).toArray(), Pass.inference());
                triplets++;
            }
            loss.backward();
            gap.see(c, "expected.loss", loss.item());
            int i = 0;
            for (var parameter : net.parameters().values()) gap.see(c, "expected.grads." + i++, parameter.grad().toDoubleArray());
        }
        Evidence.of("largest gap to PyTorch, 6 cases of pairs and 12 of mined triplets", gap, below(1e-6));
        assertThat(pairs).isEqualTo(6);
        assertThat(triplets).isEqualTo(12);
    }

    @Acceptance(topic = "siamese-network", clause = 2)
    @Test void sharedGradientIsTheSumOfTheBranchesOfAnUntiedTwin() {
        var digits = Datasets.digits().to(DType.F64).scaled(1.0 / 16);
        var net = new SiameseNetwork(layers(64, 16, 4), new SiameseConfig());
        var trainer = new Trainer(new Adam(1e-2), 1).withBatchSize(16);
        var gap = Gap.relative();
        var losses = new double[2];
        for (int when = 0; when < 2; when++) {
            int[] rows = Rng.of(7).sample(digits.size(), 64), a = Arrays.copyOf(rows, 32), b = Arrays.copyOfRange(rows, 32, 64);
            Tensor x = digits.x().rows(a), z = digits.x().rows(b), same = digits.y().rows(a).eq(digits.y().rows(b));
            var copies = new Module[] {Module.copy(net.encoder()), Module.copy(net.encoder())};
            // Hadsell's formula, written out, of two networks that know nothing of each other
            var apart = copies[0].forward(x).sub(copies[1].forward(z)).add(1e-6).square().sum(1).sqrt();
            var y = same.not().to(DType.F64);
            var untied = y.rsub(1).mul(apart.square()).add(y.mul(apart.rsub(1).relu().square())).mean().mul(0.5);
            untied.backward();
            net.zeroGrad();
            var distance = net.distance(x, z, Pass.inference());
            var tied = same.where(distance.square(), distance.rsub(1).relu().square()).mean().mul(0.5);
            tied.backward();
            losses[when] = tied.item();
            for (var name : net.encoder().parameters().keySet()) {
                double[] u = copies[0].parameters().get(name).grad().toDoubleArray(),
                        v = copies[1].parameters().get(name).grad().toDoubleArray();
                for (int i = 0; i < u.length; i++) u[i] += v[i];
                gap.see(name + (when == 0 ? " before" : " after"), net.encoder().parameters().get(name).grad().toDoubleArray(), u);
            }
            net.zeroGrad();
            if (when == 0) {
                var run = trainer.start(net, digits.size(), net.pairs(digits, new ContrastiveLoss()), null, Rng.of(8));
                for (int step = 0; step < 100; step++) run.step();
                assertThat(run.steps()).isEqualTo(100);
            }
        }
        Evidence.of("relative gap of the shared gradient to the sum of both branches, before and after 100 steps", gap, below(1e-7));
        Evidence.of("parameters compared", gap.seen(), exactly(2 * (16 * 64 + 16 + 4 * 16 + 4)));
        Evidence.of("loss before over after", losses[0] / losses[1], above(1.5));
    }

    @Test void pairsAreHalfOfOneClassAndNeverOfOneRow() {
        var data = Dataset.of(Tensor.arange(40).to(DType.F64).unsqueeze(1).compute(), Tensor.arange(40).mod(4).compute());
        var members = ClassMembers.of("test", data);
        var rng = Rng.of(1);
        var partners = new HashSet<Integer>();
        for (int i = 0; i < 2_000; i++) {
            int partner = members.partner(i % 40, rng);
            assertThat(partner % 4).isEqualTo(i % 4);
            assertThat(partner).isNotEqualTo(i % 40);
            if (i % 40 == 3) partners.add(partner);
            assertThat(members.stranger(i % 40, rng) % 4).isNotEqualTo(i % 4);
        }
        assertThat(partners).hasSize(9);
        assertThat(members.classesOf(11)).isEmpty();
        // x itself is the embedding, and the numbers of one class differ by multiples of 4: a mismatch within the margin of 1.5 is 1 apart
        var net = new SiameseNetwork(new Sequential(), new SiameseConfig().withDistance(PairDistance.norm(1)));
        var rows = IntStream.range(0, 400).map(i -> i % 40).toArray();
        double near = net.pairs(data, new ContrastiveLoss().withMargin(1e-9)).of(rows, Pass.training(Rng.of(2))).item();
        double expected = 0;
        for (int i = 0; i < 40; i++) for (int j = i % 4; j < 40; j += 4) expected += (i - j) * (i - j) / 2.0 / (40 * 9);
        assertThat(near).isCloseTo(expected / 2, within(0.2 * expected));
        var validation = net.pairs(data, new ContrastiveLoss());
        assertThat(validation.of(rows, Pass.inference()).item()).isEqualTo(validation.of(rows, Pass.inference()).item()).isPositive();
        assertThatThrownBy(() -> ClassMembers.of("pairs", Dataset.of(data.x(), data.x().squeeze(1)))).hasMessageContaining("class numbers");
        assertThatThrownBy(() -> ClassMembers.of("pairs", data.rows(0, 1)).partner(0, rng)).hasMessageContaining("class 0 has one row");
        assertThatThrownBy(() -> ClassMembers.of("pairs", data.rows(0, 4)).stranger(0, rng)).hasMessageContaining("two classes");
    }

    /** By loops: half the mean over matching pairs and half the mean over mismatches, of which there are many more. */
    @Test void allPairsOfABatchWeighAlikeByKind() {
        double[][] x = Tensor.randn(Rng.of(11), DType.F64, 9, 3).toRows();
        int[] labels = {0, 1, 2, 0, 1, 2, 3, 3, 3};
        var data = Dataset.of(Tensor.of(x), Tensor.of(labels));
        var net = new SiameseNetwork(new Sequential(), new SiameseConfig());
        double near = 0, far = 0, matching = 0, mismatches = 0;
        for (int i = 0; i < 9; i++) for (int j = 0; j < i; j++) {
            double square = 0;
            for (int k = 0; k < 3; k++) square += Math.pow(x[i][k] - x[j][k] + 1e-6, 2);
            if (labels[i] == labels[j]) {
                near += square / 2;
                matching++;
            } else {
                far += Math.pow(Math.max(0, 3 - Math.sqrt(square)), 2) / 2;
                mismatches++;
            }
        }
        var loss = net.allPairs(data, new ContrastiveLoss().withMargin(3));
        assertThat(loss.of(IntStream.range(0, 9).toArray(), Pass.inference()).item()).isCloseTo((near / matching + far / mismatches) / 2,
                within(1e-9));
        assertThat(loss.of(new int[] {4}, Pass.inference()).item()).isZero(); // no pair
    }

    /** Its loss draws pairs: so does the search for the rows that are to blame. */
    @Test void aRunThatDivergesSaysWhere() {
        var digits = Datasets.digits().to(DType.F64);
        var net = new SiameseNetwork(layers(64, 16, 4), new SiameseConfig());
        var run = new Trainer(new Adam(1e300), 1).withBatchSize(16).start(net, digits.size(), net.pairs(digits, new ContrastiveLoss()),
                null, Rng.of(1));
        assertThatThrownBy(() -> run.finish(Progress.SILENT)).isInstanceOf(ConvergenceException.class).hasMessageContaining("the loss is");
    }

    @Test void verificationCountsErrorsAsTheyAreDefined() {
        var rng = Rng.of(5);
        double[] genuine = new double[60], impostor = new double[90];
        Arrays.setAll(genuine, i -> Math.round(8 * rng.nextDouble()) / 4.0);
        Arrays.setAll(impostor, i -> 0.5 + Math.round(12 * rng.nextDouble()) / 4.0);
        var check = new Verification(genuine, impostor);
        double wins = 0, gap = 2, rate = 0, largest = 0;
        for (double g : genuine) for (double p : impostor) wins += p > g ? 1 : p == g ? 0.5 : 0;
        assertThat(check.auc()).isCloseTo(wins / (60 * 90), within(1e-12));
        for (double t = -0.25; t <= 4; t += 0.25) {
            double at = t, accepts = Arrays.stream(impostor).filter(d -> d <= at).count() / 90.0,
                    rejects = Arrays.stream(genuine).filter(d -> d > at).count() / 60.0;
            assertThat(check.at(t).falseAccepts()).isCloseTo(accepts, within(1e-12));
            assertThat(check.at(t).falseRejects()).isCloseTo(rejects, within(1e-12));
            if (Math.abs(accepts - rejects) < gap - 1e-12) {
                gap = Math.abs(accepts - rejects);
                rate = (accepts + rejects) / 2;
            }
            if (accepts <= 0.1) largest = t;
        }
        assertThat(check.equalError().rate()).isCloseTo(rate, within(1e-12));
        assertThat(check.atFalseAccepts(0.1).threshold()).isEqualTo(largest);
        assertThat(new Verification(new double[] {2}, new double[] {1}).atFalseAccepts(0).falseRejects()).isEqualTo(1);
        assertThat(Verification.falseMatchAmong(0.001, 10_000)).isCloseTo(1 - Math.pow(0.999, 10_000), within(1e-12));
        assertThatThrownBy(() -> new Verification(new double[0], impostor)).hasMessageContaining("no genuine pair");
        assertThatThrownBy(() -> new Verification(genuine, new double[] {Double.NaN})).hasMessageContaining("NaN");
        assertThatThrownBy(() -> check.atFalseAccepts(2)).hasMessageContaining("rate is 2.0");
    }

    @Test void exactSearchAndGalleryFindWhatComparingAllFinds() {
        Tensor rows = Tensor.randn(Rng.of(1), 300, 5).compute(), queries = Tensor.randn(Rng.of(2), 40, 5).compute();
        var found = EmbeddingSearch.exact().over(rows).nearest(queries, 7);
        double[][] x = rows.toRows(), q = queries.toRows();
        assertThat(found.compared()).isEqualTo(300 * 40);
        for (int i = 0; i < 40; i++) {
            int at = i;
            var order = IntStream.range(0, 300).boxed().sorted((a, b) -> Double.compare(apart(x[a], q[at]), apart(x[b], q[at]))).toList();
            for (int k = 0; k < 7; k++) {
                assertThat(found.rows()[i][k]).isEqualTo(order.get(k));
                assertThat(found.distances()[i][k]).isCloseTo(apart(x[order.get(k)], q[i]), within(1e-6));
            }
        }
        assertThat(EmbeddingSearch.exact().over(Tensor.ones(3, 2)).nearest(Tensor.ones(1, 2), 9).rows()[0]).containsExactly(0, 1, 2);
        var gallery = new Gallery(Tensor.of(new double[][] {{0, 0}, {4, 0}}), 7, 9);
        var more = gallery.enrolled(Tensor.of(new double[][] {{0, 4}}), 3);
        var asked = Tensor.of(new double[][] {{0.5, 0}, {3, 0}, {0, 3.5}, {9, 9}});
        assertThat(gallery.identify(asked, Double.POSITIVE_INFINITY)).containsExactly(7, 9, 7, 9);
        assertThat(more.identify(asked, 1)).containsExactly(7, 9, 3, Gallery.UNKNOWN);
        assertThat(gallery.size()).isEqualTo(2);
        assertThatThrownBy(() -> new Gallery(asked, 1)).hasMessageContaining("1 labels");
        assertThatThrownBy(() -> new Gallery(asked.div(0), 1, 2, 3, 4)).hasMessageContaining("not finite");
        assertThatThrownBy(() -> gallery.identify(asked, Double.NaN)).hasMessageContaining("limit is NaN");
        assertThatThrownBy(() -> EmbeddingSearch.exact().over(rows).nearest(asked, 1)).hasMessageContaining("one width");
    }

    private static double apart(double[] x, double[] y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) sum += (x[i] - y[i]) * (x[i] - y[i]);
        return Math.sqrt(sum);
    }

    @Test void savesLoadsAndNormalises(@TempDir Path folder) throws IOException {
        var net = new SiameseNetwork(layers(6, 5, 4), new SiameseConfig().withNormalised(true));
        var x = Tensor.randn(Rng.of(4), DType.F64, 9, 6).compute();
        var seen = net.embed(x, 4);
        assertThat(seen.square().sum(1).sub(1).abs().max().item()).isLessThan(1e-12);
        net.save(folder.resolve("siamese.safetensors"));
        var other = new SiameseNetwork(layers(6, 5, 4), net.config());
        other.load(Map.of("encoder.0.weight", Tensor.ones(DType.F64, 5, 6), "encoder.0.bias", Tensor.ones(DType.F64, 5), "encoder.2.weight",
                Tensor.ones(DType.F64, 4, 5), "encoder.2.bias", Tensor.ones(DType.F64, 4)));
        other.load(folder.resolve("siamese.safetensors"));
        assertThat(other.embed(x, 100).toDoubleArray()).containsExactly(seen.toDoubleArray());
        assertThat(net.distance(x, x, Pass.inference()).abs().max().item()).isLessThan(1e-5);
        assertThatThrownBy(() -> net.embed(x, 0)).hasMessageContaining("batches of 0");
        assertThatThrownBy(() -> new ContrastiveLoss().withMargin(0)).hasMessageContaining("margin is 0.0");
        assertThatThrownBy(() -> new ContrastiveLoss().of(x, x, Tensor.of(1L))).hasMessageContaining("same (1,)");
        assertThatThrownBy(() -> new ContrastiveLoss().of(x, x, Tensor.arange(9))).hasMessageContaining("boolean");
    }
}
