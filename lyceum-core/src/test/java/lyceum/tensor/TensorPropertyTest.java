package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.testing.Generator;
import lyceum.testing.Property;
import org.junit.jupiter.api.Test;

/** Random tensors behind random views, held against index arithmetic over arrays of doubles; on both backends, fused and not. */
class TensorPropertyTest {
    private static final Generator<DType> TYPES = Generator.of(DType.values());
    private static final Generator<Disguise> ANY = TYPES.flatMap(type -> Disguise.of(type, 5, 7, 6));
    private static final Generator<Disguise> FLOATS = Generator.of(DType.F32, DType.F64, DType.F16, DType.BF16)
            .flatMap(type -> Disguise.of(type, 4, 7, 5));

    /** {@code actual} computed in the four ways equals {@code expected}, exactly. */
    private static void holds(double[] expected, long[] shape, Supplier<Tensor> actual) {
        for (var backend : new String[] {"scalar", "vector"}) {
            for (var mode : new Fusion.Mode[] {Fusion.Mode.OFF, Fusion.Mode.ALWAYS}) {
                Backend.with(Backend.named(backend), () -> Fusion.with(mode, () -> {
                    var result = actual.get();
                    assertThat(result.shape().toArray()).isEqualTo(shape);
                    double[] got = result.to(DType.F64).toDoubleArray();
                    for (int i = 0; i < expected.length; i++) {
                        if (got[i] != expected[i] && !(Double.isNaN(got[i]) && Double.isNaN(expected[i]))) throw new AssertionError(
                                backend + " " + mode + ": element " + i + " is " + got[i] + ", expected " + expected[i]);
                    }
                }));
            }
        }
    }

    @Test void viewsShowTheElementsThatIndexArithmeticNames() {
        Property.of(ANY).withRuns(1500).holds(x -> {
            holds(x.naive().data(), x.naive().shape(), x::tensor);
            holds(x.naive().data(), x.naive().shape(), x.tensor()::copy);
            if (x.tensor().count() > 0 && x.tensor().rank() > 0) {
                var last = Arrays.stream(x.naive().shape()).map(s -> s - 1).toArray();
                assertThat(x.tensor().item(last)).isEqualTo(x.naive().data()[x.naive().data().length - 1]);
            }
        });
    }

    @Test void chainsOnViewsAreElementwise() {
        Property.of(ANY).withRuns(500).holds(x -> {
            var type = x.tensor().dtype() == DType.BOOL ? DType.I32 : x.tensor().dtype();
            int bits = type == DType.U8 ? 8 : 32;
            double[] v = x.naive().data(), expected = new double[v.length];
            for (int i = 0; i < v.length; i++) {
                double y = v[i] * 2 + 3, z = y * y - v[i]; // at most 17^2 + 7: exact in every type but BF16 and I8, see below
                expected[i] = type == DType.BF16 ? bf16(bf16(y * y) - v[i]) : type == DType.I8 ? (byte) z : bits == 8 ? (int) z & 0xFF : z;
            }
            holds(expected, x.naive().shape(), () -> {
                var y = x.tensor().mul(2).add(3);
                return y.mul(y).sub(x.tensor());
            });
        });
    }

    private static float bf16(double x) {
        int bits = Float.floatToRawIntBits((float) x);
        return Float.intBitsToFloat((bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16 << 16);
    }

    @Test void operandsOfOtherShapesAreStretched() {
        Property.of(FLOATS.flatMap(x -> choices -> {
            var shape = x.naive().shape();
            var from = Arrays.copyOfRange(shape, (int) choices.next(shape.length), shape.length);
            for (int a = 0; a < from.length; a++) if (choices.next(2) == 0) from[a] = 1;
            var other = Naive.of(from);
            for (int i = 0; i < other.data().length; i++) other.data()[i] = choices.next(10) - 5.0;
            return new Disguise[] {x, new Disguise(Tensor.of(other.data(), from).to(x.tensor().dtype()), other, "")};
        })).withRuns(300).holds(pair -> {
            double[] a = pair[0].naive().data(), b = pair[1].naive().broadcast(pair[0].naive().shape()).data(),
                    expected = new double[a.length];
            for (int i = 0; i < a.length; i++) expected[i] = Math.max(a[i] - b[i], b[i]);
            holds(expected, pair[0].naive().shape(), () -> pair[0].tensor().sub(pair[1].tensor()).maximum(pair[1].tensor()));
        });
    }

    @Test void reductionsOverRandomAxesCombineTheirGroups() {
        Property.of(TYPES.flatMap(type -> Disguise.of(type, 5, 7, 4)).flatMap(x -> choices -> {
            var axes = new boolean[x.naive().rank()];
            for (int a = 0; a < axes.length; a++) axes[a] = choices.next(1) == 1;
            return new Reduced(x, axes);
        })).withRuns(400).holds(TensorPropertyTest::reduces);
    }

    private record Reduced(Disguise x, boolean[] axes) {
        @Override public String toString() { return x + " over " + Arrays.toString(axes); }
    }

    private static void reduces(Reduced r) {
        var axes = Axes.named(r.axes);
        if (axes.length == 0 && r.axes.length > 0) return;
        var groups = r.x.naive().groups(r.axes);
        var x = r.x.tensor();
        var shape = Axes.without(x.shape(), r.axes).toArray();
        boolean half = x.dtype() == DType.F16 || x.dtype() == DType.BF16;
        var sums = Arrays.stream(groups).mapToDouble(g -> Arrays.stream(g).sum()).toArray();
        if (half) sums = Tensor.of(sums).to(x.dtype()).toDoubleArray();
        holds(sums, shape, () -> x.sum(axes));
        if (x.count() == 0 || Arrays.stream(groups).anyMatch(g -> g.length == 0)) return;
        holds(Arrays.stream(groups).mapToDouble(g -> Arrays.stream(g).max().orElseThrow()).toArray(), shape, () -> x.max(axes));
        holds(Arrays.stream(groups).mapToDouble(g -> Arrays.stream(g).min().orElseThrow()).toArray(), shape, () -> x.min(axes));
        holds(Arrays.stream(groups).mapToDouble(g -> Arrays.stream(g).filter(v -> v != 0).count()).toArray(), shape,
                () -> x.countNonZero(axes));
        if (axes.length == 1) {
            holds(Arrays.stream(groups).mapToDouble(g -> first(g, Arrays.stream(g).max().orElseThrow())).toArray(), shape,
                    () -> x.argmax(axes[0]));
            holds(Arrays.stream(groups).mapToDouble(g -> first(g, Arrays.stream(g).min().orElseThrow())).toArray(), shape,
                    () -> x.argmin(axes[0]));
        }
    }

    private static int first(double[] values, double value) {
        for (int i = 0; i < values.length; i++) if (values[i] == value) return i;
        throw new AssertionError(value);
    }

    @Test void largeReductionsCutIntoPiecesCombineTheirGroups() {
        long[][] shapes = {{200_001}, {3, 70_000}, {70_000, 3}, {66_000, 17}, {5, 300, 1100}, {2, 1500, 16}, {1, 1025, 64}, {4, 7, 1024, 9},
                {130, 2050}, {2, 40_000, 3}, {65_537, 15}, {2, 3, 2, 3, 2, 3000}};
        for (var shape : shapes) {
            for (int set = 1; set < 1 << shape.length; set++) {
                var axes = new boolean[shape.length];
                for (int a = 0; a < axes.length; a++) axes[a] = (set >> a & 1) == 1;
                var type = new DType[] {DType.F32, DType.F64, DType.I32, DType.I64, DType.U8}[set % 5];
                var data = new double[(int) Naive.count(shape)];
                for (int i = 0; i < data.length; i++) data[i] = (i * 2654435761L >>> 7) % 11;
                data[data.length / 2] = 99;
                var x = Tensor.of(data, shape).to(type).compute();
                reducesOnce(new Reduced(new Disguise(x, new Naive(shape, data), type.name()), axes));
            }
        }
    }

    /** Sums, maxima and places of maxima on the default backend. */
    private static void reducesOnce(Reduced r) {
        var groups = r.x.naive().groups(r.axes);
        var axes = Axes.named(r.axes);
        double[] sums = r.x.tensor().sum(axes).to(DType.F64).toDoubleArray(), most = r.x.tensor().max(axes).to(DType.F64).toDoubleArray();
        long[] places = axes.length == 1 ? r.x.tensor().argmax(axes[0]).toLongArray()
                : axes.length == r.axes.length ? r.x.tensor().argmax().reshape(1).toLongArray() : null;
        for (int g = 0; g < groups.length; g++) {
            double sum = 0, max = groups[g][0];
            for (double v : groups[g]) {
                sum += v;
                max = Math.max(max, v);
            }
            if (sums[g] != sum || most[g] != max)
                throw new AssertionError(r + ": result " + g + " is " + sums[g] + " and " + most[g] + ", expected " + sum + " and " + max);
            if (places != null && places[g] != first(groups[g], max)) throw new AssertionError(r + ": place " + places[g]);
        }
    }

    private record Axis(Disguise x, int axis) {
        @Override public String toString() { return x + " axis " + axis; }
    }

    private static Generator<Axis> withAxis(Generator<Disguise> xs) {
        return xs.filter(x -> x.naive().rank() > 0).flatMap(x -> choices -> new Axis(x, (int) choices.next(x.naive().rank() - 1)));
    }

    @Test void runningSumsSortsAndPicksWorkAlongAnyAxisOfAView() {
        Property.of(withAxis(TYPES.filter(t -> t != DType.BF16 && t != DType.F16).flatMap(type -> Disguise.of(type, 4, 7, 5))))
                .withRuns(300).holds(c -> {
                    var x = c.x.tensor();
                    var n = c.x.naive();
                    int a = c.axis;
                    holds(along(n, a, Naive::running), n.shape(), () -> x.cumsum(a));
                    holds(along(n, a, g -> Arrays.stream(g).sorted().toArray()), n.shape(), () -> x.sort(a).values());
                    holds(along(n, a, g -> Arrays.stream(g).map(v -> -v).sorted().map(v -> -v + 0.0).toArray()), n.shape(),
                            () -> x.sort(a, true).values());
                    holds(n.data(), n.shape(), () -> x.sort(a).values().zerosLike().scatter(a, x.argsort(a), x.sort(a).values()));
                    holds(n.flip(a).data(), n.shape(), () -> x.gather(a,
                            Tensor.arange(x.size(a)).rsub(x.size(a) - 1).reshape(Naive.only(n.rank(), a, -1)).expand(n.shape())));
                });
    }

    private static double[] along(Naive n, int axis, UnaryOperator<double[]> change) {
        var mask = new boolean[n.rank()];
        mask[axis] = true;
        var groups = n.groups(mask);
        var result = Naive.of(n.shape());
        var index = new long[n.rank()];
        for (int i = 0; i < groups.length; i++) groups[i] = change.apply(groups[i]);
        for (int i = 0; i < result.data().length; i++) {
            int g = 0;
            for (int a = 0; a < n.rank(); a++) if (a != axis) g = g * (int) n.shape()[a] + (int) index[a];
            result.data()[i] = groups[g][(int) index[axis]];
            Naive.next(index, n.shape());
        }
        return result.data();
    }

    @Test void joiningAndPaddingPutEveryPartInItsPlace() {
        Property.of(withAxis(ANY)).withRuns(200).holds(c -> {
            var x = c.x.tensor();
            var n = c.x.naive();
            long size = n.shape()[c.axis];
            var padded = n.shape().clone();
            padded[c.axis] += 3;
            var expected = Naive.of(padded).map(padded, i -> i);
            var index = new long[n.rank()];
            for (int i = 0; i < expected.data().length; i++) {
                long at = index[c.axis] - 1;
                expected.data()[i] = at >= 0 && at < size ? n.at(Naive.with(index, c.axis, at)) : 1;
                Naive.next(index, padded);
            }
            holds(expected.data(), padded, () -> x.pad(c.axis, 1, 2, 1));
            holds(n.data(), n.shape(),
                    () -> Tensor.concat(c.axis, x.narrow(c.axis, 0, size / 2), x.narrow(c.axis, size / 2, size - size / 2)));
        });
    }

    @Test void writesThroughAViewChangeExactlyItsElements() {
        Property.of(Generator.of(DType.F64, DType.I32, DType.U8, DType.BF16).flatMap(type -> Disguise.of(type, 4, 7, 0))
                .flatMap(base -> choices -> {
                    var copy = base.tensor().copy();
                    var numbers = Naive.of(base.naive().shape());
                    for (int i = 0; i < numbers.data().length; i++) numbers.data()[i] = i;
                    var twin = new Disguise(copy, numbers, base.history());
                    for (int v = (int) choices.next(4); v > 0; v--) twin = twin.view(choices);
                    return new Disguise[] {base, new Disguise(copy, null, ""), twin};
                })).withRuns(400).holds(c -> {
                    var before = c[0].naive().data();
                    var copy = c[1].tensor();
                    var window = c[2];
                    copy.copy_(c[0].tensor()); // the claim runs again while shrinking
                    if (window.tensor().view().storage() != copy.view().storage()) return; // a reshape had to copy
                    if (window.tensor().view().mayOverlapItself()) return;
                    window.tensor().add_(1).mul_(2);
                    var expected = before.clone();
                    for (double at : window.naive().data()) expected[(int) at] = ((int) before[(int) at] + 1) * 2;
                    assertThat(copy.to(DType.F64).toDoubleArray()).isEqualTo(
                            Tensor.of(expected).to(copy.dtype().isFloat() ? copy.dtype() : DType.I64).to(copy.dtype()).toDoubleArray());
                });
    }
}
