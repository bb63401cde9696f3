package lyceum.models.multimodal;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.data.scenes.CaptionedScenes;
import lyceum.data.scenes.Scene;
import lyceum.linalg.Qr;
import lyceum.nn.Linear;
import lyceum.optim.AdamW;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.train.CkaByDefinition;
import lyceum.train.HiddenStates;
import org.junit.jupiter.api.Test;

class CrossModalAlignmentTest {
    private static Tensor normal(int seed, long... shape) { return Tensor.randn(Rng.of(seed), DType.F64, shape).compute(); }

    private static SharedSpace fit(AlignmentMethod method, Tensor... spaces) {
        return new CrossModalAlignment(method).fit(Rng.of(1), spaces);
    }

    @Acceptance(topic = "cross-modal-alignment", clause = 1)
    @Test void aPlantedRotationIsFoundAndCkaIgnoresIt() {
        var rotations = Gap.absolute();
        var gap = Gap.absolute();
        var closed = Gap.absolute();
        var invariance = Gap.absolute();
        for (int[] c : new int[][] {{50, 8}, {200, 24}, {9, 4}}) {
            int n = c[0], d = c[1];
            Tensor x = normal(d, n, d).add(3), r = Qr.of(normal(d + 1, d, d)).q(), shift = normal(d + 2, d);
            var y = x.matmul(r).mul(2.5).add(shift).compute();
            for (boolean scaled : new boolean[] {false, true}) {
                var space = fit(new AlignmentMethod.Procrustes(scaled), y, x);
                var found = ((Linear) space.maps().get(1)).weight().detach().transpose();
                rotations.see("rotation " + n, found.contiguous().toDoubleArray(), r.mul(scaled ? 2.5 : 1).toDoubleArray());
                if (scaled) gap.see("rows " + n, space.project(1, x).toDoubleArray(), space.project(0, y).toDoubleArray());
            }
            var other = Tensor.concat(1, normal(d + 3, n, d + 2), x.narrow(1, 0, 2).mul(2)).compute();
            double cka = HiddenStates.cka(x, other);
            closed.see("cka " + n, cka, CkaByDefinition.of(x.toRows(), other.toRows()));
            invariance.see("turned and scaled", HiddenStates.cka(x.matmul(r).mul(7), other), cka);
            invariance.see("the other, moved as well", HiddenStates.cka(x, other.mul(-0.3).add(5)), cka);
            invariance.see("of itself turned", HiddenStates.cka(x, y), 1);
            assertThat(cka).isBetween(0.05, 0.95);
        }
        Evidence.of("gap to the planted rotation", rotations, below(1e-8));
        Evidence.of("gap of the rows it brings together", gap, below(1e-8));
        Evidence.of("gap of CKA to centred kernels, number by number", closed, below(1e-9));
        Evidence.of("change of CKA under rotation and scale", invariance, below(1e-9));
    }

    /** 6 colours and 4 shapes; a picture's vector is its pixels, a text's the sum of its words' random vectors: encoders that have never met. */
    private static final CaptionedScenes WORLD = new CaptionedScenes(16, 6, 4, 1, 1, 2);
    private static final List<Scene> SCENES = WORLD.singles();
    private static final int[] ALL = IntStream.range(0, 24).toArray(),
            UNSEEN = IntStream.range(0, 24).filter(i -> i % 4 == i / 4 % 4).toArray(),
            SEEN = IntStream.range(0, 24).filter(i -> i % 4 != i / 4 % 4).toArray();

    private static Tensor pictures(int[] which, int each, Rng rng) {
        int n = which.length * each;
        return WORLD.pictures(IntStream.range(0, n).mapToObj(i -> SCENES.get(which[i % which.length])).toList(), 0.1, rng).reshape(n, -1);
    }

    private static Tensor texts(int[] which, int each) {
        Tensor colours = Tensor.randn(Rng.of(31), 6, 32), shapes = Tensor.randn(Rng.of(32), 4, 32);
        int[] all = IntStream.range(0, which.length * each).map(i -> which[i % which.length]).toArray();
        return colours.rows(Arrays.stream(all).map(i -> SCENES.get(i).only().colour().ordinal()).toArray())
                .add(shapes.rows(Arrays.stream(all).map(i -> SCENES.get(i).only().shape().ordinal()).toArray())).compute();
    }

    private static final AlignmentMethod.ContrastiveHeads HEADS = new AlignmentMethod.ContrastiveHeads(24, VlmObjective.clip())
            .withHidden(96).withRule(new AdamW(2e-3)).withEpochs(12).withBatch(48);

    @Acceptance(topic = "cross-modal-alignment", clause = 2)
    @Test void heldOutPicturesFindTheirCaptionsAndCaptionsTheirPictures() {
        var space = new CrossModalAlignment(HEADS).fit(Rng.of(1), texts(ALL, 60), pictures(ALL, 60, Rng.of(2)));
        double[] recall = recall(space);
        Evidence.of("recall@1 of 24 captions", recall[0], atLeast(0.9));
        Evidence.of("recall@1 of 24 pictures", recall[1], atLeast(0.9));
        double shuffled = 0, back = 0;
        for (int seed = 1; seed <= 3; seed++) {
            var order = Rng.of(50 + seed).permutation(24 * 60);
            double[] chance = recall(
                    new CrossModalAlignment(HEADS).fit(Rng.of(seed), texts(ALL, 60).rows(order), pictures(ALL, 60, Rng.of(2))));
            shuffled += chance[0] / 3;
            back += chance[1] / 3;
        }
        Evidence.of("recall@1 of captions after shuffled pairs, 3 seeds", shuffled, atMost(0.12));
        Evidence.of("recall@1 of pictures after shuffled pairs, 3 seeds", back, atMost(0.12));
    }

    private static double[] recall(SharedSpace space) {
        double[] both = new double[2];
        for (int draw = 0; draw < 10; draw++) {
            var found = space.retrieval(1, pictures(ALL, 1, Rng.of(300 + draw)), 0, texts(ALL, 1));
            both[0] += found.textRecall(1) / 10;
            both[1] += found.imageRecall(1) / 10;
        }
        return both;
    }

    @Acceptance(topic = "cross-modal-alignment", clause = 3)
    @Test void pairsOfAttributesNotSeenTogetherAreNamed() {
        var space = new CrossModalAlignment(HEADS.withHidden(300)).fit(Rng.of(1), texts(SEEN, 80), pictures(SEEN, 80, Rng.of(2)));
        long[] found = space.nearest(1, pictures(UNSEEN, 20, Rng.of(400)), 0, texts(UNSEEN, 1)).toLongArray();
        int right = 0;
        for (int i = 0; i < found.length; i++) if (found[i] == i % UNSEEN.length) right++;
        Evidence.of("combinations that were not seen", UNSEEN.length, exactly(6));
        Evidence.of("zero-shot accuracy among the prompts of the 6 (chance 0.17)", (double) right / found.length, atLeast(0.85));
        found = space.nearest(1, pictures(UNSEEN, 20, Rng.of(400)), 0, texts(ALL, 1)).toLongArray();
        right = 0;
        for (int i = 0; i < found.length; i++) if (found[i] == UNSEEN[i % UNSEEN.length]) right++;
        Evidence.of("the same where the 18 combinations that were seen compete (chance 0.04)", (double) right / found.length, above(0.5));
    }

    @Acceptance(topic = "cross-modal-alignment", clause = 4)
    @Test void aHighTemperatureClosesTheGap() {
        int narrower = 0;
        for (int seed = 1; seed <= 3; seed++) {
            double[] gaps = new double[2];
            for (int i = 0; i < 2; i++) {
                var method = HEADS.withLearnsScale(false).withScale(i == 0 ? 1 : 100);
                Tensor x = pictures(ALL, 60, Rng.of(2)), y = texts(ALL, 60);
                gaps[i] = new CrossModalAlignment(method).fit(Rng.of(seed), y, x).gap(1, pictures(ALL, 2, Rng.of(9)), 0, texts(ALL, 2));
            }
            if (gaps[0] < gaps[1]) narrower++;
        }
        Evidence.of("seeds of 3 whose gap at temperature 1 is below that at 0.01", narrower, exactly(3));
    }

    @Test void closedFormsFindWhatTheyShould() {
        Tensor z = normal(1, 60, 3), noise = normal(2, 60, 4);
        Tensor x = Tensor.concat(1, z.matmul(normal(3, 3, 3)), noise).compute(),
                y = Tensor.concat(1, z.matmul(normal(4, 3, 3)), normal(5, 60, 2)).compute();
        var canonical = fit(new AlignmentMethod.Canonical(3, 0), x, y);
        Tensor u = canonical.project(0, x), v = canonical.project(1, y);
        assertThat(u.sub(v).abs().max().item()).as("three shared directions of correlation 1").isLessThan(1e-6);
        assertThat(u.transpose().matmul(u).div(60).sub(Tensor.eye(DType.F64, 3)).abs().max().item()).as("uncorrelated, of variance 1")
                .isLessThan(1e-6);
        // The fourth correlation is of noise with noise: below 1, and its coordinates weigh that much.
        var four = fit(new AlignmentMethod.Canonical(4, 0), x, y).project(0, x).select(1, 3);
        assertThat(Math.sqrt(four.square().mean().item())).isBetween(0.02, 0.9);

        var w = normal(6, 7, 5);
        var mapped = fit(new AlignmentMethod.RidgeMap(0), x.matmul(w).add(1).compute(), x);
        assertThat(mapped.project(1, x).sub(mapped.project(0, x.matmul(w).add(1))).abs().max().item()).isLessThan(1e-9);
        var held = fit(new AlignmentMethod.RidgeMap(10), x.matmul(w).compute(), x);
        assertThat(held.project(1, x).square().sum().item()).isLessThan(mapped.project(1, x).square().sum().item());

        var turned = x.matmul(Qr.of(normal(7, 7, 7)).q()).mul(3).compute();
        var relative = fit(new AlignmentMethod.RelativeAnchors(10), x, turned);
        assertThat(relative.project(0, x).sub(relative.project(1, turned)).abs().max().item()).isLessThan(1e-12);
        assertThat(relative.retrieval(0, x, 1, turned).textRecall(1)).isEqualTo(1);

        var three = fit(new AlignmentMethod.Procrustes(true), x, turned, x.narrow(1, 0, 5).compute());
        assertThat(three.maps()).hasSize(3);
        assertThat(three.project(2, x.narrow(1, 0, 5)).size(1)).isEqualTo(7);
        assertThat(CrossModalAlignment.modalityGap(Tensor.of(new double[] {1, 0, 0, 1}, 2, 2), Tensor.of(new double[] {-1, 0}, 1, 2)))
                .isEqualTo(Math.sqrt(2.5));
    }

    @Test void refusals() {
        Tensor x = normal(1, 6, 3), y = normal(2, 6, 4);
        assertThatThrownBy(() -> fit(new AlignmentMethod.Procrustes(true), x, y)).isInstanceOf(ShapeException.class)
                .hasMessageContaining("widest");
        assertThatThrownBy(() -> fit(new AlignmentMethod.Procrustes(true), x)).hasMessageContaining("1 spaces");
        assertThatThrownBy(() -> fit(new AlignmentMethod.Procrustes(true), x, normal(1, 5, 3))).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> fit(new AlignmentMethod.Canonical(4, 0), x, y)).hasMessageContaining("4 components");
        assertThatThrownBy(() -> fit(new AlignmentMethod.Canonical(1, 0), x, y, x)).hasMessageContaining("3 spaces");
        assertThatThrownBy(() -> fit(new AlignmentMethod.RelativeAnchors(7), x, y)).hasMessageContaining("7 anchors");
        assertThatThrownBy(() -> new AlignmentMethod.RidgeMap(-1)).hasMessageContaining("lambda");
        assertThatThrownBy(() -> new AlignmentMethod.ContrastiveHeads(4, VlmObjective.filip())).hasMessageContaining("one vector");
        assertThatThrownBy(() -> fit(new AlignmentMethod.RidgeMap(1), x, y).project(2, x)).hasMessageContaining("space 2");
    }
}
