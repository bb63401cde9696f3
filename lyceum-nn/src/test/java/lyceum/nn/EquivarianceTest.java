package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Convolution;
import lyceum.backend.PadMode;
import lyceum.backend.Pooling;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.linalg.Qr;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Test;

class EquivarianceTest {
    private static final Convolution TORUS = new Convolution().withPadding(1).withMode(PadMode.CIRCULAR);

    /** A plane (side, side) shifted by index arithmetic. */
    private static Tensor shifted(Tensor x, int down, int right) {
        int side = (int) x.size(-1);
        double[] from = x.to(DType.F64).toDoubleArray(), to = new double[from.length];
        for (int p = 0; p < from.length / side / side; p++)
            for (int i = 0; i < side; i++)
                for (int j = 0; j < side; j++)
                    to[(p * side + (i + down) % side) * side + (j + right) % side] = from[(p * side + i) * side + j];
        return Tensor.of(to, x.shape().toArray()).to(x.dtype());
    }

    /** A quarter against the clock by index arithmetic: the right column becomes the top row. */
    private static Tensor turned(Tensor x) {
        int side = (int) x.size(-1);
        double[] from = x.to(DType.F64).toDoubleArray(), to = new double[from.length];
        for (int p = 0; p < from.length / side / side; p++)
            for (int i = 0; i < side; i++)
                for (int j = 0; j < side; j++) to[(p * side + i) * side + j] = from[(p * side + j) * side + side - 1 - i];
        return Tensor.of(to, x.shape().toArray()).to(x.dtype());
    }

    private static double gap(Tensor a, Tensor b) { return a.sub(b).abs().max().item(); }

    @Acceptance(topic = "equivariance", clause = 1)
    @Test void circularConvolutionCommutesWithAllShiftsAndStrideOrZerosBreakIt() {
        var shifts = GroupAction.shifts(8, 8);
        double kept = 0, listed = 0, zeros = Double.POSITIVE_INFINITY, strided = Double.POSITIVE_INFINITY, best = Double.POSITIVE_INFINITY;
        int tried = 0;
        for (int seed = 1; seed <= 3; seed++) {
            var rng = Rng.of(seed);
            var x = Tensor.randn(rng, 2, 3, 8, 8).compute();
            var layer = new Conv2d(3, 4, 3, TORUS, rng);
            var found = Equivariance.of(layer, x, shifts, shifts);
            kept = Math.max(kept, found.largest());
            var y = layer.forward(x);
            for (int d = 0; d < 64; d++) {
                kept = Math.max(kept, gap(layer.forward(shifted(x, d / 8, d % 8)), shifted(y, d / 8, d % 8)));
                listed = Math.max(listed, gap(shifts.apply(d, x), shifted(x, d / 8, d % 8)));
                tried++;
            }
            zeros = Math.min(zeros,
                    Equivariance.of(new Conv2d(3, 4, 3, new Convolution().withPadding(1), rng), x, shifts, shifts).largest());
            var halved = new Conv2d(3, 4, 3, TORUS.withStride(2), rng);
            var halves = Equivariance.of(halved, x, shifts, GroupAction.shifts(8, 8, 2));
            strided = Math.min(strided, halves.largest());
            for (int d = 0; d < 64; d++) if (d / 8 % 2 == 0 && d % 2 == 0) kept = Math.max(kept, halves.errors()[d]); // even shifts survive
            for (int s = 0; s < 16; s++)
                best = Math.min(best, gap(halved.forward(shifted(x, 0, 1)), shifted(halved.forward(x), s / 4, s % 4)));
        }
        Evidence.of("shifts tried", tried, exactly(192));
        Evidence.of("the listed shifts off index arithmetic", listed, exactly(0));
        Evidence.of("largest error of circular convolution", kept, atMost(1e-6));
        Evidence.of("error with zero padding, least of three", zeros, above(1e-2));
        Evidence.of("error with stride 2, least of three", strided, above(1e-2));
        Evidence.of("error with stride 2 under the best of all 16 shifts of the output", best, above(1e-2));
    }

    @Acceptance(topic = "equivariance", clause = 2)
    @Test void poolingOverAllPlacesMakesItInvariant() {
        double largest = 0, before = Double.POSITIVE_INFINITY;
        for (int seed = 1; seed <= 3; seed++) {
            var rng = Rng.of(seed);
            var x = Tensor.randn(rng, 2, 3, 8, 8).compute();
            var layer = new Sequential(new Conv2d(3, 4, 3, TORUS, rng), Activation.RELU);
            before = Math.min(before, Equivariance.invariance(layer, x, GroupAction.shifts(8, 8)).largest());
            largest = Math.max(largest,
                    Equivariance.invariance(layer.then(new AdaptiveAvgPool2d(1, 1)), x, GroupAction.shifts(8, 8)).largest());
            var pooled = layer.forward(x).mean(2, 3);
            for (int d = 0; d < 64; d++) largest = Math.max(largest, gap(layer.forward(shifted(x, d / 8, d % 8)).mean(2, 3), pooled));
        }
        Evidence.of("largest change of the pooled output under 64 shifts, 3 networks", largest, atMost(1e-6));
        Evidence.of("change of the maps before pooling", before, above(1e-2));
    }

    @Acceptance(topic = "equivariance", clause = 3)
    @Test void groupConvolutionsCommuteWithTurnsAndMirrorsAndPlainOnesDoNot() {
        double kept = 0, pooled = 0, rounded = 0, plain = Double.POSITIVE_INFINITY, moved = Double.POSITIVE_INFINITY;
        int networks = 0;
        for (var symmetry : Symmetry.values()) for (int seed = 1; seed <= 5; seed++) for (int side : new int[] {7, 8}) {
            var rng = Rng.of(seed);
            var x = Tensor.randn(rng, DType.F64, 2, 3, side, side).compute();
            Layer lifting = new LiftingConv2d(3, 4, 3, symmetry, 1, DType.F64, rng),
                    group = new GroupConv2d(4, 5, 3, symmetry, seed % 2, DType.F64, rng);
            var both = new Sequential(lifting, Activation.TANH, group);
            GroupAction plane = GroupAction.of(symmetry), maps = GroupAction.regular(symmetry);
            kept = Math.max(kept, Equivariance.of(lifting, x, plane, maps).largest());
            kept = Math.max(kept, Equivariance.of(both, x, plane, maps).largest());
            var found = Equivariance.of(group, Tensor.randn(rng, DType.F64, 2, 4, symmetry.order(), side, side).compute(), maps, maps);
            kept = Math.max(kept, found.largest());
            for (var kind : GroupPooling.Kind.values()) {
                var planes = both.then(new GroupPooling(kind));
                pooled = Math.max(pooled, Equivariance.of(planes, x, plane, plane).largest());
                // Turned and mirrored by index arithmetic, the maps compared with the maps of the unturned picture
                pooled = Math.max(pooled, gap(planes.forward(turned(x)), turned(planes.forward(x))));
                if (symmetry == Symmetry.D4)
                    pooled = Math.max(pooled, gap(planes.forward(turned(x).transpose(2, 3)), turned(planes.forward(x)).transpose(2, 3)));
            }
            moved = Math.min(moved, Equivariance.invariance(lifting, x, plane).largest());
            var single = Tensor.randn(rng, 2, 3, side, side).compute();
            plain = Math.min(plain,
                    Equivariance.of(new Conv2d(3, 4, 3, new Convolution().withPadding(1), rng), single, plane, plane).largest());
            Layer up = new LiftingConv2d(3, 4, 3, symmetry, 1, rng), on = new GroupConv2d(4, 5, 3, symmetry, seed % 2, rng);
            rounded = Math.max(rounded, relative(up, single, plane, maps));
            rounded = Math.max(rounded, relative(on, Tensor.randn(rng, 2, 4, symmetry.order(), side, side).compute(), maps, maps));
            rounded = Math.max(rounded, relative(new Sequential(up, Activation.TANH, on), single, plane, maps));
            networks++;
        }
        Evidence.of("networks", networks, exactly(20));
        Evidence.of("largest error of lifting and group layers", kept, atMost(1e-6));
        Evidence.of("largest error after pooling over poses", pooled, atMost(1e-6));
        Evidence.of("largest relative error of lifting and group layers in F32, alone and in a row", rounded, atMost(1e-6));
        Evidence.of("least error of a plain convolution", plain, above(1e-2));
        Evidence.of("least change of the lifted maps themselves", moved, above(1e-2));
    }

    /** The largest over elements of {@code |f(g x) - g f(x)| / |f(x)|}: single entries round by up to about 9 units of the largest value's last place. */
    private static double relative(Layer layer, Tensor x, GroupAction before, GroupAction after) {
        return Arrays.stream(Equivariance.of(layer, x, before, after).relative()).max().orElseThrow();
    }

    @Acceptance(topic = "equivariance", clause = 4)
    @Test void aFrameAveragedNetworkIsInvariant() {
        double finite = 0, plain = Double.POSITIVE_INFINITY, clouds = 0, free = Double.POSITIVE_INFINITY, hands = Double.POSITIVE_INFINITY;
        for (int seed = 1; seed <= 5; seed++) {
            var rng = Rng.of(seed);
            var mlp = new Mlp(MlpConfig.regressor(36, 3, 20).withActivation(Activation.TANH), rng);
            Layer flat = (z, pass) -> mlp.forward(z.reshape(z.size(0), -1), pass);
            var x = Tensor.randn(rng, 4, 6, 6).compute();
            for (var symmetry : Symmetry.values()) {
                var group = GroupAction.of(symmetry);
                finite = Math.max(finite,
                        Equivariance.invariance(new FrameAveraging(flat, FrameAveraging.over(group)), x, group).largest());
                plain = Math.min(plain, Equivariance.invariance(flat, x, group).largest());
            }
            finite = Math.max(finite, gap(new FrameAveraging(flat, FrameAveraging.over(GroupAction.of(Symmetry.C4))).forward(turned(x)),
                    new FrameAveraging(flat, FrameAveraging.over(GroupAction.of(Symmetry.C4))).forward(x)));

            var points = new Mlp(MlpConfig.regressor(30, 3, 20).withActivation(Activation.TANH).withDtype(DType.F64), rng);
            Layer ofCloud = (z, pass) -> points.forward(z.reshape(z.size(0), -1), pass);
            var cloud = Tensor.randn(rng, DType.F64, 4, 10, 3).compute();
            Layer all = new FrameAveraging(ofCloud, FrameAveraging.principalAxes(true)),
                    turnsOnly = new FrameAveraging(ofCloud, FrameAveraging.principalAxes(false));
            for (int k = 0; k < 5; k++) {
                var turn = Qr.of(Tensor.randn(rng, DType.F64, 3, 3)).q();
                var rotation = det(turn.toRows()) > 0 ? turn : turn.neg();
                Tensor rotated = cloud.matmul(rotation).add(k), mirrored = cloud.matmul(rotation.neg()).add(k);
                clouds = Math.max(clouds,
                        Math.max(gap(all.forward(rotated), all.forward(cloud)), gap(all.forward(mirrored), all.forward(cloud))));
                clouds = Math.max(clouds, gap(turnsOnly.forward(rotated), turnsOnly.forward(cloud)));
                hands = Math.min(hands, gap(turnsOnly.forward(mirrored), turnsOnly.forward(cloud)));
                free = Math.min(free, gap(ofCloud.forward(rotated), ofCloud.forward(cloud)));
            }
        }
        Evidence.of("largest change under turns and mirrors of pictures", finite, atMost(1e-6));
        Evidence.of("least change of the network alone", plain, above(1e-2));
        Evidence.of("largest change under rotations and shifts of clouds", clouds, atMost(1e-6));
        Evidence.of("least change of the network alone on clouds", free, above(1e-2));
        Evidence.of("least change under a mirror where only turns are averaged", hands, above(1e-4));
    }

    private static double det(double[][] m) {
        return m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
                + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
    }

    private static double accuracy(Layer network, Tensor x, long[] labels) {
        long[] said = network.forward(x).argmax(-1).toLongArray();
        return (double) IntStream.range(0, said.length).filter(i -> said[i] == labels[i]).count() / said.length;
    }

    @Acceptance(topic = "equivariance", clause = 5)
    @Test void trainedUprightTheC4NetworkReadsTurnedDigitsAlikeAndThePlainOneDoesNot() {
        var digits = Datasets.digits();
        var pictures = digits.withX(digits.x().to(DType.F32).div(16).reshape(digits.size(), 1, 8, 8).compute());
        Dataset train = pictures.range(0, 1_200), test = pictures.range(1_200, pictures.size());
        var rng = Rng.of(2);
        var halve = Layer.of(x -> x.avgPool(new Pooling(1, 2, 2)));
        var turning = new Sequential(new LiftingConv2d(1, 6, 3, Symmetry.C4, 1, rng), Activation.RELU, halve,
                new GroupConv2d(6, 16, 4, Symmetry.C4, 0, rng), Activation.RELU, new GroupPooling(GroupPooling.Kind.MAX),
                Layer.of(x -> x.reshape(x.size(0), 16)), new Linear(16, 10, rng));
        var plain = new Sequential(new Conv2d(1, 8, 3, new Convolution().withPadding(1), rng), Activation.RELU,
                Layer.of(x -> x.avgPool(new Pooling(2))), new Conv2d(8, 16, 4, rng), Activation.RELU,
                Layer.of(x -> x.reshape(x.size(0), 16)), new Linear(16, 10, rng));
        var trainer = new Trainer(new Adam(1e-2), 8).withBatchSize(50);
        trainer.fit(turning, Loss::crossEntropy, train, rng);
        trainer.fit(plain, Loss::crossEntropy, train, rng);
        long[] labels = test.y().toLongArray();
        double upright = accuracy(turning, test.x(), labels), off = 0, plainUpright = accuracy(plain, test.x(), labels);
        var quarter = turned(test.x());
        double once = accuracy(turning, quarter, labels), plainTurned = accuracy(plain, quarter, labels);
        for (var x : List.of(quarter, turned(quarter), turned(turned(quarter))))
            off = Math.max(off, Math.abs(accuracy(turning, x, labels) - upright));
        Evidence.of("accuracy of the C4 network, upright", upright, atLeast(0.7));
        Evidence.of("its accuracy on quarter turns, minus that", once - upright, exactly(0));
        Evidence.of("largest difference over all turns", off, exactly(0));
        Evidence.of("accuracy of the plain network, upright", plainUpright, atLeast(0.7));
        Evidence.of("points that it loses on quarter turns", 100 * (plainUpright - plainTurned), atLeast(30));
    }

    @Test void symmetriesAreGroupsOfExactMoves() {
        var x = Tensor.arange(0, 18, 1).to(DType.F64).reshape(2, 3, 3);
        assertThat(gap(Symmetry.D4.apply(1, x), turned(x))).isZero();
        for (var symmetry : Symmetry.values()) for (int a = 0; a < symmetry.order(); a++) {
            assertThat(gap(symmetry.apply(symmetry.inverse(a), symmetry.apply(a, x)), x)).isZero();
            for (int b = 0; b < symmetry.order(); b++) {
                assertThat(gap(symmetry.apply(symmetry.product(a, b), x), symmetry.apply(a, symmetry.apply(b, x)))).isZero();
                if (a != b) assertThat(gap(symmetry.apply(a, x), symmetry.apply(b, x))).isPositive();
            }
        }
        assertThatThrownBy(() -> Symmetry.C4.apply(4, x)).hasMessageContaining("no element 4 of 4");
        assertThatThrownBy(() -> Symmetry.C4.apply(1, Tensor.zeros(2, 3))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("not square");
    }

    @Test void permutationsAreTriedOnSets() {
        var orders = GroupAction.permutations(1, 5, 10, Rng.of(1));
        var x = Tensor.randn(Rng.of(2), 3, 5, 4).compute();
        Layer pooled = Layer.of(z -> z.add(z.mean(1, true)));
        assertThat(Equivariance.of(pooled, x, orders, orders).largest()).isLessThan(1e-6);
        assertThat(Equivariance.invariance(pooled.then(Layer.of(z -> z.max(1))), x, orders).largest()).isLessThan(1e-6);
        var ordered = Equivariance.invariance(Layer.of(z -> z.cumsum(1)), x, orders);
        assertThat(ordered.largest()).isGreaterThan(0.1).isEqualTo(ordered.errors()[ordered.worst()]);
        assertThat(ordered.meanRelative()).isPositive();
        assertThat(ordered.errors()[0]).isZero();
    }

    @Test void layersTrainSaveAndRefuse() {
        var rng = Rng.of(1);
        var layer = new GroupConv2d(2, 3, 3, Symmetry.D4, 1, rng);
        assertThat(layer.parameters().keySet()).containsExactly("weight", "bias");
        assertThat(layer.parameters().get("weight").shape().toArray()).containsExactly(3, 2, 8, 3, 3);
        layer.forward(Tensor.randn(rng, 1, 2, 8, 5, 5)).square().sum().backward();
        assertThat(layer.parameters().get("weight").grad().norm().item()).isPositive();
        assertThatThrownBy(() -> layer.forward(Tensor.zeros(1, 2, 4, 5, 5))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("group maps");
        assertThatThrownBy(() -> new LiftingConv2d(1, 1, 0, Symmetry.C4, 0, rng)).hasMessageContaining("kernel 0");
        assertThatThrownBy(() -> Equivariance.of(layer, Tensor.zeros(1, 2, 8, 5, 5), GroupAction.trivial(2), GroupAction.trivial(3)))
                .hasMessageContaining("one group");
    }
}
