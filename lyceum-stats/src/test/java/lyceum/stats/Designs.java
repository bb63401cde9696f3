package lyceum.stats;

import lyceum.testing.Golden;
import lyceum.testing.Recipe;

/** The data of {@code golden/likelihood-glm.json}, drawn again from its seeds. */
record Designs(double[][] x, double[] y, double[] offset, double[] weights) {
    static final Golden GOLDEN = Golden.load("golden/likelihood-glm.json");

    static Designs of(Golden c) {
        int n = c.integer("input.rows"), p = c.integer("input.columns");
        var r = new Recipe(c.integer("input.seed"));
        var columns = r.matrix(n, p - 1);
        var x = new double[n][p];
        for (int i = 0; i < n; i++) {
            x[i][0] = 1;
            System.arraycopy(columns[i], 0, x[i], 1, p - 1);
        }
        double[] beta = r.bells(p), eta = new double[n], y = new double[n];
        for (int i = 0; i < n; i++) for (int j = 0; j < p; j++) eta[i] += x[i][j] * (0.6 * beta[j]);
        String family = c.text("input.family");
        double[] noise = family.equals("gaussian") ? r.bells(n) : r.uniforms(n);
        for (int i = 0; i < n; i++) y[i] = switch (family) {
            case "gaussian" -> eta[i] + 0.7 * noise[i];
            case "binomial" -> noise[i] < 1 / (1 + Math.exp(-eta[i])) ? 1 : 0;
            case "poisson" -> poisson(Math.exp(eta[i]), noise[i]);
            default -> Math.exp(eta[i]) * -Math.log(1 - noise[i]);
        };
        double[] offset = null, weights = null;
        if (c.flag("input.offset")) {
            offset = r.bells(n);
            for (int i = 0; i < n; i++) offset[i] *= 0.3;
        }
        if (c.flag("input.weighted")) {
            weights = r.uniforms(n);
            for (int i = 0; i < n; i++) weights[i] += 0.5;
        }
        return new Designs(x, y, offset, weights);
    }

    static int poisson(double rate, double u) {
        int k = 0;
        double mass = Math.exp(-rate), total = mass;
        while (total <= u) {
            mass *= rate / ++k;
            total += mass;
        }
        return k;
    }

    /** Without its last so many columns. */
    double[][] withoutLast(int dropped) {
        var small = new double[x.length][];
        for (int i = 0; i < x.length; i++) small[i] = java.util.Arrays.copyOf(x[i], x[i].length - dropped);
        return small;
    }
}
