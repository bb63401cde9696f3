package lyceum.bayes;

import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import lyceum.prob.ConditionalTable;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** A network as arrays, its joint distribution by a product in a loop: what tests compare with. Variables are called v0, v1, ... */
record DenseNet(int[] sizes, int[][] parents, double[][] tables) {
    /** Variables of 2 to {@code states} values in an order that is not that of the arrows; a first probability of two from {@code low} to {@code high}. */
    static DenseNet random(Rng rng, int n, double edges, int states, double low, double high) {
        int[] rank = rng.permutation(n), sizes = new int[n];
        for (int i = 0; i < n; i++) sizes[i] = 2 + rng.nextInt(states - 1);
        var parents = new int[n][];
        var tables = new double[n][];
        for (int i = 0; i < n; i++) {
            int at = i;
            parents[i] = IntStream.range(0, n).filter(j -> rank[j] < rank[at] && rng.nextDouble() < edges).toArray();
            int rows = 1;
            for (int parent : parents[i]) rows *= sizes[parent];
            tables[i] = new double[rows * sizes[i]];
            for (int row = 0; row < rows; row++) {
                double sum = 0;
                for (int k = 0; k < sizes[i]; k++) sum += tables[i][row * sizes[i] + k] = low + (high - low) * rng.nextDouble();
                if (sizes[i] == 2) tables[i][2 * row + 1] = 1 - tables[i][2 * row];
                else for (int k = 0; k < sizes[i]; k++) tables[i][row * sizes[i] + k] /= sum;
            }
        }
        return new DenseNet(sizes, parents, tables);
    }

    List<String> names() { return IntStream.range(0, sizes.length).mapToObj(i -> "v" + i).toList(); }

    private static int cells(int[] sizes) { return Arrays.stream(sizes).reduce(1, (a, b) -> a * b); }

    /** The last variable fastest. */
    int[] values(int cell) {
        var values = new int[sizes.length];
        for (int i = sizes.length - 1; i >= 0; cell /= sizes[i--]) values[i] = cell % sizes[i];
        return values;
    }

    double p(int[] values) {
        double p = 1;
        for (int i = 0; i < sizes.length; i++) {
            int row = 0;
            for (int parent : parents[i]) row = row * sizes[parent] + values[parent];
            p *= tables[i][row * sizes[i] + values[i]];
        }
        return p;
    }

    double[] joint() {
        var joint = new double[cells(sizes)];
        for (int cell = 0; cell < joint.length; cell++) joint[cell] = p(values(cell));
        return joint;
    }

    double sum(Predicate<int[]> where) {
        double sum = 0;
        for (int cell = 0; cell < cells(sizes); cell++) {
            int[] values = values(cell);
            if (where.test(values)) sum += p(values);
        }
        return sum;
    }

    Dag graph() {
        var edge = new boolean[sizes.length][sizes.length];
        for (int i = 0; i < sizes.length; i++) for (int parent : parents[i]) edge[parent][i] = true;
        return Dag.of(names(), edge);
    }

    BayesianNetwork network() {
        var names = names();
        return BayesianNetwork.of(IntStream.range(0, sizes.length).mapToObj(i -> {
            var shape = IntStream.concat(Arrays.stream(parents[i]).map(j -> sizes[j]), IntStream.of(sizes[i])).asLongStream().toArray();
            return ConditionalTable.of(Arrays.stream(parents[i]).mapToObj(names::get).toList(), List.of(names.get(i)),
                    Tensor.of(tables[i], shape));
        }).toArray(ConditionalTable[]::new));
    }
}
