package lyceum.prob;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** The oracle: a joint as an array, asked by loops over every cell. */
record DenseJoint(int[] sizes, double[] p) {
    /** @param zeros share of cells that get no mass */
    static DenseJoint random(Rng rng, double zeros, int... sizes) {
        var p = new double[Arrays.stream(sizes).reduce(1, (a, b) -> a * b)];
        double sum = 0;
        while (sum == 0)
            for (int i = 0; i < p.length; i++) sum += p[i] = rng.nextDouble() < zeros ? 0 : -Math.log(rng.nextDoublePositive());
        for (int i = 0; i < p.length; i++) p[i] /= sum;
        return new DenseJoint(sizes, p);
    }

    List<String> names() { return IntStream.range(0, sizes.length).mapToObj(i -> "v" + i).toList(); }

    JointTable table() { return JointTable.of(names(), Tensor.of(p, Arrays.stream(sizes).asLongStream().toArray())); }

    int[] values(int cell) {
        var values = new int[sizes.length];
        for (int i = sizes.length - 1; i >= 0; i--, cell /= sizes[i + 1]) values[i] = cell % sizes[i];
        return values;
    }

    double sum(Predicate<int[]> event) {
        double sum = 0;
        for (int c = 0; c < p.length; c++) if (event.test(values(c))) sum += p[c];
        return sum;
    }

    static List<int[]> permutations(int n) {
        var all = new ArrayList<int[]>();
        permute(new int[n], 0, 0, all);
        return all;
    }

    private static void permute(int[] p, int at, int used, List<int[]> all) {
        if (at == p.length) all.add(p.clone());
        for (int i = 0; i < p.length; i++) if ((used >> i & 1) == 0) {
            p[at] = i;
            permute(p, at + 1, used | 1 << i, all);
        }
    }
}
