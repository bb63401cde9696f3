package lyceum.causal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import lyceum.causal.StructuralCausalModel.Equation;
import lyceum.linalg.Cholesky;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** The four ways from evidence to noises and on to the other world. */
final class Abduction {
    private Abduction() {}

    /** What is done with each combination of noises and its prior probability. */
    interface Noises {
        void see(double[] noise, double p);
    }

    /** All combinations of discrete noises. */
    static void enumerate(StructuralCausalModel model, Noises noises) {
        int n = model.order.length;
        long all = 1;
        for (var e : model.equations)
            if ((all *= e.noise().length) > 1 << 22)
                throw new IllegalArgumentException("counterfactual: the noises have more than 2^22 combinations");
        var noise = new double[n];
        while (true) {
            double p = 1;
            for (int i = 0; i < n; i++) p *= model.equations.get(i).noise()[(int) noise[i]];
            if (p > 0) noises.see(noise, p);
            int k = n - 1;
            while (k >= 0 && ++noise[k] == model.equations.get(k).noise().length) noise[k--] = 0;
            if (k < 0) return;
        }
    }

    static Counterfactual discrete(StructuralCausalModel model, Map<String, Double> evidence, Map<String, Double> action) {
        var names = model.names();
        var worlds = new ArrayList<double[]>();
        var weights = new ArrayList<Double>();
        enumerate(model, (noise, p) -> {
            double[] x = model.run(noise, Map.of());
            for (var seen : evidence.entrySet()) if (x[names.indexOf(seen.getKey())] != seen.getValue()) return;
            worlds.add(model.run(noise, action));
            weights.add(p);
        });
        if (worlds.isEmpty())
            throw new IllegalArgumentException("counterfactual: the evidence " + evidence + " is impossible in this model");
        return new Counterfactual(names, worlds.toArray(double[][]::new), weights.stream().mapToDouble(w -> w).toArray(), true);
    }

    /** Everything was observed and every noise is added: {@code u = x - f(parents)}. */
    static Counterfactual solved(StructuralCausalModel model, Map<String, Double> evidence, Map<String, Double> action) {
        double[] x = model.names().stream().mapToDouble(evidence::get).toArray(), noise = new double[x.length];
        for (int i = 0; i < x.length; i++) noise[i] = x[i] - model.equations.get(i).mean(model.parentsOf(i, x));
        return new Counterfactual(model.names(), new double[][] {model.run(noise, action)}, new double[] {1}, true);
    }

    /** Noises are jointly normal given linear evidence, and the other world is linear in them. */
    static Counterfactual linear(StructuralCausalModel model, Map<String, Double> evidence, Map<String, Double> action) {
        int n = model.order.length;
        double[][] here = loads(model, Map.of()), there = loads(model, action);
        double[] variance = model.equations.stream().mapToDouble(e -> e.law() == null ? 0 : e.law().variance()).toArray();
        var known = List.copyOf(evidence.keySet());
        int[] seen = known.stream().mapToInt(model.names()::indexOf).toArray();
        int m = seen.length;
        // gain = D L^T (L D L^T)^-1
        var s = new double[m][m];
        var right = new double[m][n];
        for (int a = 0; a < m; a++) for (int u = 0; u < n; u++) {
            right[a][u] = here[seen[a]][u] * variance[u];
            for (int b = 0; b < m; b++) s[a][b] += here[seen[a]][u] * variance[u] * here[seen[b]][u];
        }
        double[][] gain = m == 0 ? new double[0][n] : Cholesky.of(Tensor.of(s)).solve(Tensor.of(right)).toRows();
        var noise = new double[n];
        double[] x = model.run(noise, Map.of());
        for (int a = 0; a < m; a++) for (int u = 0; u < n; u++) noise[u] += gain[a][u] * (evidence.get(known.get(a)) - x[seen[a]]);
        var posterior = new double[n][n];
        for (int u = 0; u < n; u++) for (int v = 0; v < n; v++) {
            posterior[u][v] = u == v ? variance[u] : 0;
            for (int a = 0; a < m; a++) posterior[u][v] -= right[a][u] * gain[a][v];
        }
        var covariance = new double[n][n];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                for (int u = 0; u < n; u++) for (int v = 0; v < n; v++) covariance[i][j] += there[i][u] * posterior[u][v] * there[j][v];
        return new Counterfactual(model.names(), model.run(noise, action), covariance);
    }

    /** How each variable moves with each noise. */
    private static double[][] loads(StructuralCausalModel model, Map<String, Double> action) {
        int n = model.order.length;
        var loads = new double[n][n];
        for (int i : model.order) {
            Equation e = model.equations.get(i);
            if (action.containsKey(e.name())) continue;
            loads[i][i] = 1;
            for (int k = 0; k < model.parents[i].length; k++)
                for (int u = 0; u < n; u++) loads[i][u] += e.weights()[k] * loads[model.parents[i][k]][u];
        }
        return loads;
    }

    static Counterfactual particles(StructuralCausalModel model, Map<String, Double> evidence, Map<String, Double> action, Rng rng,
            int particles) {
        int n = model.order.length;
        var worlds = new double[particles][];
        double[] logs = new double[particles], noise = new double[n], x = new double[n];
        double most = Double.NEGATIVE_INFINITY;
        for (int w = 0; w < particles; w++) {
            for (int i : model.order) {
                Equation e = model.equations.get(i);
                Double seen = evidence.get(e.name());
                double[] parents = model.parentsOf(i, x);
                if (seen == null || e.discrete() != null) {
                    noise[i] = e.draw(rng);
                    x[i] = e.value(parents, noise[i]);
                    if (seen != null && x[i] != seen) logs[w] = Double.NEGATIVE_INFINITY;
                } else {
                    noise[i] = seen - e.mean(parents);
                    x[i] = seen;
                    logs[w] += e.law() == null ? noise[i] == 0 ? 0 : Double.NEGATIVE_INFINITY : e.law().logDensity(noise[i]);
                }
            }
            worlds[w] = model.run(noise, action);
            most = Math.max(most, logs[w]);
        }
        if (most == Double.NEGATIVE_INFINITY)
            throw new IllegalArgumentException("counterfactual: none of " + particles + " particles agrees with the evidence " + evidence);
        double top = most;
        return new Counterfactual(model.names(), worlds, Arrays.stream(logs).map(log -> Math.exp(log - top)).toArray(), false);
    }
}
