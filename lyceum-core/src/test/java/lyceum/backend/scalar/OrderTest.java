package lyceum.backend.scalar;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

class OrderTest {
    private static int[] expected(long[] keys) {
        return IntStream.range(0, keys.length).boxed().sorted(Comparator.comparingLong(i -> keys[i])).mapToInt(i -> i).toArray();
    }

    @Test void radixMergeAndSelectionAreStableAndEqual() {
        var random = new SplittableRandom(1);
        for (int n : new int[] {0, 1, 2, 25, 100, 511, 512, 3000, 70_000}) {
            for (long bound : new long[] {1, 3, 1000, Long.MAX_VALUE}) {
                var keys = random.longs(n, -bound, bound).toArray();
                var before = keys.clone();
                var order = expected(keys);
                assertThat(Order.stable(keys)).containsExactly(order);
                for (int k : new int[] {0, 1, 7, n / 10, n})
                    if (k <= n) assertThat(Order.first(k, keys)).startsWith(Arrays.copyOf(order, k)).hasSizeGreaterThanOrEqualTo(k);
                assertThat(keys).containsExactly(before);
            }
        }
    }

    @Test void extremesOfLongsKeepTheirOrder() {
        var keys = new long[1000];
        for (int i = 0; i < keys.length; i++) keys[i] = switch (i % 4) {
            case 0 -> Long.MIN_VALUE;
            case 1 -> Long.MAX_VALUE;
            case 2 -> -1;
            default -> 0;
        };
        assertThat(Order.stable(keys)).containsExactly(expected(keys));
    }

    /** As the contract says: equal elements in their order, zeros equal, NaN the largest, which is how Java compares doubles. */
    private static int[] expected(double[] x, boolean descending) {
        Comparator<Integer> byValue = Comparator.comparingDouble(i -> x[i] + 0.0);
        return IntStream.range(0, x.length).boxed().sorted(descending ? byValue.reversed() : byValue).mapToInt(i -> i).toArray();
    }

    @Test void everyTypeIsSortedAndSelectedStably() {
        double[] special = {Double.NaN, -Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 0.0, -0.0, 1e-45, -1e-45, 65504,
                -65504};
        var random = new SplittableRandom(4);
        for (var type : DType.values()) for (int n : new int[] {1, 2, 30, 511, 512, 4096, 4097, 13_000}) {
            var numbers = new double[2 * n];
            for (int i = 0; i < numbers.length; i++)
                numbers[i] = type.isFloat() && random.nextInt(5) == 0 ? special[random.nextInt(special.length)]
                        : random.nextInt(2) == 0 ? random.nextInt(20) - 10 : random.nextGaussian() * 1e4;
            var x = Tensor.of(numbers).to(type).reshape(n, 2).compute(); // of which a column is sorted
            var column = x.narrow(1, 1, 1).to(DType.F64).reshape(n).toDoubleArray();
            for (boolean descending : new boolean[] {false, true}) {
                var order = expected(column, descending);
                var sorted = x.sort(0, descending);
                assertThat(sorted.indices().narrow(1, 1, 1).reshape(n).toLongArray()).as("%s, %d", type, n)
                        .containsExactly(Arrays.stream(order).asLongStream().toArray());
                assertThat(bits(sorted.values().narrow(1, 1, 1))).as("%s, %d", type, n)
                        .containsExactly(bits(x.narrow(1, 1, 1).indexSelect(0, Tensor.of(order))));
            }
            for (int k : new int[] {1, n / 100, n / 9}) {
                if (k == 0) continue;
                var top = x.topk(k, 0);
                assertThat(top.indices().narrow(1, 1, 1).reshape(k).toLongArray()).as("%d of %d %s", k, n, type)
                        .containsExactly(Arrays.stream(expected(column, true)).limit(k).asLongStream().toArray());
            }
        }
    }

    /** Zeros of both signs differ here, and no NaN from another. */
    private static long[] bits(Tensor x) {
        return Arrays.stream(x.to(DType.F64).reshape(-1).toDoubleArray()).mapToLong(Double::doubleToLongBits).toArray();
    }

    @Test void topkEqualsTheStartOfASort() {
        var x = Tensor.randn(Rng.of(2), 3, 2000, 2).mul(8).round().compute(); // many ties
        for (int k : new int[] {0, 1, 5, 249, 251, 2000}) {
            var top = x.topk(k, 1);
            var sorted = x.sort(1, true);
            assertThat(top.values().toFloatArray()).containsExactly(sorted.values().narrow(1, 0, k).toFloatArray());
            assertThat(top.indices().toLongArray()).containsExactly(sorted.indices().narrow(1, 0, k).toLongArray());
        }
    }

    @Test void rowsByNumberEqualElementsByNumber() {
        for (var type : new DType[] {DType.F32, DType.F64, DType.BF16, DType.I32, DType.BOOL}) {
            var x = Tensor.randn(Rng.of(3), 4, 50, 3, 33).mul(5).to(type).compute();
            var numbers = Tensor.of(new int[] {3, -1, 0, 49, 3, 17});
            var wide = numbers.to(DType.I64).reshape(1, 6, 1, 1).expand(4, 6, 3, 33).copy(); // an index for every element
            assertThat(x.indexSelect(1, numbers).to(DType.F64).toDoubleArray())
                    .containsExactly(x.gather(1, wide).to(DType.F64).toDoubleArray());
            if (type == DType.BOOL) continue;
            var more = Tensor.randn(Rng.of(4), 4, 6, 3, 33).mul(5).to(type).compute();
            assertThat(x.indexAdd(1, numbers, more).to(DType.F64).toDoubleArray())
                    .containsExactly(x.scatterAdd(1, wide, more).to(DType.F64).toDoubleArray());
        }
    }
}
