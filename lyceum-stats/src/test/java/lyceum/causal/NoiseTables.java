package lyceum.causal;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.random.Rng;

/** Random functions as tables, on variables v0, v1, ... of which earlier ones are parents; and the same as a model. */
record NoiseTables(int[] sizes, int[][] parents, double[][] noise, int[][] f) {
    static NoiseTables random(Rng rng, int n) {
        var sizes = new int[n];
        var parents = new int[n][];
        var noise = new double[n][];
        var f = new int[n][];
        for (int i = 0; i < n; i++) {
            sizes[i] = 2 + rng.nextInt(2);
            int at = i;
            parents[i] = IntStream.range(0, i).filter(j -> j == at - 1 || rng.nextDouble() < 0.5).toArray();
            noise[i] = new double[2 + rng.nextInt(2)];
            double sum = 0;
            for (int u = 0; u < noise[i].length; u++) sum += noise[i][u] = 0.1 + rng.nextDouble();
            for (int u = 0; u < noise[i].length; u++) noise[i][u] /= sum;
            int rows = noise[i].length;
            for (int parent : parents[i]) rows *= sizes[parent];
            f[i] = new int[rows];
            for (int r = 0; r < rows; r++) f[i][r] = rng.nextInt(sizes[i]);
        }
        return new NoiseTables(sizes, parents, noise, f);
    }

    int value(int i, int[] x, int u) {
        int row = 0;
        for (int parent : parents[i]) row = row * sizes[parent] + x[parent];
        return f[i][row * noise[i].length + u];
    }

    StructuralCausalModel model() {
        var builder = StructuralCausalModel.builder();
        // Children first: order of the equations must not matter.
        for (int i = sizes.length - 1; i >= 0; i--) {
            int at = i;
            builder.discrete("v" + i, sizes[i], noise[i], (p, u) -> {
                int row = 0;
                for (int k = 0; k < p.length; k++) row = row * sizes[parents[at][k]] + p[k];
                return f[at][row * noise[at].length + u];
            }, Arrays.stream(parents[i]).mapToObj(j -> "v" + j).toArray(String[]::new));
        }
        return builder.build();
    }

    int[] run(int[] u, int set, int to) {
        var x = new int[sizes.length];
        for (int i = 0; i < x.length; i++) x[i] = i == set ? to : value(i, x, u[i]);
        return x;
    }

    /** {@code P(v_of = 0, 1, ... had v_set been to | evidence)}, by a loop over noises; evidence of -1 is none. */
    double[] counterfactual(int[] evidence, int set, int to, int of) {
        var p = new double[sizes[of]];
        double all = 0;
        int combinations = 1;
        for (double[] n : noise) combinations *= n.length;
        for (int c = 0; c < combinations; c++) {
            var u = new int[sizes.length];
            double weight = 1;
            for (int i = 0, rest = c; i < u.length; rest /= noise[i++].length) weight *= noise[i][u[i] = rest % noise[i].length];
            int[] x = run(u, -1, 0);
            boolean agrees = true;
            for (int i = 0; i < x.length; i++) agrees &= evidence[i] < 0 || evidence[i] == x[i];
            if (!agrees) continue;
            all += weight;
            p[run(u, set, to)[of]] += weight;
        }
        for (int k = 0; k < p.length; k++) p[k] /= all;
        return p;
    }
}
