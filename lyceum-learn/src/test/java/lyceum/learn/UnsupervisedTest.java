package lyceum.learn;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.learn.cluster.GaussianMixture;
import lyceum.learn.cluster.KMeans;
import lyceum.learn.decomposition.Pca;
import lyceum.learn.metrics.ClusterAgreement;
import lyceum.learn.selection.KFold;
import lyceum.linalg.Qr;
import lyceum.linalg.Svd;
import lyceum.random.Rng;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.Clusterer;
import lyceum.stats.learner.Density;
import lyceum.stats.learner.Regressor;
import lyceum.stats.learner.SavedForm;
import lyceum.stats.learner.Tag;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class UnsupervisedTest {
    private static final String TOPIC = "unsupervised-learning";
    private static final Golden GOLDEN = Golden.load("golden/unsupervised-learning.json");

    /** Everything a fitted record holds, as text and bits. */
    private static String bits(Object model) {
        var form = SavedForm.of((Record) model);
        var text = new StringBuilder(form.tree().toString());
        form.tensors().forEach(
                (name, tensor) -> text.append(name).append(tensor.shape()).append(Arrays.toString(tensor.to(DType.F64).toDoubleArray())));
        return text.toString();
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 1) void labelsChangeNothing() {
        var rng = Rng.of(1);
        var three = new long[60];
        for (int i = 0; i < 60; i++) three[i] = i % 3;
        Tensor labels = Tensor.of(three),
                x = Tensor.randn(rng, DType.F64, 60, 4).add(labels.to(DType.F64).unsqueeze(1).mul(2)).abs().compute(),
                shuffled = labels.rows(Rng.of(2).permutation(60));
        int transformers = 0, without = 0, supervised = 0;
        var changed = new ArrayList<String>();
        for (var entry : Learners.all().entrySet()) {
            var learner = entry.getValue();
            if (learner instanceof Classifier || learner instanceof Regressor || learner.tags().contains(Tag.SUPERVISED)) supervised++;
            if (entry.getValue() instanceof Transformer t && !t.tags().contains(Tag.SUPERVISED)) {
                transformers++;
                var none = bits(t.fit(x, null, null));
                if (!none.equals(bits(t.fit(x, labels, null))) || !none.equals(bits(t.fit(x, shuffled, null)))) changed.add(entry.getKey());
                // A constant fit would pass as well: other rows give another one.
                if (!t.tags().contains(Tag.STATELESS))
                    assertThat(bits(t.fit(x.mul(2).add(x.square()).compute(), null, null))).as(entry.getKey()).isNotEqualTo(none);
            }
            // Clusterers and densities have no door for labels: rows and their weights at most. The same rows give the same model.
            if (learner instanceof Clusterer || learner instanceof Density) for (var method : learner.getClass().getMethods())
                if (method.getName().equals("fit")) assertThat(method.getParameterTypes()).as(entry.getKey() + ": " + method)
                        .satisfies(p -> assertThat(Arrays.stream(p).filter(Tensor.class::equals).count()).isLessThanOrEqualTo(2));
            if (entry.getValue() instanceof Clusterer c) {
                without++;
                if (!bits(c.fit(x)).equals(bits(c.fit(x)))) changed.add(entry.getKey());
            } else if (entry.getValue() instanceof Density d) {
                without++;
                if (!bits(d.fit(x)).equals(bits(d.fit(x)))) changed.add(entry.getKey());
            }
        }
        assertThat(changed).isEmpty();
        Evidence.of("transformers fitted with labels, shuffled labels and none", transformers, atLeast(28));
        Evidence.of("clusterers and densities, which take none", without, atLeast(7));
        Evidence.of("registered learners that are none of these, nor supervised",
                Learners.all().size() - transformers - without - supervised, exactly(0));
        Evidence.of("models that differ in a bit", changed.size(), exactly(0));
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 2) void agreementsEqualScikitLearns() {
        Gap gap = Gap.absolute(), silhouettes = Gap.absolute();
        for (int i = 0; i < 80; i++) {
            var r = new Recipe(7000 + i);
            int n = 3 + r.below(60);
            int[] a = r.belows(1 + i % 6, n), b = r.belows(1 + i % 5, n);
            double[] u = r.uniforms(n);
            long[] classes = new long[n], clusters = new long[n];
            for (int j = 0; j < n; j++) {
                classes[j] = a[j];
                clusters[j] = u[j] < i % 3 / 2.5 ? a[j] : b[j];
            }
            var e = GOLDEN.named(String.valueOf(i)).at("expected");
            var agreement = ClusterAgreement.of(Tensor.of(classes), Tensor.of(clusters));
            gap.see(e, "ari", agreement.adjustedRand()).see(e, "nmi", agreement.normalisedMutualInformation());
            gap.see(e, "homogeneity", agreement.homogeneity()).see(e, "completeness", agreement.completeness())
                    .see(e, "v", agreement.vMeasure()).see(e, "fmi", agreement.fowlkesMallows());
        }
        for (int i = 0; i < 10; i++) {
            var r = new Recipe(7100 + i);
            var x = Tensor.of(r.matrix(40, 1 + i % 3));
            long[] labels = Arrays.stream(r.belows(2 + i % 4, 40)).asLongStream().toArray();
            labels[0] = 9;
            silhouettes.see(GOLDEN.named("silhouette " + i).at("expected"), "values", Unsupervised.silhouettes(x, Tensor.of(labels)));
        }
        Evidence.of("ARI, NMI and four more of 80 pairs of partitions: largest gap", gap, atMost(1e-12));
        Evidence.of("silhouettes of ten sets", silhouettes, below(1e-12));
        // scikit-learn's user guide, and counts by hand; noise, -1, is a group like others.
        var halves = Tensor.of(0L, 0L, 0L, 1L, 1L, 1L);
        assertThat(ClusterAgreement.of(halves, Tensor.of(0L, 0L, 1L, 1L, 2L, 2L)).adjustedRand()).isCloseTo(8 / 33.0, within(1e-15));
        assertThat(ClusterAgreement.of(halves, Tensor.of(7L, 7L, 7L, -1L, -1L, -1L)).adjustedRand()).isEqualTo(1);
        assertThat(ClusterAgreement.of(halves, Tensor.of(0L, 1L, 2L, 3L, 4L, 5L)).adjustedRand()).isZero();
        assertThat(ClusterAgreement.of(Tensor.of(0L, 0L, 1L, 1L), Tensor.of(0L, 1L, 0L, 1L)).adjustedRand()).isCloseTo(-0.5, within(1e-15));
        var article = ClusterAgreement.of(Tensor.of(new long[] {0, 0, 0, 1, 1, 1}), Tensor.of(new long[] {0, 0, 1, 1, 1, 1}));
        assertThat(article.adjustedRand()).isCloseTo(0.32, within(0.005));
        assertThat(article.purity()).isCloseTo(0.83, within(0.005));
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 3) void plantedStructureIsFoundWithoutLabels() {
        int four = 0, bySilhouette = 0, stable = 0;
        double angle = 0, least = Double.POSITIVE_INFINITY, noise = 0;
        double[][] centres = {{0, 0}, {6, 0}, {0, 6}, {6, 6}};
        for (int seed = 0; seed < 20; seed++) {
            var blobs = Datasets.blobs(Rng.of(seed), 240, centres, 1).x();
            if (new GaussianMixture(1).withSeed(seed).withRestarts(3).countByBic(blobs, 7) == 4) four++;
            if (Unsupervised.bySilhouette(k -> new KMeans(k).withSeed(3), blobs, 2, 3, 4, 5, 6, 7).best() == 4) bySilhouette++;
            if (seed < 5 && Unsupervised.byStability(k -> new KMeans(k).withSeed(3), blobs, Rng.of(seed), 2, 3, 4, 5, 6).best() == 4)
                stable++;
            // Three directions of spread 5, 4 and 3 among ten, noise 0.2.
            var rng = Rng.of(100 + seed);
            Tensor plane = Qr.of(Tensor.randn(rng, DType.F64, 10, 3)).q();
            var cloud = Tensor.randn(rng, DType.F64, 800, 3).mul(Tensor.of(5.0, 4, 3)).matmul(plane.transpose())
                    .add(Tensor.randn(rng, DType.F64, 800, 10).mul(0.2)).add(7).compute();
            var found = new Pca(3).fit(cloud).components(); // (3, 10)
            double smallest = Svd.values(found.matmul(plane)).min().item();
            angle = Math.max(angle, Math.acos(Math.min(1, smallest)));
            Tensor mixed = Datasets.blobs(Rng.of(200 + seed), 300, new double[][] {{0, 0}, {5, 1}, {1, 6}}, 0.8).x();
            least = Math.min(least, Unsupervised.heldOut(new GaussianMixture(3), mixed, new KFold(5).shuffled(1))
                    - Unsupervised.heldOut(new GaussianMixture(1), mixed, new KFold(5).shuffled(1)));
            Tensor one = Tensor.randn(Rng.of(300 + seed), DType.F64, 300, 2).compute();
            noise = Math.max(noise, Unsupervised.heldOut(new GaussianMixture(3), one, new KFold(5).shuffled(1))
                    - Unsupervised.heldOut(new GaussianMixture(1), one, new KFold(5).shuffled(1)));
        }
        Evidence.of("four blobs by BIC, of 20 seeds", four, atLeast(19));
        Evidence.of("largest angle between PCA's and the planted space, 20 seeds", angle, below(0.05));
        Evidence.of("least gain of three components in held-out log-likelihood a point", least, atLeast(0.3));
        Evidence.of("where there is one Gaussian, largest gain", noise, below(0.05));
        assertThat(bySilhouette).isGreaterThanOrEqualTo(19);
        assertThat(stable).isEqualTo(5);
    }

    @Test void nothingIsFoundWhereNothingIs() {
        // The article's: a thousand points uniform in a square, four groups.
        var square = Tensor.rand(Rng.of(4), DType.F64, 1_000, 2).compute();
        assertThat(Unsupervised.silhouette(square, new KMeans(4).fit(square).labels())).isCloseTo(0.41, within(0.015));
        // Income decides until both columns are standardised.
        var rng = Rng.of(5);
        double[][] rows = new double[400][2];
        var truth = new long[400];
        for (int i = 0; i < 400; i++) {
            truth[i] = i % 2;
            rows[i][0] = 3 * (i % 2) + 0.4 * rng.nextGaussian();
            rows[i][1] = 40_000 + 12_000 * rng.nextGaussian();
        }
        Tensor x = Tensor.of(rows), known = Tensor.of(truth), scaled = x.sub(x.mean(0)).div(x.std(0)).compute();
        assertThat(ClusterAgreement.of(new KMeans(2).fit(x).labels(), known).adjustedRand()).isCloseTo(0, within(0.02));
        assertThat(ClusterAgreement.of(new KMeans(2).fit(scaled).labels(), known).adjustedRand()).isGreaterThan(0.97);
        assertThatThrownBy(() -> Unsupervised.silhouette(x, Tensor.zeros(DType.I64, 400))).hasMessageContaining("1 clusters of 400 rows");
        assertThatThrownBy(() -> Unsupervised.stability(new KMeans(2), x, 3, 0.4, Rng.of(1))).hasMessageContaining("share of 0.4");
    }
}
