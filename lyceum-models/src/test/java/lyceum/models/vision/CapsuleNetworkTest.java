package lyceum.models.vision;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.nn.Pass;
import lyceum.nn.Skeleton;
import lyceum.optim.Adam;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class CapsuleNetworkTest {
    @Acceptance(topic = "capsule-network", clause = 1)
    @Test void squashKeepsDirectionAndMapsLengthsIntoOneMonotonically() {
        var direction = Tensor.randn(Rng.of(1), DType.F64, 50, 8);
        direction = direction.div(direction.square().sum(1, true).sqrt());
        double turned = 0, last = -1, least = Double.MAX_VALUE, most = 0, formula = 0;
        for (double exponent = -4; exponent <= 4; exponent += 0.05) {
            double length = Math.pow(10, exponent);
            var v = CapsuleRouting.squash(direction.mul(length), 1);
            double norm = v.get(0).norm().item();
            turned = Math.max(turned, v.div(v.square().sum(1, true).sqrt()).sub(direction).abs().max().item());
            least = Math.min(least, norm - last);
            most = Math.max(most, v.square().sum(1).sqrt().max().item());
            formula = Math.max(formula, Math.abs(norm - length * length / (1 + length * length)));
            last = norm;
        }
        Evidence.of("largest change of direction, 50 directions, lengths 1e-4 to 1e4", turned, below(1e-12));
        Evidence.of("least rise from one length to the next", least, above(0));
        Evidence.of("largest length", most, below(1));
        assertThat(formula).isLessThan(1e-6);
        assertThat(CapsuleRouting.squash(Tensor.zeros(1, 4), 1).toDoubleArray()).containsOnly(0);
        var gradient = Autograd.grad(x -> CapsuleRouting.squash(x, 1).sum()).apply(Tensor.zeros(1, 4));
        assertThat(gradient.isFinite().all().item()).isEqualTo(1);
    }

    @Acceptance(topic = "capsule-network", clause = 2)
    @Test void couplingsOfAChildSumToOne() {
        double worst = 0;
        int seen = 0;
        for (int seed = 1; seed <= 5; seed++) {
            var votes = Tensor.randn(Rng.of(seed), DType.F64, 3, 20, 7, 4).mul(seed);
            for (var c : new CapsuleRouting(5).route(votes).couplings()) {
                worst = Math.max(worst, c.sum(2).sub(1).abs().max().item());
                assertThat(c.min().item()).isNotNegative();
                seen += c.size(0) * c.size(1);
            }
        }
        Evidence.of("largest distance of a child's couplings from a sum of 1", worst, below(1e-12));
        assertThat(seen).isEqualTo(5 * 5 * 60);
    }

    @Acceptance(topic = "capsule-network", clause = 3)
    @Test void oneRoundAveragesAndThreeMatchTheHandComputedCase() {
        var votes = Tensor.randn(Rng.of(2), DType.F64, 2, 6, 4, 3);
        double[] one = new CapsuleRouting(1).route(votes).outputs().toDoubleArray(), v = votes.toDoubleArray();
        var average = Gap.absolute();
        for (int b = 0; b < 2; b++) for (int j = 0; j < 4; j++) {
            var s = new double[3];
            for (int i = 0; i < 6; i++) for (int d = 0; d < 3; d++) s[d] += v[((b * 6 + i) * 4 + j) * 3 + d] / 4;
            double square = s[0] * s[0] + s[1] * s[1] + s[2] * s[2];
            for (int d = 0; d < 3; d++)
                average.see("one round", one[(b * 4 + j) * 3 + d], square / (1 + square) * s[d] / Math.sqrt(square));
        }
        Evidence.of("one round against equal shares", average, below(1e-9));
        var golden = Golden.load("golden/vision_capsules.json").named("two by two");
        var given = Tensor.of(golden.flat("input.votes"), 1, 2, 2, 2);
        var gap = Gap.absolute();
        for (int rounds = 1; rounds <= 3; rounds++) {
            var routed = new CapsuleRouting(rounds).route(given);
            gap.see(golden, "expected.outputs." + (rounds - 1), routed.outputs().toDoubleArray());
            gap.see(golden, "expected.couplings." + (rounds - 1), routed.couplings().getLast().toDoubleArray());
        }
        Evidence.of("three rounds of the 2 x 2 case", gap, below(1e-9));
    }

    @Acceptance(topic = "capsule-network", clause = 4)
    @Test void couplingToTheAgreedParentGrowsEachRound() {
        double least = Double.MAX_VALUE;
        for (int seed = 1; seed <= 10; seed++) {
            var rng = Rng.of(seed);
            var votes = Tensor.randn(rng, DType.F64, 1, 12, 5, 6);
            var agreed = Tensor.randn(rng, DType.F64, 1, 1, 1, 6).add(Tensor.randn(rng, DType.F64, 1, 12, 1, 6).mul(0.05));
            votes = Tensor.concat(2, votes.narrow(2, 0, 3), agreed, votes.narrow(2, 4, 1)); // parent 3
            votes = votes.div(votes.square().sum(3, true).sqrt()).mul(2); // all as long: they differ in agreement alone
            var couplings = new CapsuleRouting(5).route(votes).couplings();
            for (int round = 1; round < 5; round++)
                least = Math.min(least, couplings.get(round).select(2, 3).sub(couplings.get(round - 1).select(2, 3)).min().item());
        }
        Evidence.of("least growth of a child's coupling in a round, 12 children, 10 seeds, 5 rounds", least, above(0));
    }

    private record Trained(CapsuleNetwork net, Dataset test) {
        private static Trained trained;

        static synchronized Trained once() {
            if (trained != null) return trained;
            var digits = Datasets.digits().to(DType.F32).scaled(1.0 / 16).shuffled(Rng.of(1));
            var data = digits.withX(digits.x().reshape(digits.size(), 1, 8, 8).compute());
            var train = data.head(1297);
            var net = new CapsuleNetwork(CapsuleNetworkConfig.digits(), Rng.of(1));
            BatchLoss loss = (rows, pass) -> net.loss(train.x().rows(rows), train.y().rows(rows), pass);
            new Trainer(new Adam(3e-3), 12).withBatchSize(32).start(net, train.size(), loss, null, Rng.of(2)).finish(Progress.SILENT);
            return trained = new Trained(net, data.range(1297, 1797));
        }
    }

    private static double accuracy(CapsuleNetwork net, Dataset data) {
        return Autograd.noGrad(() -> net.forward(data.x()).argmax(1).eq(data.y()).countNonZero().item() / data.size());
    }

    @Acceptance(topic = "capsule-network", clause = 5)
    @Tag("slow")
    @Test void digitsAreTold() {
        var t = Trained.once();
        Evidence.of("accuracy before training", accuracy(new CapsuleNetwork(CapsuleNetworkConfig.digits(), Rng.of(1)), t.test()),
                below(0.4));
        Evidence.of("test accuracy on 500 digits", accuracy(t.net(), t.test()), atLeast(0.96));
    }

    @Acceptance(topic = "capsule-network", clause = 6)
    @Tag("slow")
    @Test void theRightCapsuleRedrawsBest() {
        var t = Trained.once();
        Autograd.noGrad(() -> {
            var capsules = t.net().capsules(t.test().x(), Pass.inference()).outputs();
            var errors = new Tensor[10];
            for (int c = 0; c < 10; c++) {
                var again = t.net().reconstruct(capsules, Tensor.full(DType.I64, c, t.test().size()), Pass.inference());
                errors[c] = again.sub(t.test().x()).square().sum(1, 2, 3);
            }
            double right = Tensor.stack(1, errors).argmin(1).eq(t.test().y()).countNonZero().item() / t.test().size();
            Evidence.of("share of 500 digits that their own class's capsule redraws best", right, atLeast(0.9));
        });
    }

    @Test void thePaperSizesAndTheErrors() {
        var paper = Skeleton.of(() -> new CapsuleNetwork(CapsuleNetworkConfig.paper(), Rng.of(1)));
        assertThat(CapsuleNetworkConfig.paper().children()).isEqualTo(1152);
        assertThat(paper.state().get("votes").count()).isEqualTo(1_474_560);
        var net = new CapsuleNetwork(CapsuleNetworkConfig.digits().withHidden(0), Rng.of(1));
        assertThatThrownBy(() -> net.forward(Tensor.zeros(1, 1, 9, 8))).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> net.reconstruct(Tensor.zeros(1, 10, 8), Tensor.of(1L), Pass.inference()))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> CapsuleNetworkConfig.digits().withIterations(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> CapsuleNetworkConfig.digits().withSide(4)).hasMessageContaining("two kernels of 3");
        assertThat(CapsuleNetworkConfig.digits().withSide(5).children()).isEqualTo(8);
        var margin = CapsuleNetwork.marginLoss(Tensor.of(new double[] {0.8, 0.3, 0.05}, 1, 3), Tensor.of(0L));
        assertThat(margin.item()).isCloseTo(0.01 + 0.5 * 0.04, within(1e-12));
        assertThat(CapsuleNetwork.perturbed(Tensor.zeros(1, 2, 3), 1, 0.5).toDoubleArray()).containsExactly(0, 0.5, 0, 0, 0.5, 0);
        assertThat(net.parameterCount()).isLessThan(60_000).isGreaterThan(20_000);
    }
}
